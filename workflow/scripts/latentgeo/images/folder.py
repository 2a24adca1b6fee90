"""The user's own images as PNG or JPEG files, in a folder for each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import StudyError
from .checks import SPLITS, select_classes, split_at_random
from .counts import folders


def read(settings: Mapping[str, Any], *files: str) -> dict[str, np.ndarray]:
    """The images of the config's `data`; see `read_folder`."""
    wanted = (settings["shape"], settings["classes"], settings["test_share"], settings["seed"])
    return read_folder(Path(settings["root"]).expanduser(), *wanted)


def read_folder(
    root: Path, shape: Sequence[int], classes: list[int], share: float, seed: int
) -> dict[str, np.ndarray]:
    """The images below `<root>/<class>/`, or `<root>/train/<class>/` and `<root>/test/<class>/`.

    Classes are numbered in the order of their names. Images get the channels, height and width of
    `shape`; those of another size are made smaller or larger and cut around their centre. Raises
    StudyError, naming the folder or file, for what cannot be read.
    """
    source = f"data.root: {root}"
    there = [split for split in SPLITS if (root / split).is_dir()]
    if len(there) == 1:
        raise StudyError(f"{source}: it has {there[0]}, but not {' and '.join(SPLITS)}")
    if there:
        arrays, names = {}, []
        for split in SPLITS:
            images, labels, own = _read_classes(root / split, shape)
            arrays |= {f"{split}_images": images, f"{split}_labels": labels}
            names.append(own)
        if names[0] != names[1]:
            raise StudyError(f"{source}: train has the classes {names[0]}, test {names[1]}")
    else:
        images, labels, _ = _read_classes(root, shape)
        arrays = split_at_random(images, labels, share, seed)
    return select_classes(arrays, classes, source)


def _read_classes(root: Path, shape: Sequence[int]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Images (n, ...), labels (n,) and the classes' names of a folder of folders."""
    from torchvision.datasets import ImageFolder

    class Folders(ImageFolder):
        def find_classes(self, directory: str) -> tuple[list[str], dict[str, int]]:
            names = folders(directory)
            return names, {name: number for number, name in enumerate(names)}

    channels, *size = shape
    try:
        found = Folders(str(root))
    except OSError as error:
        raise StudyError(f"data.root: {error}") from error
    images = np.stack([_fitted(path, channels, size) for path, _ in found.samples])
    return images, np.array(found.targets), found.classes


def _fitted(path: str, channels: int, size: Sequence[int]) -> np.ndarray:
    """An image file with so many channels, height and width: (H, W) or (3, H, W)."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as image:
            image = ImageOps.exif_transpose(image)
            if image.mode.startswith("I"):  # of 16 bits, which `convert` would clip
                image = Image.fromarray(_of_16_bits(path, np.asarray(image)))
            elif image.mode == "F":
                raise StudyError(f"{path}: its pixels are floating-point; 8 or 16 bits are wanted")
            image = image.convert("RGB" if channels == 3 else "L")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise StudyError(f"{path}: cannot be read as an image ({error})") from error
    pixels = np.asarray(ImageOps.fit(image, tuple(size[::-1]), Image.Resampling.LANCZOS))
    return pixels.transpose(2, 0, 1) if channels == 3 else pixels


def _of_16_bits(path: str, pixels: np.ndarray) -> np.ndarray:
    """Whole numbers from 0 to 65535 as bytes."""
    if pixels.min() < 0 or pixels.max() > 2**16 - 1:
        raise StudyError(f"{path}: pixels {pixels.min()} to {pixels.max()}; 16 bits are wanted")
    return np.round(pixels / 257).astype(np.uint8)
