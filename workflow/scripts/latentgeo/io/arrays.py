"""Arrays in npz files without pickles; damage and other contents are noticed as they are read."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from ..errors import AGAIN, StudyError
from .whole import check_readable, replacing

KINDS = {
    "float": np.floating,  # all of them finite
    "number": np.floating,  # or NaN
    "integer": np.integer,
    "boolean": np.bool_,
    "text": np.str_,
}


def save_arrays(path: str | Path, **arrays: np.ndarray) -> None:
    """Write arrays as one npz without pickles; equal arrays give equal bytes."""
    for name, array in arrays.items():
        if np.asarray(array).dtype.hasobject:
            raise TypeError(f"array {name!r} holds Python objects, which npz would pickle")
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)  # a path that does not end in .npz would be another one


def load_arrays(path: str | Path, *names: str) -> dict[str, np.ndarray]:
    """Read the named arrays of an npz, all of them without names.

    Raises StudyError, naming the file, when it is missing, damaged (every array carries a
    checksum), holds a pickle or lacks one of the names.
    """
    check_readable(path)
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
            f"{path}: damaged or not an npz without pickles ({error}); {AGAIN}"
        ) from error
    if missing:
        raise StudyError(f"{path}: has no array {', '.join(map(repr, missing))}")
    return arrays


def load_shaped(path: str | Path, **forms: str) -> dict[str, np.ndarray]:
    """Read some arrays of an npz, each of a form as in means="float n 2".

    That is one of `KINDS` and the sizes, where a letter is any size, the same in all forms.
    """
    arrays = load_arrays(path, *forms)
    sizes: dict[str, int] = {}
    for name, form in forms.items():
        array, (kind, *shape) = arrays[name], form.split()
        for size, found in zip(shape, array.shape, strict=False):
            sizes.setdefault(size, int(size) if size.isdigit() else found)
        fits = array.shape == tuple(sizes.get(size) for size in shape) and array.size > 0
        if not (fits and np.issubdtype(array.dtype, KINDS[kind])):
            raise StudyError(
                f"{path}: {name!r} is {array.dtype} {array.shape}, "
                f"expected {kind} ({', '.join(shape)}); {AGAIN}"
            )
        if kind == "float" and not np.isfinite(array).all():
            raise StudyError(f"{path}: {name!r} holds NaN or infinite numbers; {AGAIN}")
    return arrays
