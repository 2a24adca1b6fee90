"""What is said of geodesics beside whether the solver converged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

LOWEST, FAMILY, SEGMENTS, VALLEY, UNKNOWN = "none", "family", "segments", "valley", "unknown"


@dataclass(frozen=True)
class Certificate:
    """Of every curve how far it may be above the minimum, and what keeps it there.

    `excess`, (B,), is the share of the curve's action above the value that no curve's is below,
    whatever its family, as far as the grid can tell (see `Ways`); NaN where there is no such value.

    `limit` says what keeps the action from the lowest that is known:

        none      nothing: it is within 1 % of it
        family    the curve family: along the lowest way its curves do no better
        segments  in so few segments its energy is the lower one, though its action is higher: it
                  jumps where the decoders change most, and is no geodesic
        valley    there is a lower curve of the family, along another way
        unknown   nothing can be said: the curve leaves the grid, or the metric has no certificates
    """

    excess: Tensor
    limit: list[str]

    def arrays(self) -> dict[str, np.ndarray]:
        return {"excess": self.excess.numpy(), "limit": np.array(self.limit)}


def unknown(count: int) -> Certificate:
    """Of so many curves of which nothing can be said."""
    return Certificate(torch.full((count,), torch.nan, dtype=torch.float64), [UNKNOWN] * count)
