"""Figures of large studies show what can be read, and say what they leave out."""

from __future__ import annotations

import time

import pytest
from latentgeo.study import shown
from layout import check_layout, check_print, check_size, named, texts

pytestmark = pytest.mark.filterwarnings("error")
CURVES = tuple(named("family", 12))
TYPES = {name: 1 for name in named("type", 14)}
LARGE = [
    ("claims_figure", {"vaes": {"a": 1, "b": 3, "c": 5, "d": 7}}, ["the first 60 of 193 cases"]),
    ("contest_figure", {"vaes": TYPES}, ["the first 20 of 56 groups"]),
    ("segments_figure", {"vaes": TYPES}, ["the first 12 of 14 VAE types and metrics"]),
    ("cv_figure", {"pairs": 1000}, ["energies of the first 12 of 1,000 pairs"]),
    ("cv_figure", {"vaes": TYPES}, ["the first 12 of 14 VAE types"]),
    ("geodesics_figure", {"pairs": 5000}, ["the first 60 of 5,000 geodesics"]),
    ("models_figure", {"pairs": 180}, ["the first 12 of 180 pairs"]),
    ("models_figure", {"vaes": TYPES, "seeds": 1}, ["the first 12 of 14 VAE types"]),
    ("models_figure", {"vaes": {"a": 1}, "seeds": 12}, ["the first 10 of 12 seeds"]),
    (
        "proximity_figure",
        {"curves": tuple(named("curve", 50))},
        ["the first 20 of 50 curve families"],
    ),
    ("starts_curves_figure", {"pairs": 180}, ["the first 6 of 180 pairs"]),
    (
        "starts_energy_figure",
        {"pairs": 180, "curves": CURVES, "solvers": ("newton", "adam")},
        ["the first 12 of 24 curve families with each solver", "the first 4 of 180 pairs"],
    ),
    (
        "training_figure",
        {"vaes": {f"t{k}": 2 for k in range(14)}, "seeds": 20},
        ["the first 12 of 14 VAE types", "20 seeds × 2 decoders"],
    ),
]


@pytest.mark.parametrize("name, settings, notes", LARGE)
def test_a_figure_of_a_large_study_says_what_it_leaves_out(name, settings, notes, drawn):
    started = time.process_time()
    figure, size = drawn(name, **settings)
    assert time.process_time() - started < 20  # it takes a few seconds
    check_size(size)
    check_layout(figure)
    check_print(figure)
    for note in notes:
        assert note in texts(figure)
    assert len(figure.axes) <= shown.MOST_PANELS


def test_many_pairs_have_boxes_of_all_their_coefficients_of_variation(drawn):
    figure, _ = drawn("cv_figure", pairs=1000, seeds=3)
    uppers, lowers = figure.axes[:2], figure.axes[2:]
    assert [len(axes.lines) for axes in lowers] == [6 * 6, 6 * 6]  # a box is six lines
    assert [len(axes.get_xticks()) for axes in uppers] == [12, 12]
    few, _ = drawn("cv_figure", pairs=12, seeds=3)
    assert [len(axes.containers) for axes in few.axes[2:]] == [6, 6]
