"""How many images and pairs there are, counted without numpy."""

from itertools import combinations

import numpy as np
import pytest
from latentgeo.errors import StudyError
from latentgeo.images.counts import content, count_embedded, pair_capacity
from project import PROJECT

EMBEDDED = PROJECT / "resources/mnist-012.npz"


@pytest.mark.parametrize("classes", [[0], [2, 1], [0, 1, 2], [0, 7], [1, 1], [], range(3)], ids=str)
def test_the_count_is_that_of_the_labels(classes):
    with np.load(EMBEDDED) as stored:
        expected = np.isin(stored["train_labels"], list(classes)).sum()
    assert count_embedded(EMBEDDED, classes) == expected


def test_pairs_are_counted_without_order():
    for images in range(7):
        assert pair_capacity(images) == len(list(combinations(range(images), 2)))


@pytest.mark.parametrize(
    "damage", ["missing", "empty", "text", "truncated", "flipped bit", "others"]
)
def test_a_damaged_file_is_an_error_that_names_it(tmp_path, damage):
    path, content = tmp_path / "digits.npz", bytearray(EMBEDDED.read_bytes())
    if damage == "others":
        np.savez(path, other=np.zeros(3))
    elif damage != "missing":
        flipped = bytearray(content)
        flipped[content.index(b"train_labels.npy") + 2000] ^= 1
        damaged = {
            "empty": b"",
            "text": b"no zip\n",
            "truncated": content[:-5000],
            "flipped bit": flipped,
        }
        path.write_bytes(damaged[damage])
    with pytest.raises(StudyError, match=rf"{path}: .*restore the file from the repository"):
        count_embedded(path, [0, 1])


def test_the_content_of_files_does_not_depend_on_where_they_lie(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(b"one")
    second.write_bytes(b"two")
    before = content(first, second)
    moved = first.rename(tmp_path / "moved")
    assert content(moved, second) == before
    assert content(second, moved) != before
    moved.write_bytes(b"three")
    assert content(moved, second) != before


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(StudyError, match="missing: cannot be read"):
        content(tmp_path / "missing")
