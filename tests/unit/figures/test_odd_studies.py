"""Every figure of studies unlike the default one is drawn, and legible."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from latentgeo.study import maps, plotting
from layout import box, check_layout, check_print, check_size, named, texts
from synthetic import FIGURES

pytestmark = pytest.mark.filterwarnings("error")


def only_first(history: np.ndarray) -> np.ndarray:
    return np.where(np.arange(history.shape[1]) == 0, history, np.nan)


def with_holes(history: np.ndarray) -> np.ndarray:
    return np.where(np.arange(history.shape[1]) % 3 == 1, np.nan, history)


SHORT_OF_ALL = {
    "vaes": {"single": 1},
    "seeds": 1,
    "pairs": 1,
    "curves": ("polynomial",),
    "classes": 2,
    "epochs": 1,
    "converged": False,
    "history": only_first,
}
LONG_TYPES = {name: 1 + 2 * (k % 2) for k, name in enumerate(named("type", 12))}
LONG_CURVES = tuple(named("family", 12))
BY_TYPE = ["cv_figure", "models_figure", "training_figure"]
WITH_LATENTS = ["geodesics_figure", "models_figure", "starts_curves_figure"]
STARTS = ["starts_curves_figure", "starts_energy_figure"]
TABLES = ["claims_figure", "contest_figure", "segments_figure"]
OF_PAIRS = ["cv_figure", "geodesics_figure", "models_figure", *STARTS]
STUDIES = {
    "smallest": (SHORT_OF_ALL, FIGURES),
    "one pair": ({"pairs": 1}, [*OF_PAIRS, "proximity_figure", *TABLES]),
    "one seed": ({"seeds": 1}, [*BY_TYPE, *TABLES]),
    "five seeds": ({"seeds": 5}, TABLES),
    "one type": ({"vaes": {"single": 1}}, [*BY_TYPE, *TABLES]),
    "named classes": ({"names": ("tree", "house by the river of the town", "a")}, WITH_LATENTS),
    "ensembles": ({"vaes": {"a": 3, "b": 100}}, [*BY_TYPE, "proximity_figure"]),
    "ten classes": ({"classes": 10}, WITH_LATENTS),
    "ten seeds": ({"seeds": 10}, ["training_figure"]),
    "twelve seeds": ({"seeds": 12}, ["cv_figure", "training_figure"]),
    "long types": ({"vaes": LONG_TYPES, "seeds": 1}, [*BY_TYPE, "geodesics_figure"]),
    "two long types": ({"vaes": dict([*LONG_TYPES.items()][:2])}, TABLES),
    "long curves": ({"curves": LONG_CURVES, "pairs": 1}, ["proximity_figure", *STARTS]),
    "all converged": ({"converged": True}, ["geodesics_figure", "proximity_figure", *STARTS]),
    "none converged": ({"converged": False}, [*TABLES, "cv_figure", "geodesics_figure", *STARTS]),
    "no steps": ({"history": only_first}, ["starts_energy_figure"]),
    "holes": ({"history": with_holes}, ["starts_energy_figure"]),
    "collapsed": ({"spread": 1e-5}, WITH_LATENTS),
    "eight dimensions": ({"dim": 8}, [*WITH_LATENTS, "filmstrips_figure"]),
    "twelve pairs": ({"pairs": 12, "seeds": 1}, ["cv_figure", *TABLES]),
}


@pytest.mark.parametrize(
    "study, name", [(study, name) for study, (_, names) in STUDIES.items() for name in names]
)
def test_a_figure_of_an_odd_study(study, name, drawn):
    figure, size = drawn(name, **STUDIES[study][0])
    check_size(size)
    check_layout(figure)
    check_print(figure)
    assert "nan" not in texts(figure)
    assert "the first" not in texts(figure)


@pytest.mark.parametrize("name", WITH_LATENTS)
def test_more_than_two_dimensions_are_seen_along_principal_directions(name, drawn):
    figure, _ = drawn(name, dim=8)
    assert "first principal direction of 8" in texts(figure)
    assert not any(axes.images for axes in figure.axes)


def test_one_model_has_energies_and_a_word_on_variation(drawn):
    figure, _ = drawn("cv_figure", seeds=1)
    assert "it takes two models" in texts(figure)
    assert "n = 1 model" in texts(figure)
    assert "±" not in "".join(text.get_text() for axes in figure.axes for text in axes.texts)


def test_few_seeds_have_a_line_each_and_many_a_common_range(drawn):
    figure, _ = drawn("training_figure", seeds=10)
    assert len(figure.axes[0].lines) == 11  # and their mean
    figure, _ = drawn("training_figure", seeds=11)
    assert len(figure.axes[0].lines) == 1


def legends(figure):
    return [*figure.legends, *filter(None, (axes.get_legend() for axes in figure.axes))]


@pytest.mark.parametrize("name", ["geodesics_figure", "models_figure"])
def test_ten_classes_are_told_apart_in_a_legend_off_the_data(name, drawn):
    figure, _ = drawn(name, classes=10)
    [legend] = legends(figure)
    assert [text.get_text() for text in legend.get_texts()] == [f"class {k}" for k in range(10)]
    assert len({tuple(handle.get_facecolor()[0]) for handle in legend.legend_handles}) == 10
    for axes in figure.axes:
        assert not box(figure, legend).overlaps(box(figure, axes))


def test_classes_are_called_by_their_names_where_they_have_some(drawn):
    names = ("tree", "house by the river of the town", "a")
    figure, _ = drawn("geodesics_figure", names=names)
    [legend] = legends(figure)
    told = [text.get_text() for text in legend.get_texts()]
    assert told == ["tree", "house by the river of t…", "a"]


def test_a_class_that_is_not_among_the_latents_drawn_keeps_the_others_colours(drawn):
    labels = np.array([0, 1] + [2] * 998)
    _, axes = plt.subplots()
    maps.scatter_latents(axes, np.zeros((1000, 2)), labels, most=10)
    handles, names = axes.get_legend_handles_labels()
    colours = dict(zip(names, [h.get_facecolor() for h in handles], strict=True))
    expected = plt.matplotlib.colors.to_rgba(plotting.COLOURS[2], 0.6)
    np.testing.assert_allclose(colours["class 2"][0], expected)


def test_steps_without_an_energy_leave_the_others_where_they_are(drawn):
    figure, _ = drawn("starts_energy_figure", history=with_holes)
    assert figure.axes[0].lines[0].get_xdata().tolist() == [0, 2, 3, 5]
    assert figure.axes[0].lines[1].get_xdata().tolist() == [5]
