"""Writing files whole or not at all, and noticing those that a power loss cut off."""

from __future__ import annotations

import json
import os
import shlex
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ..errors import StudyError


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


def refuse_cut_off(paths: Iterable[str | Path]) -> None:
    """Raise StudyError, naming them, when some of the results that a study makes lack their end.

    A power loss may leave such files, and Snakemake takes any file for a finished one. Only ends
    are looked at, so that thousands of files take no time; a CSV that ends with one of its lines
    is not noticed.
    """
    there = (path for path in map(Path, paths) if path.exists())
    damaged = [path for path in there if not (path.is_file() and _has_end(path))]
    if damaged:
        cached = [path.resolve() for path in damaged if path.is_symlink()]
        names = shlex.join(map(str, damaged + cached))
        raise StudyError(f"cut off or damaged; delete and run again: rm -r {names}")


ENDS = {".csv": b"\n", ".png": b"IEND\xaeB`\x82", ".pdf": b"%%EOF\n"}
ZIP_END = b"PK\5\6"
"""How the last record of a zip begins; 22 bytes of it are written here."""


def _has_end(path: Path) -> bool:
    size = path.stat().st_size
    with path.open("rb") as file:
        if path.suffix == ".safetensors":
            return _has_all_tensors(file.read(8), file, size)
        file.seek(max(0, size - 22))
        end = file.read()
    return end.startswith(ZIP_END) if path.suffix == ".npz" else end.endswith(ENDS[path.suffix])


def _has_all_tensors(length: bytes, file: BinaryIO, size: int) -> bool:
    """Whether a safetensors file is as long as its header, whose length comes first, says."""
    try:
        header = json.loads(file.read(int.from_bytes(length, "little")))
        ends = [t["data_offsets"][1] for name, t in header.items() if name != "__metadata__"]
        return size == file.tell() + max(ends, default=0)
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        OverflowError,
        MemoryError,
        RecursionError,
    ):
        return False
