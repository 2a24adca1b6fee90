"""Images of data sets that torchvision knows, from files in their own format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import StudyError
from .checks import SPLITS, select_classes


def read(settings: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The images of the config's `data`; see `read_torchvision`."""
    return read_torchvision(settings["dataset"], Path(settings["root"]), settings["classes"])


def read_torchvision(name: str, root: Path, classes: Sequence[int]) -> dict[str, np.ndarray]:
    """A data set of `torchvision.datasets` from root, downloaded only when files are missing.

    Returns train_images and test_images (n, 28, 28), uint8, with train_labels and test_labels
    (n,), uint8. Raises StudyError, naming data.root, when there are neither files nor network,
    and when the files are damaged.
    """
    from torchvision import datasets

    arrays = {}
    for split in SPLITS:
        data = _torchvision_split(getattr(datasets, name), name, root, split == "train")
        arrays[f"{split}_images"] = data.data.numpy()
        arrays[f"{split}_labels"] = data.targets.numpy().astype(np.uint8)
    return select_classes(arrays, classes, f"{name} in {root}")


def _torchvision_split(kind, name: str, root: Path, train: bool):
    def load(download: bool):
        return kind(str(root), train=train, download=download)

    try:
        return load(download=False)
    except (ValueError, IndexError, AssertionError, OSError, EOFError, TypeError) as error:
        raise StudyError(f"data.root: {root} holds damaged {name} files ({error})") from error
    except RuntimeError:  # the files are not there
        pass
    try:
        return load(download=True)
    except Exception as error:  # whatever a network may raise
        raise StudyError(
            f"data.root: {root} has no {name} files and they cannot be downloaded ({error}); "
            f"put the IDX files into {root / name / 'raw'}, or use data.source: embedded"
        ) from error
