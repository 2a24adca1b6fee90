"""Images of data sets that torchvision knows, from files in their own format."""

from __future__ import annotations

import gzip
import shutil
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ..errors import StudyError
from ..io.whole import check_readable, replacing
from .checks import SPLITS, select_classes
from .counts import IDX_FILES

DAMAGED = (ValueError, LookupError, AssertionError, OSError, EOFError, TypeError, zlib.error)
"""What reading nonsense may raise."""


def read(settings: Mapping[str, Any], *files: str) -> dict[str, np.ndarray]:
    """The images of the config's `data`, from its files in the order of `counts.IDX_FILES`."""
    return read_torchvision(settings["dataset"], [Path(f) for f in files], settings["classes"])


def read_torchvision(
    name: str, files: Sequence[Path], classes: Sequence[int]
) -> dict[str, np.ndarray]:
    """A data set of `torchvision.datasets` from its four IDX files, each as it is or as .gz.

    Returns train_images and test_images (n, 28, 28), uint8, with train_labels and test_labels
    (n,), uint8. Raises StudyError, naming data.root, when a file is damaged.
    """
    from torchvision import datasets

    folder, arrays = files[0].parent, {}
    with TemporaryDirectory() as root:
        raw = Path(root, name, "raw")
        raw.mkdir(parents=True)
        try:
            for path, plain in zip(files, IDX_FILES, strict=True):
                check_readable(path)
                _unpack(path, raw / plain)
            for split in SPLITS:
                data = getattr(datasets, name)(root, train=split == "train", download=False)
                arrays[f"{split}_images"] = data.data.numpy()
                arrays[f"{split}_labels"] = data.targets.numpy().astype(np.uint8)
        except DAMAGED as error:
            raise StudyError(f"data.root: {folder} holds damaged {name} files ({error})") from error
        except RuntimeError as error:
            raise StudyError(f"data.root: {folder}: {error}") from error
    return select_classes(arrays, classes, f"{name} in {folder}")


def download(name: str, outputs: Sequence[Path], missing: str) -> None:
    """Bring a data set's four IDX files to the outputs.

    Raises StudyError, saying that there are none in the folder `missing`, without a network.
    """
    from torchvision import datasets

    with TemporaryDirectory() as root:
        try:
            getattr(datasets, name)(root, train=True, download=True)
        except Exception as error:  # whatever a network may raise
            raise StudyError(
                f"data.root: {missing} has no {name} files and they cannot be downloaded "
                f"({error}); put the four IDX files there (or .gz), or use data.source: embedded"
            ) from error
        for plain, output in zip(IDX_FILES, outputs, strict=True):
            with replacing(output) as temporary:
                shutil.copyfile(Path(root, name, "raw", plain), temporary)


def _unpack(path: Path, plain: Path) -> None:
    if path.suffix != ".gz":
        plain.symlink_to(path.resolve())
        return
    with gzip.open(path) as compressed, plain.open("wb") as file:
        shutil.copyfileobj(compressed, file)
