"""What images have to look like, wherever they come from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import StudyError
from ..io.arrays import load_arrays

SIDE = 28
"""Pixels along an image's side."""
SPLITS = ("train", "test")


def select_classes(
    arrays: dict[str, np.ndarray], classes: Sequence[int], source: str
) -> dict[str, np.ndarray]:
    """The images of some classes, in their order, checked.

    Raises StudyError, naming the source, when shapes or types are wrong or a class is missing.
    """
    check_digits(arrays, source)
    selected = {}
    for split in SPLITS:
        images, labels = arrays[f"{split}_images"], arrays[f"{split}_labels"]
        for c in classes:
            if not (labels == c).any():
                raise StudyError(f"data.classes: class {c} has no {split} images in {source}")
        chosen = np.isin(labels, classes)
        selected[f"{split}_images"], selected[f"{split}_labels"] = images[chosen], labels[chosen]
    return selected


def load_digits(path: str | Path) -> dict[str, np.ndarray]:
    """The digits that `extract_digits` wrote, checked; StudyError names the file."""
    names = [f"{split}_{kind}" for split in SPLITS for kind in ("images", "labels")]
    arrays = load_arrays(path, *names)
    check_digits(arrays, str(path))
    return arrays


def check_digits(arrays: dict[str, np.ndarray], source: str) -> None:
    """Raise StudyError, naming the source, unless images are (n, 28, 28), uint8, with n labels.

    There must be images of two classes at least.
    """
    for split in SPLITS:
        images, labels = arrays[f"{split}_images"], arrays[f"{split}_labels"]
        if images.dtype != np.uint8 or images.shape[1:] != (SIDE, SIDE):
            raise StudyError(
                f"{source}: {split} images are {images.dtype} {images.shape}, "
                f"expected uint8 (n, {SIDE}, {SIDE})"
            )
        if labels.shape != images.shape[:1] or not np.issubdtype(labels.dtype, np.integer):
            raise StudyError(
                f"{source}: {len(images)} {split} images but labels are {labels.dtype} "
                f"{labels.shape}"
            )
        if len(np.unique(labels)) < 2:
            raise StudyError(f"{source}: {len(images)} {split} images, not of two classes")
