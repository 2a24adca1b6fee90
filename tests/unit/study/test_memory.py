"""Jobs ask for more memory than they were measured to take, and for as much more as settings do."""

import pytest
from latentgeo.objectives import density, fisher_rao
from latentgeo.study import memory

PEAKS = [
    (memory.of_grid(40, 1), 878),
    (memory.of_grid(40, 10), 1048),
    (memory.of_grid(40, 30), 1407),
    (memory.of_grid(100, 10), 1900),
    (memory.of_geodesics("fisher-rao", 32, 10), 1152),
    (memory.of_geodesics("fisher-rao", 32, 100), 1211),
    (memory.of_geodesics("fisher-rao", 2000, 1), 1187),
    (memory.of_geodesics("fisher-rao", 2000, 10), 3137),
    (memory.of_geodesics("density", 32, 0), 1882),
    (memory.of_geodesics("density", 2000, 0), 2177),
    (memory.of_training(256), 1113),
]


@pytest.mark.parametrize("asked, peak", PEAKS)
def test_what_is_asked_for_is_above_what_was_measured(asked, peak):
    assert peak < asked < 2.5 * peak


def test_what_is_held_at_once_is_what_the_objectives_say():
    assert memory.EVALUATIONS_AT_ONCE == fisher_rao.EVALUATIONS_AT_ONCE
    assert pytest.approx(density.WEIGHTS_AT_ONCE, rel=0.01) == memory.SEGMENTS_AT_ONCE * 18_623


def test_larger_images_and_more_dimensions_take_more():
    assert memory.of_grid(40, 10, 784 * 12) > 5 * memory.of_grid(40, 10) - 5 * memory.IMPORTS
    assert memory.of_training(256, features=784 * 12) > memory.of_training(256)
    # a single curve that is more than what is held at once
    usual = memory.of_geodesics("fisher-rao", 32, 10)
    assert memory.of_geodesics("fisher-rao", 32, 10, 784, 8) == usual
    assert memory.of_geodesics("fisher-rao", 32, 10, 784 * 12, 8) > 2 * usual
    assert (fisher_rao.USUAL, memory.FEATURES * memory.DIM) == (1568, 1568)


def test_a_batch_cannot_be_larger_than_all_images():
    assert memory.of_training(10**9, images=1000) == memory.of_training(1000)
