"""What rules hand to one another, checked as it is read; StudyError names the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .errors import StudyError
from .files import load_arrays

KINDS = {
    "float": np.floating,  # all of them finite
    "number": np.floating,  # or NaN
    "integer": np.integer,
    "boolean": np.bool_,
    "text": np.str_,
}
PLACE = "{vae}/seed-{seed}/decoders-{decoders}/{metric}/{curve}/{start}/{solver}/pairs-{block}.npz"
"""Where a file of geodesics lies."""
AGAIN = "delete it and run again"


def load_shaped(path: str | Path, **forms: str) -> dict[str, np.ndarray]:
    """Read some arrays of an npz, each of a form as in means="float n 2".

    That is one of `KINDS` and the sizes, where a letter is any size, the same in all forms.
    """
    arrays = load_arrays(path, *forms)
    sizes: dict[str, int] = {}
    for name, form in forms.items():
        array, (kind, *shape) = arrays[name], form.split()
        for size, found in zip(shape, array.shape, strict=False):
            sizes.setdefault(size, int(size) if size.isdigit() else found)
        fits = array.shape == tuple(sizes.get(size) for size in shape) and array.size > 0
        if not (fits and np.issubdtype(array.dtype, KINDS[kind])):
            raise StudyError(
                f"{path}: {name!r} is {array.dtype} {array.shape}, "
                f"expected {kind} ({', '.join(shape)}); {AGAIN}"
            )
        if kind == "float" and not np.isfinite(array).all():
            raise StudyError(f"{path}: {name!r} holds NaN or infinite numbers; {AGAIN}")
    return arrays


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


def load_grid(path: str | Path, decoders: int | str = "m") -> dict[str, np.ndarray]:
    """The arrays of a `grid.LatentGrid`, of so many decoders if that is known."""
    return load_shaped(
        path,
        axes="float 2 g",
        centre="float 2",
        scale="float 2",
        disagreement=f"float {decoders} g g",
        drift=f"float {decoders} g g 2",
        metric=f"float {decoders} g g 2 2",
        skewness=f"float {decoders} g g 2 2 2",
        entropy=f"float {decoders} g g",
    )


GEODESICS = {
    "vae": "text",
    "seed": "integer",
    "decoders": "integer n",
    "metric": "text",
    "curve": "text",
    "start": "text",
    "solver": "text",
    "pair": "integer n",
    "label_a": "integer n",
    "label_b": "integer n",
    "energy": "number n",
    "disagreement": "number n",
    "travel": "number n",
    "length": "number n",
    "euclidean": "float n",
    "initial_energy": "number n",
    "steps": "integer n",
    "converged": "boolean n",
}
"""What is said of every geodesic; a form without sizes is the same for all of a file."""


def load_geodesics(path: str | Path, **forms: str) -> dict[str, np.ndarray]:
    """The arrays of `GEODESICS` and of more forms, from a file that lies where it belongs."""
    arrays = load_shaped(path, **GEODESICS, **forms)
    decoders, pair = arrays["decoders"], arrays["pair"]
    lowest, highest = decoders.min(), decoders.max()
    place = PLACE.format(
        **{name: array for name, array in arrays.items() if array.ndim == 0},
        decoders=f"{lowest}-{highest}" if lowest < highest else lowest,
        block=f"{pair.min()}-{pair.max() + 1}",
    )
    if not Path(path).as_posix().endswith(place):
        raise StudyError(f"{path}: holds what belongs in {place}; {AGAIN}")
    return arrays


def check_architecture(path: str | Path, model: Any, wanted: Mapping[str, int]) -> None:
    """Raise StudyError when a file's model has another architecture than the study's."""
    found = vars(model.architecture)
    if found != wanted:
        raise StudyError(f"{path}: the model is {found}, this study's is {wanted}; {AGAIN}")
