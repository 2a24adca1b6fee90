"""What rules hand to one another, checked as it is read; StudyError names the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from ..errors import AGAIN, StudyError
from ..io.arrays import load_shaped
from .series import Series, place


def load_latents(path: str | Path) -> dict[str, np.ndarray]:
    """`means` (n, 2) and `labels` (n,) of the training images."""
    return load_shaped(path, means="float n 2", labels="integer n")


def load_pairs(path: str | Path, size: int, images: int) -> dict[str, np.ndarray]:
    """`rows` and `labels`, (size, 2) each, of pairs of different rows of so many images."""
    arrays = load_shaped(path, rows=f"integer {size} 2", labels=f"integer {size} 2")
    rows = arrays["rows"]
    if rows.min() < 0 or rows.max() >= images or (rows[:, 0] == rows[:, 1]).any():
        raise StudyError(f"{path}: not pairs of different rows of {images} images; {AGAIN}")
    return arrays


def load_grid(path: str | Path, decoder_count: int | str = "m") -> dict[str, np.ndarray]:
    """The arrays of a `grid.LatentGrid`, of so many decoders if that is known."""
    return load_shaped(
        path,
        axes="float 2 g",
        centre="float 2",
        scale="float 2",
        disagreement=f"float {decoder_count} g g",
        drift=f"float {decoder_count} g g 2",
        metric=f"float {decoder_count} g g 2 2",
        skewness=f"float {decoder_count} g g 2 2 2",
        entropy=f"float {decoder_count} g g",
    )


SERIES = {name: "integer" if name == "seed" else "text" for name in Series.__dataclass_fields__}
"""What is the same for all geodesics of a file."""
IDENTITY = SERIES | {"decoders": "integer n", "pair": "integer n"}
"""What says which geodesics a file holds."""


def load_identified(path: str | Path, **forms: str) -> dict[str, np.ndarray]:
    """The arrays of `IDENTITY` and of more forms, from a file that lies where it belongs."""
    arrays = load_shaped(path, **IDENTITY, **forms)
    counts, pair = arrays["decoders"], arrays["pair"]
    series = Series(**{name: arrays[name].item() for name in SERIES})
    belongs = place(series, (counts.min(), counts.max()), (pair.min(), pair.max() + 1))
    if not Path(path).as_posix().endswith(belongs):
        raise StudyError(f"{path}: holds what belongs in {belongs}; {AGAIN}")
    return arrays


def load_weights(paths: Iterable[str | Path], pairs: Sequence[int]) -> np.ndarray:
    """Weights (B, P, d) of the geodesics of some pairs, in order, from files of one series."""
    found: dict[int, np.ndarray] = {}
    for path in paths:
        arrays = load_identified(path, weights="float n w d")
        found |= zip(arrays["pair"].tolist(), arrays["weights"], strict=True)
    missing = [pair for pair in pairs if pair not in found]
    if missing:
        names = ", ".join(map(str, paths))
        raise StudyError(f"{names}: no geodesics of the pairs {missing}; {AGAIN}")
    return np.stack([found[pair] for pair in pairs])
