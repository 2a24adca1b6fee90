"""What images have to look like, wherever they come from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import StudyError
from ..io.arrays import load_arrays

SPLITS = ("train", "test")
FORM = "uint8 (n, height, width) or (n, 3, height, width)"


def select_classes(
    arrays: dict[str, np.ndarray], classes: Sequence[int], source: str
) -> dict[str, np.ndarray]:
    """The images of some classes, all of them where none are named, in their order, checked.

    Raises StudyError, naming the source, when shapes or types are wrong or a class is missing.
    """
    check_images(arrays, source)
    selected = {}
    for split in SPLITS:
        images, labels = arrays[f"{split}_images"], arrays[f"{split}_labels"]
        there = np.unique(labels).tolist()
        for c in classes:
            if c not in there:
                raise StudyError(
                    f"data.classes: class {c} has no {split} images in {source}, which has the "
                    f"classes {', '.join(map(str, there))}; null takes all"
                )
        chosen = np.isin(labels, classes or there)
        selected[f"{split}_images"], selected[f"{split}_labels"] = images[chosen], labels[chosen]
    return selected


def load_images(path: str | Path) -> dict[str, np.ndarray]:
    """The images that `extract_images` wrote, checked; StudyError names the file."""
    names = [f"{split}_{kind}" for split in SPLITS for kind in ("images", "labels")]
    arrays = load_arrays(path, *names)
    check_images(arrays, str(path))
    return arrays


def check_images(arrays: dict[str, np.ndarray], source: str) -> None:
    """Raise StudyError, naming the source, unless images have the form `FORM`, with n labels.

    Those of both splits are of one size, and there are two of them at least.
    """
    for split in SPLITS:
        images, labels = arrays[f"{split}_images"], arrays[f"{split}_labels"]
        form = images.ndim == 3 or (images.ndim == 4 and images.shape[1] == 3)
        if images.dtype != np.uint8 or not form or not all(images.shape[1:]):
            raise StudyError(
                f"{source}: {split} images are {images.dtype} {images.shape}, expected {FORM}"
            )
        if labels.shape != images.shape[:1] or not np.issubdtype(labels.dtype, np.integer):
            raise StudyError(
                f"{source}: {len(images)} {split} images but labels are {labels.dtype} "
                f"{labels.shape}"
            )
        if len(images) < 2:
            raise StudyError(f"{source}: {len(images)} {split} images; two are the least")
    train, test = (arrays[f"{split}_images"].shape[1:] for split in SPLITS)
    if train != test:
        raise StudyError(f"{source}: train images are {train}, test images {test}")


def split_at_random(
    images: np.ndarray, labels: np.ndarray, share: float, seed: int
) -> dict[str, np.ndarray]:
    """Images and labels of both splits, a share of them, drawn, for testing; in their order."""
    testing = np.zeros(len(images), dtype=bool)
    count = min(max(round(share * len(images)), 1), len(images) - 1)
    testing[np.random.default_rng(seed).permutation(len(images))[:count]] = True
    chosen = {"train": ~testing, "test": testing}
    return {
        f"{split}_{kind}": array[chosen[split]]
        for split in SPLITS
        for kind, array in (("images", images), ("labels", labels))
    }
