"""Draw small figures in a folder, in a process with settings of its own; for `test_settings`."""

import sys
from pathlib import Path

from synthetic import Results, draw

for name in ("cv_figure", "geodesics_figure", "training_figure"):
    draw(Results(Path(sys.argv[1]), classes=10), name, "png", "pdf")
