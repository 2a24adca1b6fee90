"""What is known of images before anything runs, without numpy: how many, and of what content."""

from __future__ import annotations

import hashlib
import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from ..errors import StudyError

RESOURCES = Path(__file__).resolve().parents[4] / "resources"
EMBEDDED = RESOURCES / "mnist-012.npz"
"""The images that lie in the repository ..."""
CHECKSUMS = RESOURCES / "SHA256SUMS"
"""... and what they should be, in the format of sha256sum."""


def content(*paths: Path) -> str:
    """A checksum of what files hold, wherever they lie; StudyError names one that is missing."""
    digest = hashlib.sha256()
    for path in paths:
        try:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        except OSError as error:
            raise StudyError(f"{path}: cannot be read ({error.strerror})") from error
    return digest.hexdigest()[:16]


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
