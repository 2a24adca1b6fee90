"""Reading and writing results: whole or not at all, without pickles, damage noticed."""

from __future__ import annotations

import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from .errors import StudyError


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside `path` that becomes `path` when the block ends without error."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


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
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in names or stored.files}
    except KeyError as error:
        raise StudyError(f"{path}: has no array {error.args[0]!r}") from error
    except FileNotFoundError as error:
        raise StudyError(f"{path}: no such file") from error
    except (OSError, ValueError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise StudyError(
            f"{path}: damaged or not an npz without pickles ({error}); delete it and run again"
        ) from error
