"""Images from IDX files as torchvision lays them out."""

import gzip
import struct

import numpy as np
import pytest
from latentgeo.errors import StudyError
from latentgeo.images.torchvision import read_torchvision


def write_idx(folder, images, labels, prefix):
    """The two files of a split in the IDX format that MNIST comes in."""
    folder.mkdir(parents=True, exist_ok=True)
    header = struct.pack(">IIII", 2051, *images.shape)
    (folder / f"{prefix}-images-idx3-ubyte").write_bytes(header + images.tobytes())
    header = struct.pack(">II", 2049, len(labels))
    (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(header + labels.tobytes())


@pytest.fixture
def idx(tmp_path):
    """A root with a small data set of ten classes, laid out as torchvision's MNIST."""
    rng = np.random.default_rng(0)
    arrays = {}
    for split, prefix, count in (("train", "train", 60), ("test", "t10k", 20)):
        images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = (np.arange(count) % 10).astype(np.uint8)
        write_idx(tmp_path / "MNIST" / "raw", images, labels, prefix)
        arrays |= {f"{split}_images": images, f"{split}_labels": labels}
    return tmp_path, arrays


def test_torchvision_reads_idx_files(idx):
    root, arrays = idx
    found = read_torchvision("MNIST", root, [3, 7])
    chosen = np.isin(arrays["train_labels"], [3, 7])
    np.testing.assert_array_equal(found["train_images"], arrays["train_images"][chosen])
    np.testing.assert_array_equal(found["train_labels"], arrays["train_labels"][chosen])
    assert set(found["test_labels"]) == {3, 7}


def test_neither_files_nor_network_is_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr("torchvision.datasets.mnist.MNIST.mirrors", ["http://127.0.0.1:9/"])
    with pytest.raises(StudyError, match=r"data\.root: .* has no MNIST files and they cannot be"):
        read_torchvision("MNIST", tmp_path / "nowhere", [0, 1])


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
@pytest.mark.parametrize("damage", ["truncated", "other magic", "empty", "still compressed"])
def test_a_damaged_idx_file_is_a_clear_error(idx, name, damage):
    root, _ = idx
    path = root / "MNIST" / "raw" / name
    content = path.read_bytes()
    path.write_bytes(
        {
            "truncated": content[:-5],
            "other magic": b"\xff\xff" + content[2:],
            "empty": b"",
            "still compressed": gzip.compress(content),
        }[damage]
    )
    with pytest.raises(StudyError, match=r"data\.root: .*MNIST"):
        read_torchvision("MNIST", root, [0, 1])


def test_swapped_images_and_labels_are_a_clear_error(idx):
    root, _ = idx
    images = root / "MNIST/raw/train-images-idx3-ubyte"
    labels = root / "MNIST/raw/train-labels-idx1-ubyte"
    swapped = images.read_bytes()
    images.write_bytes(labels.read_bytes())
    labels.write_bytes(swapped)
    with pytest.raises(StudyError):
        read_torchvision("MNIST", root, [0, 1])
