"""What figures leave out, and what they say of it."""

import pytest
from latentgeo.study.series import Request, Series
from latentgeo.study.shown import MOST_PANELS, beside, first, of_first_pairs

SERIES = Series("ensemble", 0, "fisher-rao", "polynomial", "graph", "newton")


@pytest.mark.parametrize("count", [0, 1, 12])
def test_of_few_nothing_is_left_out(count):
    assert first(range(count), 12, "pairs") == (list(range(count)), "")


def test_of_many_the_first_are_taken_and_all_are_counted():
    assert first(range(1234), 3, "pairs") == ([0, 1, 2], "the first 3 of 1,234 pairs")
    assert first({"a": 1, "b": 2}, 1, "types") == (["a"], "the first 1 of 2 types")


@pytest.mark.parametrize(
    "rows, most, expected", [(4, 12, 12), (12, 12, 4), (2, 10, 10), (1000, 12, 1)]
)
def test_panels_beside_one_another(rows, most, expected):
    assert beside(range(rows), most) == expected
    assert rows * expected <= max(MOST_PANELS, rows)


def test_only_files_and_pairs_that_are_shown_are_read():
    paths = [f"results/a/newton/pairs-{first}-{first + 50}.npz" for first in range(0, 200, 50)]
    requests = [Request(SERIES, 3, 200), Request(SERIES, 1, 20)]
    assert of_first_pairs(paths, requests, 50) == (paths[:1], [Request(SERIES, 3, 50), requests[1]])
    assert of_first_pairs(paths, requests, 51)[0] == paths[:2]
    assert of_first_pairs(paths, requests, 200) == (paths, requests)
