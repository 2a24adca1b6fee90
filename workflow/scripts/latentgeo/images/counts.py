"""What is known of images before anything runs, without numpy: how many, and of what content."""

from __future__ import annotations

import ast
import hashlib
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

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


IDX_FILES = [
    f"{part}-ubyte"
    for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
]
"""What MNIST and its like consist of; from a mirror they often come as .gz."""


def idx_files(root: str, dataset: str) -> list[Path]:
    """The files of a data set below a root, where torchvision wants them: all, or none.

    Each as it is or compressed. StudyError names those that are missing beside others.
    """
    try:
        folder = Path(root).expanduser() / dataset / "raw"
    except RuntimeError as error:
        raise StudyError(f"config: data.root: {root}: {error}") from error
    names = [[name, f"{name}.gz"] for name in IDX_FILES]
    there = [next((folder / n for n in both if (folder / n).is_file()), None) for both in names]
    missing = [name for name, path in zip(IDX_FILES, there, strict=True) if not path]
    if missing and any(there):
        raise StudyError(
            f"config: data.root: {folder} has no {' and no '.join(missing)}; all of "
            f"{', '.join(IDX_FILES)} are needed (or each as .gz)"
        )
    return [path for path in there if path]


DOWNLOADED = [f"results/downloads/{{dataset}}/raw/{name}" for name in IDX_FILES]
"""Where they are brought, when the user has none."""


DECISIVE = {
    "embedded": ("source", "classes"),
    "torchvision": ("source", "classes", "dataset"),
    "npz": ("source", "classes", "test_share"),
    "folder": ("source", "classes", "test_share", "shape", "root"),
}
"""What of the config's `data` decides which images there are, beside the files' content."""
CHANNELS = (1, 3)
"""How many an image may have."""
DRAWN = ("npz", "folder")
"""The sources of which test images may be drawn, from the study's seed."""
SUFFIXES = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
"""What image files are called, as torchvision has it."""


def decisive(settings: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """The settings in `DECISIVE`, and the seed where it matters."""
    chosen = {key: settings[key] for key in DECISIVE[settings["source"]] if key in settings}
    return chosen | ({"seed": seed} if settings["source"] in DRAWN else {})


def data_files(settings: Mapping[str, Any]) -> tuple[list[str], str]:
    """The files that images are read from (config `data`), and the content of the user's own.

    The embedded file is found by where the library lies, and so is no input of a rule; nor are the
    many files of a folder.
    """
    match settings["source"]:
        case "embedded":
            return [], content(EMBEDDED, CHECKSUMS)
        case "npz":
            path = Path(settings["file"]).expanduser()
            if not path.is_file():
                raise StudyError(f"config: data.file: {path}: there is no such file")
            return [str(path)], content(path)
        case "folder":
            return [], content_of_folder(settings["root"])
    there = idx_files(settings["root"], settings["dataset"])
    if there:
        return [str(path) for path in there], content(*there)
    return [path.format(dataset=settings["dataset"]) for path in DOWNLOADED], ""


def class_names(settings: Mapping[str, Any]) -> list[str]:
    """What classes are called by their numbers: as the folders that they lie in, if in any."""
    if settings["source"] != "folder":
        return []
    root = Path(settings["root"]).expanduser()
    folder = root / "train" if (root / "train").is_dir() and (root / "test").is_dir() else root
    return folders(folder)


def folders(root: str | Path) -> list[str]:
    """The names of the folders in one, in order, but for hidden ones."""
    names = (path.name for path in Path(root).iterdir() if path.is_dir())
    return sorted(name for name in names if not name.startswith("."))


def content_of_folder(root: str) -> str:
    """A checksum of the names and contents of a folder's images; StudyError for none."""
    folder = Path(root).expanduser()
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise StudyError(f"config: data.root: {root} has no images ({', '.join(SUFFIXES)})")
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.relative_to(folder).as_posix().encode() + content(path).encode())
    return digest.hexdigest()[:16]


def image_shape(settings: Mapping[str, Any]) -> list[int]:
    """Channels, height and width of the images of the config's `data`."""
    if settings["source"] == "folder":
        return list(settings["shape"])
    if settings["source"] != "npz":
        return [1, 28, 28]
    path = Path(settings["file"]).expanduser()
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            name = next(n for n in ("train_images.npy", "images.npy") if n in names)
            shape = ast.literal_eval(_npy(archive.open(name).read(HEADER))[0])["shape"]
    except (OSError, StopIteration, SyntaxError, ValueError, zipfile.BadZipFile) as error:
        raise StudyError(
            f"config: data.file: {path}: not an npz with images or train_images ({error})"
        ) from error
    if len(shape) not in (3, 4):
        raise StudyError(
            f"config: data.file: {path}: images of shape {shape}; (n, height, width) or "
            "(n, channels, height, width) is wanted"
        )
    return [*([1] if len(shape) == 3 else []), *shape[1:]]


HEADER = 10_000
"""Bytes that the header of an npy file is within."""


def _npy(start: bytes) -> tuple[str, int]:
    """The header of an npy file, of which the beginning is given, and where its numbers begin."""
    if start[:6] != b"\x93NUMPY":
        raise ValueError("no npy file")
    begin = 12 if start[6] > 1 else 10
    end = begin + int.from_bytes(start[8:begin], "little")
    return start[begin:end].decode("latin1"), end


def pair_capacity(images: int) -> int:
    """How many different pairs of different images there are."""
    return images * (images - 1) // 2


def count_embedded(path: Path, classes: Iterable[int], split: str = "train") -> int:
    """How many embedded images of a split the classes, or all, have; StudyError names the file."""
    try:
        with zipfile.ZipFile(path) as archive:
            stored = archive.read(f"{split}_labels.npy")
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise StudyError(
            f"{path}: the embedded digits cannot be read ({error}); "
            "restore the file from the repository"
        ) from error
    labels = Counter(stored[_npy(stored)[1] :])  # a byte each
    return sum(labels[c] for c in set(classes or labels))
