"""The images of the study: from the embedded file or from torchvision, and pairs of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .errors import StudyError
from .files import load_arrays

SIDE = 28
SPLITS = ("train", "test")
DRAWN_AT_ONCE = 4096


def read_embedded(path: Path, checksums: Path, classes: Sequence[int]) -> dict[str, np.ndarray]:
    """The embedded digits of the classes; see `read_torchvision` for what is returned.

    Raises StudyError, naming the file, when it differs from its line in `checksums` (the format
    of sha256sum), and when a class is not embedded.
    """
    try:
        sums = dict(line.split()[::-1] for line in checksums.read_text().splitlines())
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise StudyError(
            f"{error.filename}: the embedded digits cannot be read ({error})"
        ) from error
    if found != sums.get(path.name):
        raise StudyError(
            f"{path}: SHA-256 is {found}, but {checksums} says {sums.get(path.name)}; "
            "restore the file from the repository"
        )
    return select_classes(load_arrays(path), classes, f"embedded digits ({path})")


def read_torchvision(name: str, root: Path, classes: Sequence[int]) -> dict[str, np.ndarray]:
    """A data set of `torchvision.datasets` from root, downloaded only when files are missing.

    Returns train_images and test_images (n, 28, 28), uint8, with train_labels and test_labels
    (n,), uint8. Raises StudyError, naming data.root, when there are neither files nor network,
    and when the files are damaged.
    """
    from torchvision import datasets

    arrays = {}
    for split in SPLITS:
        data = _torchvision_split(getattr(datasets, name), name, root, split == "train")
        arrays[f"{split}_images"] = data.data.numpy()
        arrays[f"{split}_labels"] = data.targets.numpy().astype(np.uint8)
    return select_classes(arrays, classes, f"{name} in {root}")


def _torchvision_split(kind, name: str, root: Path, train: bool):
    def load(download: bool):
        return kind(str(root), train=train, download=download)

    try:
        return load(download=False)
    except (ValueError, IndexError, AssertionError, OSError, EOFError, TypeError) as error:
        raise StudyError(f"data.root: {root} holds damaged {name} files ({error})") from error
    except RuntimeError:  # the files are not there
        pass
    try:
        return load(download=True)
    except Exception as error:  # whatever a network may raise
        raise StudyError(
            f"data.root: {root} has no {name} files and they cannot be downloaded ({error}); "
            f"put the IDX files into {root / name / 'raw'}, or use data.source: embedded"
        ) from error


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


def pair_capacity(images: int) -> int:
    """How many different pairs of different images there are."""
    return images * (images - 1) // 2


def sample_pairs(images: np.ndarray, stop: int, seed: int) -> np.ndarray:
    """The first `stop` of one endless sequence of pairs of row numbers: (stop, 2).

    Every pair is of two images that differ, and no pair comes twice, in either order. Asking for
    more pairs later continues the sequence. Raises StudyError when there are not as many.
    """
    count = len(images)
    if stop > pair_capacity(count):
        raise StudyError(
            f"pairs: {stop} asked for, but {count} images have only {pair_capacity(count)} pairs"
        )
    stream = np.random.default_rng(seed)
    pairs: dict[frozenset[int], tuple[int, int]] = {}
    tries = 0
    while len(pairs) < stop:
        if tries > 1000 * (stop + pair_capacity(min(count, 100))):
            raise StudyError(f"pairs: found only {len(pairs)} of {stop} pairs of different images")
        drawn = stream.integers(count, size=(DRAWN_AT_ONCE, 2))
        tries += DRAWN_AT_ONCE
        differ = (images[drawn[:, 0]] != images[drawn[:, 1]]).any(axis=(1, 2))
        for a, b in drawn[differ].tolist():
            pairs.setdefault(frozenset((a, b)), (a, b))
    return np.array(list(pairs.values()), dtype=np.int64).reshape(-1, 2)[:stop]


def count_embedded(path: Path, classes: Sequence[int]) -> int:
    """How many embedded training images the classes have."""
    return int(np.isin(load_arrays(path, "train_labels")["train_labels"], classes).sum())
