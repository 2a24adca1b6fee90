"""What rules hand to one another, checked as it is read; StudyError names the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ..errors import AGAIN, StudyError
from ..io.arrays import load_shaped
from .series import Series, place

ORIGIN = {"vae": "text", "seed": "integer", "model": "text"}
"""What says of which model something was made: type, seed, checksum of the parameters."""


def origin(vae: str, seed: int, model: str) -> dict[str, np.ndarray]:
    """The arrays of `ORIGIN`."""
    return {"vae": np.array(vae), "seed": np.array(seed), "model": np.array(model)}


LATENTS = {"means": "float n d", "labels": "integer n"}
"""What is read of the images' latents."""


def check_origin(path: str | Path, arrays: Mapping[str, np.ndarray], model: str) -> None:
    """Raise StudyError, naming the file, when it was made of another model than this one."""
    if arrays["model"].item() != model:
        kind = f"{arrays['vae'].item()}, seed {arrays['seed'].item()}"
        raise StudyError(
            f"{path}: was made of another model ({kind}, {arrays['model'].item()[:8]}) than "
            f"what it is used with ({model[:8]}); {AGAIN}"
        )


def load_latents(
    path: str | Path, model: str | None = None, split: str = "train"
) -> dict[str, np.ndarray]:
    """`means` (n, d) and `labels` (n,) of the images of a split, and of which model they are.

    StudyError when they are not of the model with that checksum.
    """
    prefix = "" if split == "train" else f"{split}_"
    names = {f"{prefix}{name}": name for name in ("means", "labels")}
    forms = {prefixed: LATENTS[name] for prefixed, name in names.items()}
    arrays = load_shaped(path, **forms, **ORIGIN)
    arrays = {names.get(name, name): array for name, array in arrays.items()}
    if model is not None:
        check_origin(path, arrays, model)
    return arrays


def load_pairs(path: str | Path, size: int, images: int) -> dict[str, np.ndarray]:
    """`rows` and `labels`, (size, 2) each, of pairs of different rows of so many images."""
    arrays = load_shaped(path, rows=f"integer {size} 2", labels=f"integer {size} 2")
    rows = arrays["rows"]
    if rows.min() < 0 or rows.max() >= images or (rows[:, 0] == rows[:, 1]).any():
        raise StudyError(f"{path}: not pairs of different rows of {images} images; {AGAIN}")
    return arrays


GRID = {
    "axes": "float 2 g",
    "centre": "float 2",
    "scale": "float 2",
    "disagreement": "float m g g",
    "drift": "float m g g 2",
    "metric": "float m g g 2 2",
    "skewness": "float m g g 2 2 2",
    "slope": "float m g g 2 2 2",
    "bending": "float m g g 2 2 2 2",
    "own_metric": "float m g g 2 2",
    "own_skewness": "float m g g 2 2 2",
    "own_slope": "float m g g 2 2 2",
    "own_bending": "float m g g 2 2 2 2",
    "entropy": "float m g g",
}
"""The arrays of a `LatentGrid`."""


def load_grid(path: str | Path, model: str | None = None) -> dict[str, np.ndarray]:
    """The arrays of `GRID`; StudyError when they are not of the model with that checksum."""
    return _of_model(path, GRID, model)


def _of_model(
    path: str | Path, forms: Mapping[str, str], model: str | None
) -> dict[str, np.ndarray]:
    """Arrays of some forms; StudyError when they are not of the model with that checksum."""
    arrays = load_shaped(path, **forms, **ORIGIN)
    if model is not None:
        check_origin(path, arrays, model)
    return {name: arrays[name] for name in forms}


ROADMAP = {
    "positions": "float l d",
    "edges": "integer e 2",
    "length": "float m e 4",
    "disagreement": "float m e 4",
    "own_length": "float m e 4",
}
"""The arrays of a `Roadmap`."""


def load_roadmap(path: str | Path, model: str) -> dict[str, np.ndarray]:
    """The arrays of `ROADMAP`; StudyError when they are not of the model with that checksum."""
    arrays = _of_model(path, ROADMAP, model)
    if arrays["edges"].min() < 0 or arrays["edges"].max() >= len(arrays["positions"]):
        raise StudyError(f"{path}: edges between landmarks that there are not; {AGAIN}")
    return arrays


DECODED = {
    "metric": "text n",
    "curve": "text n",
    "start": "text n",
    "solver": "text n",
    "pair": "integer n",
    "converged": "boolean n",
    "points": "number n t d",
    "energy": "number n t",
    "length": "number n t",
    "frames": "integer n t f",
    "strip": "float n s f",
    "strip_deviation": "float n s f",
    "image": "integer 3",
}
"""The arrays of `scenes.seen`."""


def load_decoded(
    path: str | Path, model: str | None = None, in_plane: bool = False
) -> dict[str, np.ndarray]:
    """The arrays of `DECODED`; StudyError when they are not of the model with that checksum.

    In a plane there is the `density` of the latents on the grid's nodes, (g, g), too.
    """
    return _of_model(path, DECODED | ({"density": "float g g"} if in_plane else {}), model)


NUMBERS = ("seed", "order")
SERIES = {name: "integer" if name in NUMBERS else "text" for name in Series.__dataclass_fields__}
"""What is the same for all geodesics of a file."""
IDENTITY = SERIES | ORIGIN | {"decoders": "integer n", "pair": "integer n"}
"""What says which geodesics a file holds, and of which model."""


def load_identified(path: str | Path, **forms: str) -> dict[str, np.ndarray]:
    """The arrays of `IDENTITY` and of more forms, from a file that lies where it belongs."""
    arrays = load_shaped(path, **IDENTITY, **forms)
    counts, pair = arrays["decoders"], arrays["pair"]
    series = Series(**{name: arrays[name].item() for name in SERIES})
    belongs = place(series, (counts.min(), counts.max()), (pair.min(), pair.max() + 1))
    if not Path(path).as_posix().endswith(belongs):
        raise StudyError(f"{path}: holds what belongs in {belongs}; {AGAIN}")
    return arrays


def load_weights(
    paths: Sequence[str | Path], pairs: Sequence[int], model: str | None = None
) -> np.ndarray:
    """Weights (B, P, d) of the geodesics of some pairs, in order, from files of one series.

    StudyError when there are no such geodesics, or when they are of another model.
    """
    found: dict[int, np.ndarray] = {}
    for path in paths:
        arrays = load_identified(path, weights="float n w d")
        if model is not None:
            check_origin(path, arrays, model)
        found |= zip(arrays["pair"].tolist(), arrays["weights"], strict=True)
    missing = [pair for pair in pairs if pair not in found]
    if missing:
        names = ", ".join(map(str, paths))
        raise StudyError(f"{names}: no geodesics of the pairs {missing}; {AGAIN}")
    return np.stack([found[pair] for pair in pairs])
