"""Digits from the repository and from IDX files as torchvision lays them out; pairs."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from latentgeo import digits
from latentgeo.errors import StudyError

RESOURCES = Path(__file__).parents[2] / "resources"
EMBEDDED = RESOURCES / "mnist-012.npz"
SUMS = RESOURCES / "SHA256SUMS"


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


def test_the_embedded_digits_are_mnists_first_three_classes():
    found = digits.read_embedded(EMBEDDED, SUMS, [0, 1, 2])
    assert found["train_images"].shape == (18623, 28, 28)
    assert found["test_images"].shape == (3147, 28, 28)
    assert found["train_images"].dtype == np.uint8
    assert np.bincount(found["train_labels"]).tolist() == [5923, 6742, 5958]
    assert np.bincount(found["test_labels"]).tolist() == [980, 1135, 1032]


def test_some_classes_of_the_embedded_digits():
    found = digits.read_embedded(EMBEDDED, SUMS, [0, 2])
    assert set(np.unique(found["train_labels"])) == {0, 2}
    assert digits.count_embedded(EMBEDDED, [0, 2]) == len(found["train_labels"])


def test_an_edited_embedded_file_is_refused(tmp_path):
    edited = bytearray(EMBEDDED.read_bytes())
    edited[len(edited) // 2] ^= 1
    copy = tmp_path / EMBEDDED.name
    copy.write_bytes(edited)
    with pytest.raises(StudyError, match=r"mnist-012\.npz: SHA-256 is"):
        digits.read_embedded(copy, SUMS, [0, 1])


def test_a_class_that_is_not_embedded_is_named():
    with pytest.raises(StudyError, match=r"data\.classes: class 7 has no train images"):
        digits.read_embedded(EMBEDDED, SUMS, [0, 7])


def test_torchvision_reads_idx_files(idx):
    root, arrays = idx
    found = digits.read_torchvision("MNIST", root, [3, 7])
    chosen = np.isin(arrays["train_labels"], [3, 7])
    np.testing.assert_array_equal(found["train_images"], arrays["train_images"][chosen])
    np.testing.assert_array_equal(found["train_labels"], arrays["train_labels"][chosen])
    assert set(found["test_labels"]) == {3, 7}


def test_neither_files_nor_network_is_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr("torchvision.datasets.mnist.MNIST.mirrors", ["http://127.0.0.1:9/"])
    with pytest.raises(StudyError, match=r"data\.root: .* has no MNIST files and they cannot be"):
        digits.read_torchvision("MNIST", tmp_path / "nowhere", [0, 1])


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
        digits.read_torchvision("MNIST", root, [0, 1])


def test_swapped_images_and_labels_are_a_clear_error(idx):
    root, _ = idx
    images = root / "MNIST/raw/train-images-idx3-ubyte"
    labels = root / "MNIST/raw/train-labels-idx1-ubyte"
    swapped = images.read_bytes()
    images.write_bytes(labels.read_bytes())
    labels.write_bytes(swapped)
    with pytest.raises(StudyError):
        digits.read_torchvision("MNIST", root, [0, 1])


def test_pairs_are_prefix_stable_distinct_and_of_different_images():
    images = np.random.default_rng(0).integers(0, 256, (30, 28, 28), dtype=np.uint8)
    images[1] = images[0]
    many = digits.sample_pairs(images, 200, seed=5)
    np.testing.assert_array_equal(digits.sample_pairs(images, 20, seed=5), many[:20])
    assert len({frozenset(pair) for pair in many.tolist()}) == 200
    assert {0, 1} not in [set(pair) for pair in many.tolist()]
    assert not np.array_equal(digits.sample_pairs(images, 20, seed=6), many[:20])


def test_pairs_drawn_many_at_once_are_those_drawn_one_by_one():
    images = np.random.default_rng(0).integers(0, 2, (40, 28, 28), dtype=np.uint8)
    images[1] = images[0]
    stream = np.random.default_rng(7)
    expected = {}
    while len(expected) < 700:
        a, b = stream.integers(40, size=2).tolist()
        if not np.array_equal(images[a], images[b]):
            expected.setdefault(frozenset((a, b)), [a, b])
    assert digits.sample_pairs(images, 700, seed=7).tolist() == list(expected.values())


def test_more_pairs_than_the_images_have_is_a_clear_error():
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    assert len(digits.sample_pairs(images, 10, seed=0)) == 10
    with pytest.raises(StudyError, match="5 images have only 10 pairs"):
        digits.sample_pairs(images, 11, seed=0)


def test_equal_images_end_in_a_clear_error_not_in_a_loop():
    with pytest.raises(StudyError, match="pairs of different images"):
        digits.sample_pairs(np.zeros((4, 28, 28), dtype=np.uint8), 1, seed=0)
