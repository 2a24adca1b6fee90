"""The user's own images in one npz file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import AGAIN, StudyError
from ..io.arrays import load_arrays
from .checks import SPLITS, select_classes, split_at_random
from .counts import CHANNELS

PREFIXES, KINDS = ("", "train_", "test_"), ("images", "labels")
HINT = "it needs images, or train_images and test_images; labels of each are optional"


def read(settings: Mapping[str, Any], *files: str) -> dict[str, np.ndarray]:
    """The images of the config's `data`, from its file; see `read_npz`."""
    wanted = (settings["classes"], settings["test_share"], settings["seed"])
    return read_npz(Path(files[0]), *wanted)


def read_npz(path: Path, classes: list[int], share: float, seed: int) -> dict[str, np.ndarray]:
    """Images `images`, or `train_images` and `test_images`, with labels of the same prefix or none.

    They are (n, H, W) or (n, C, H, W) with one or three channels, uint8, or numbers in [0, 1],
    which become 0 to 255. Where there are no test images a share is drawn. Raises StudyError,
    naming the file and array, for what is missing, or of another form.
    """
    source = f"data.file: {path}"
    stored = _stored(path)
    prefixes = [f"{split}_" for split in SPLITS] if "train_images" in stored else [""]
    arrays = {}
    for prefix in prefixes:
        name = f"{prefix}images"
        if name not in stored:
            raise StudyError(f"{source}: has no array {name!r}; {HINT}")
        arrays[name] = as_bytes(stored[name], f"{source}: {name}")
        nothing = np.zeros(len(arrays[name]), dtype=np.int64)
        arrays[f"{prefix}labels"] = stored.get(f"{prefix}labels", nothing)
    labelled = _labelled(stored, prefixes, source)
    if len(prefixes) == 1:
        images, labels = arrays["images"], arrays["labels"]
        if len(images) < 4 or labels.shape != images.shape[:1]:
            raise StudyError(f"{source}: {len(images)} images, labels of shape {labels.shape}")
        arrays = split_at_random(images, labels, share, seed)
    return select_classes(arrays, classes if labelled else [], source)


def _labelled(stored: Mapping[str, np.ndarray], prefixes: list[str], source: str) -> bool:
    """Whether there are labels; StudyError for some of them, and for arrays that nobody reads."""
    unused = {f"{p}{kind}" for p in PREFIXES if p not in prefixes for kind in KINDS} & {*stored}
    if unused:
        beside = ", ".join(f"{prefix}images" for prefix in prefixes)
        raise StudyError(f"{source}: {', '.join(sorted(unused))} beside {beside}; {HINT}")
    given = [f"{prefix}labels" in stored for prefix in prefixes]
    if any(given) and not all(given):
        raise StudyError(f"{source}: only one of train_labels and test_labels is there")
    return all(given)


def _stored(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a file that is the user's own: nobody is told to delete it."""
    try:
        return load_arrays(path)
    except StudyError as error:
        raise StudyError(f"data.file: {error}".removesuffix(f"; {AGAIN}")) from error


def as_bytes(images: np.ndarray, source: str) -> np.ndarray:
    """Images as uint8, (n, H, W) or (n, 3, H, W); StudyError, naming the source, for others."""
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[1] not in CHANNELS):
        raise StudyError(
            f"{source}: shape {images.shape}; (n, height, width) or (n, channels, height, width) "
            "with 1 or 3 channels is wanted"
        )
    if not images.size:
        raise StudyError(f"{source}: shape {images.shape} holds no pixels")
    if images.ndim == 4 and images.shape[1] == 1:
        images = images[:, 0]
    if images.dtype == np.uint8:
        return images
    floating = np.issubdtype(images.dtype, np.floating)
    if not floating or not (images.min(initial=0) >= 0 and images.max(initial=0) <= 1):
        raise StudyError(
            f"{source}: {images.dtype} from {images.min():g} to {images.max():g}; "
            "uint8, or floats from 0 to 1, are wanted"
        )
    return np.round(images * 255).astype(np.uint8)
