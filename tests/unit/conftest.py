"""One thread for every test: results do not depend on the machine, and two cores are shared."""

import torch

torch.set_num_threads(1)
