"""How many images there are, and pairs of them: known before anything runs, without numpy."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from ..errors import StudyError


def pair_capacity(images: int) -> int:
    """How many different pairs of different images there are."""
    return images * (images - 1) // 2


def count_embedded(path: Path, classes: Iterable[int]) -> int:
    """How many embedded training images the classes have; StudyError names a damaged file."""
    try:
        with zipfile.ZipFile(path) as archive:
            stored = archive.read("train_labels.npy")
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise StudyError(
            f"{path}: the embedded digits cannot be read ({error}); "
            "restore the file from the repository"
        ) from error
    size = int.from_bytes(stored[8:10], "little")  # of the header, in the format of npy
    labels = Counter(stored[10 + size :])  # a byte each
    return sum(labels[c] for c in set(classes))
