"""Reading and writing results: whole or not at all, without pickles, damage noticed."""

from __future__ import annotations

import os
import socket
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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


def refuse_cut_off(folder: str | Path) -> None:
    """Raise StudyError, naming them, when results below a folder lack their end.

    A power loss may leave such files, and Snakemake takes any file for a finished one. Only ends
    are looked at, so that thousands of files take no time; a CSV that ends with one of its lines
    is not noticed. A training's checkpoint may be damaged: it would start over.
    """
    damaged = [
        path
        for path in sorted(Path(folder).rglob("[!.]*"))
        if path.suffix in (".npz", ".safetensors", ".csv", ".png", ".pdf")
        and path.name != "checkpoint.safetensors"
        and path.exists()
        and not (path.is_file() and _has_end(path))
    ]
    if damaged:
        cached = [path.resolve() for path in damaged if path.is_symlink()]
        names = " ".join(map(str, damaged + cached))
        raise StudyError(f"cut off or damaged; delete and run again: rm -r {names}")


def _has_end(path: Path) -> bool:
    if path.suffix == ".safetensors":
        from safetensors import SafetensorError, safe_open

        with suppress(SafetensorError, OSError), safe_open(path, "numpy"):
            return True
        return False
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 22))
        end = file.read()
    if path.suffix == ".npz":
        return end.startswith(b"PK\5\6")  # the last record of a zip
    return end.endswith({".csv": b"\n", ".png": b"IEND\xaeB`\x82", ".pdf": b"%%EOF\n"}[path.suffix])
