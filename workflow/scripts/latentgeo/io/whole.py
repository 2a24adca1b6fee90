"""Writing files whole or not at all, and noticing those that a power loss cut off."""

from __future__ import annotations

import json
import os
import shlex
import socket
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ..errors import StudyError


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside `path` that becomes `path` when the block ends without error.

    The file has a name that nobody could have known, is there already, and gets the permissions
    that the umask asks for. What processes that were killed left beside it is removed.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    own = f".{path.stem}~{socket.gethostname()}~"
    for left in path.parent.glob(f"{own}*{path.suffix}"):
        process = left.name.removeprefix(own).partition("~")[0]
        if process.isdecimal() and not _alive(int(process)):
            with suppress(OSError):  # a folder, or somebody else's
                left.unlink()
    handle, name = tempfile.mkstemp(path.suffix, f"{own}{os.getpid()}~", path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fchmod(written.fileno(), 0o666 & ~_umask())
            os.fsync(written.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def check_readable(path: str | Path) -> None:
    """Raise StudyError, naming it, when a file is there but may not be read."""
    if os.path.exists(path) and not os.access(path, os.R_OK):
        raise StudyError(f"{path}: permission denied; its owner can give it with chmod a+r")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):  # somebody else's, or no process's number
        pass
    return True


def refuse_cut_off(paths: Iterable[str | Path]) -> None:
    """Raise StudyError, naming them, when some of the results that a study makes lack their end.

    A power loss may leave such files, and Snakemake takes any file for a finished one. Only ends
    are looked at, so that thousands of files take no time; a CSV that ends with one of its lines
    is not noticed.
    """
    there = [path for path in map(Path, paths) if path.exists()]
    for path in there:
        check_readable(path)
    damaged = [path for path in there if not (path.is_file() and _has_end(path))]
    if damaged:
        cached = [path.resolve() for path in damaged if path.is_symlink()]
        names = shlex.join(map(str, damaged + cached))
        raise StudyError(f"cut off or damaged; delete and run again: rm -r {names}")


ENDS = {".csv": b"\n", ".png": b"IEND\xaeB`\x82", ".pdf": b"%%EOF\n", ".html": b"</html>\n"}
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
