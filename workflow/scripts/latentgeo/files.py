"""Reading and writing results: whole or not at all, without pickles, damage noticed."""

from __future__ import annotations

import os
import socket
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from .errors import StudyError


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside `path` that becomes `path` when the block ends without error.

    What processes that were killed left beside it is removed.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    host = socket.gethostname()
    for left in path.parent.glob(f".{path.stem}~{host}~*{path.suffix}"):
        if not _alive(int(left.stem.rpartition("~")[2])):
            left.unlink(missing_ok=True)
    temporary = path.with_name(f".{path.stem}~{host}~{os.getpid()}{path.suffix}")
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        pass
    return True


def save_arrays(path: str | Path, **arrays: np.ndarray) -> None:
    """Write arrays as one npz without pickles; equal arrays give equal bytes."""
    for name, array in arrays.items():
        if np.asarray(array).dtype.hasobject:
            raise TypeError(f"array {name!r} holds Python objects, which npz would pickle")
    with replacing(path) as temporary:
        np.savez(temporary, **arrays)


def load_arrays(path: str | Path, *names: str) -> dict[str, np.ndarray]:
    """Read the named arrays of an npz, all of them without names.

    Raises StudyError, naming the file, when it is missing, damaged (every array carries a
    checksum), holds a pickle or lacks one of the names.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()  # reads everything; numpy may stop before the checksum
        if damaged:
            raise ValueError(f"checksum of {damaged} differs")
        with np.load(path, allow_pickle=False) as stored:
            missing = sorted(set(names) - set(stored.files))
            arrays = {name: stored[name] for name in names or stored.files if not missing}
    except FileNotFoundError as error:
        raise StudyError(f"{path}: no such file") from error
    except Exception as error:  # whatever reading nonsense may raise
        raise StudyError(
            f"{path}: damaged or not an npz without pickles ({error}); delete it and run again"
        ) from error
    if missing:
        raise StudyError(f"{path}: has no array {', '.join(map(repr, missing))}")
    return arrays
