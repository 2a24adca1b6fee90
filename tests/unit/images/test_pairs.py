"""Pairs of images: one endless sequence."""

import numpy as np
import pytest
from latentgeo.errors import StudyError
from latentgeo.images.pairs import given_pairs, sample_pairs


def test_pairs_are_prefix_stable_distinct_and_of_different_images():
    images = np.random.default_rng(0).integers(0, 256, (30, 28, 28), dtype=np.uint8)
    images[1] = images[0]
    many = sample_pairs(images, 200, seed=5)
    np.testing.assert_array_equal(sample_pairs(images, 20, seed=5), many[:20])
    assert len({frozenset(pair) for pair in many.tolist()}) == 200
    assert {0, 1} not in [set(pair) for pair in many.tolist()]
    assert not np.array_equal(sample_pairs(images, 20, seed=6), many[:20])


def test_pairs_drawn_many_at_once_are_those_drawn_one_by_one():
    images = np.random.default_rng(0).integers(0, 2, (40, 28, 28), dtype=np.uint8)
    images[1] = images[0]
    stream = np.random.default_rng(7)
    expected = {}
    while len(expected) < 700:
        a, b = stream.integers(40, size=2).tolist()
        if not np.array_equal(images[a], images[b]):
            expected.setdefault(frozenset((a, b)), [a, b])
    assert sample_pairs(images, 700, seed=7).tolist() == list(expected.values())


def test_more_pairs_than_the_images_have_is_a_clear_error():
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    assert len(sample_pairs(images, 10, seed=0)) == 10
    with pytest.raises(StudyError, match="5 images have only 10 pairs"):
        sample_pairs(images, 11, seed=0)


def test_equal_images_end_in_a_clear_error_not_in_a_loop():
    with pytest.raises(StudyError, match="pairs of different images"):
        sample_pairs(np.zeros((4, 28, 28), dtype=np.uint8), 1, seed=0)


def test_pairs_that_are_given_are_taken_as_they_are():
    images = np.arange(4, dtype=np.uint8)[:, None, None] * np.ones((28, 28), dtype=np.uint8)
    assert given_pairs(images, [[3, 0], [1, 2]]).tolist() == [[3, 0], [1, 2]]
    images[2] = images[1]
    with pytest.raises(StudyError, match=r"pairs\.rows: \[1, 2\] are the same image"):
        given_pairs(images, [[3, 0], [1, 2]])
    with pytest.raises(StudyError, match=r"pairs\.rows: \[1, 4\] asked for, .* are 0 to 3"):
        given_pairs(images, [[1, 4]])
