"""The images that lie in the repository: MNIST's digits 0, 1 and 2."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import StudyError
from ..io.arrays import load_arrays
from .checks import select_classes
from .counts import CHECKSUMS, EMBEDDED


def read(settings: Mapping[str, Any], *files: str) -> dict[str, np.ndarray]:
    """The images of the config's `data`; see `read_embedded`. No other files are wanted."""
    return read_embedded(EMBEDDED, CHECKSUMS, settings["classes"])


def read_embedded(path: Path, checksums: Path, classes: Sequence[int]) -> dict[str, np.ndarray]:
    """The embedded digits of the classes; see `checks.select_classes` for what is returned.

    Raises StudyError, naming the file, when it differs from its line in `checksums` (the format
    of sha256sum), and when a class is not embedded.
    """
    try:
        sums = dict(
            line.split()[::-1] for line in checksums.read_text(encoding="utf-8").splitlines()
        )
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
