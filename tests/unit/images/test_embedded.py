"""The digits that lie in the repository."""

import numpy as np
import pytest
from latentgeo.errors import StudyError
from latentgeo.images.counts import count_embedded
from latentgeo.images.embedded import read, read_embedded
from project import PROJECT

EMBEDDED = PROJECT / "resources/mnist-012.npz"
SUMS = PROJECT / "resources/SHA256SUMS"


def test_the_embedded_digits_are_mnists_first_three_classes():
    found = read_embedded(EMBEDDED, SUMS, [0, 1, 2])
    assert found["train_images"].shape == (18623, 28, 28)
    assert found["test_images"].shape == (3147, 28, 28)
    assert found["train_images"].dtype == np.uint8
    assert np.bincount(found["train_labels"]).tolist() == [5923, 6742, 5958]
    assert np.bincount(found["test_labels"]).tolist() == [980, 1135, 1032]


def test_some_classes_of_the_embedded_digits():
    found = read_embedded(EMBEDDED, SUMS, [0, 2])
    assert set(np.unique(found["train_labels"])) == {0, 2}
    assert count_embedded(EMBEDDED, [0, 2]) == len(found["train_labels"])


def test_an_edited_embedded_file_is_refused(tmp_path):
    edited = bytearray(EMBEDDED.read_bytes())
    edited[len(edited) // 2] ^= 1
    copy = tmp_path / EMBEDDED.name
    copy.write_bytes(edited)
    with pytest.raises(StudyError, match=r"mnist-012\.npz: SHA-256 is"):
        read_embedded(copy, SUMS, [0, 1])


def test_a_class_that_is_not_embedded_is_named():
    with pytest.raises(StudyError, match=r"data\.classes: class 7 has no train images"):
        read_embedded(EMBEDDED, SUMS, [0, 7])


def test_the_settings_of_the_config_are_enough_to_read_them():
    found = read({"source": "embedded", "classes": [1, 2]})
    expected = read_embedded(EMBEDDED, SUMS, [1, 2])
    assert found.keys() == expected.keys()
    assert all((found[name] == expected[name]).all() for name in found)
    again = read({"source": "embedded", "classes": [1, 2]}, "data/of/others")
    assert all((again[name] == expected[name]).all() for name in expected)
