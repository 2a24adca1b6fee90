"""The look of figures: colours that differ for everyone, texts that fit, sizes that are bounded."""

from __future__ import annotations

import struct
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from latentgeo.study import maps, plotting
from matplotlib.colors import to_rgb

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB
SIGHT = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}
TO_XYZ = np.array(
    [
        [0.4339, 0.3762, 0.1899],
        [0.2126, 0.7152, 0.0722],
        [0.0178, 0.1095, 0.8727],
    ]
)
"""Of linear RGB, relative to white."""


def lab(colour: str, sight: str) -> np.ndarray:
    """CIE L*, a*, b* of a colour as it is seen."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(SIGHT[sight] @ linear, 0, 1)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def least_difference(colours: list[str], sight: str) -> float:
    seen = [lab(colour, sight) for colour in colours]
    return min(np.linalg.norm(a - b) for a, b in combinations(seen, 2))


def test_the_measure_of_difference_on_known_colours():
    np.testing.assert_allclose(lab("white", "normal"), [100, 0, 0], atol=0.1)
    np.testing.assert_allclose(lab("red", "normal"), [53.2, 80.1, 67.2], atol=0.3)
    reds = ["#D62728", "#2CA02C"]  # matplotlib's own red and green
    assert least_difference(reds, "deuteranopia") < least_difference(reds, "normal") / 2


@pytest.mark.parametrize("sight", SIGHT)
def test_ten_colours_differ_for_everyone(sight):
    assert len(plotting.COLOURS) >= 10
    assert least_difference(plotting.COLOURS, sight) > 15


@pytest.mark.parametrize("ground", ["white", "black"])
def test_every_colour_can_be_seen_on_light_and_on_dark(ground):
    for colour in plotting.COLOURS:
        assert np.linalg.norm(lab(colour, "normal") - lab(ground, "normal")) > 40, colour


def test_forty_lines_differ_from_one_another():
    assert len({tuple(plotting.line_style(k).values()) for k in range(40)}) == 40
    plotting.line_style(1000)


@pytest.mark.parametrize("name", ["a", "a-name-of-several-parts" * 3, "x" * 60])
def test_wrapped_text_is_no_wider_than_it_may_be(name):
    text = plotting.wrapped(f"{name}, seed 3", 2.1, 9)
    figure, axes = plt.subplots()
    shown = axes.text(0, 0, text, fontsize=9)
    width = shown.get_window_extent(figure.canvas.get_renderer()).width / figure.dpi
    plt.close(figure)
    assert width < 2.4
    assert text.replace("\n", "").replace(" ", "") == f"{name},seed3"
    lines = text.count("\n")
    assert plotting.further_lines([text, "short"], 9) == pytest.approx(lines * 0.15)


def test_notes_stand_below_a_label_only_where_there_are_any():
    figure = plt.figure(figsize=(3, 3))
    for given, expected in {
        ("step", "", ""): "step",
        ("step", "a", "", "b"): "step\na; b",
        ("", "a"): "a",
    }.items():
        plotting.below(figure, *given)
        assert figure.get_supxlabel() == expected
    plotting.below(figure, "", *["a note of some words"] * 5)
    assert figure.get_supxlabel().count("\n") >= 2
    plt.close(figure)


def test_panels_have_letters_and_a_lone_one_has_none(tmp_path):
    names = [plotting.letters(n) for n in (0, 1, 25, 26, 27, 51, 52)]
    assert names == ["a", "b", "z", "aa", "ab", "az", "ba"]
    for columns, expected in ((2, ["a", "b"]), (1, [""])):
        figure, panels = plotting.grid(1, columns, 3, 2)
        figure.colorbar(panels[0, 0].imshow(np.eye(2)))
        plotting.save(figure, [str(tmp_path / "x.png")], pd.DataFrame())
        assert [axes.get_title("left") for axes in panels[0]] == expected


def test_the_data_of_a_figure_are_written_beside_it(tmp_path):
    figure, _ = plotting.grid(1, 1, 3, 2)
    data = pd.DataFrame({"x": [1.5, 2.0]})
    plotting.save(figure, [str(tmp_path / f"x.{kind}") for kind in ("png", "pdf", "csv")], data)
    assert pd.read_csv(tmp_path / "x.csv").equals(data)
    assert {path.suffix for path in tmp_path.iterdir()} == {".png", ".pdf", ".csv"}


def test_an_outlier_does_not_set_the_frame_and_is_told():
    _, [[left, right]] = plotting.grid(1, 2, 4, 2)
    usual = np.linspace(1, 2, 12)
    left.plot(range(12), usual, "o")
    right.plot(range(12), [*usual[:-1], 90], "s")
    for axes in (left, right):
        axes.set_ylim(bottom=0)
    assert not plotting.without_outliers([left], usual)
    assert left.get_ylim()[0] == 0 and not left.texts
    assert plotting.without_outliers([left, right], np.array([*usual, 90, np.nan]))
    assert left.get_ylim() == right.get_ylim() == pytest.approx((0, 2.4))
    assert [text.get_text() for text in right.texts] == ["↑ 90"] and not left.texts
    right.plot([0], [-80], "D")
    right.set_ylim(-100, 100)
    assert plotting.without_outliers([right], np.array([*usual, *usual, -80, 90]))
    assert right.get_ylim() == pytest.approx((-2.4, 2.4))
    assert {"↑ 90", "↓ -80"} <= {text.get_text() for text in right.texts}
    plt.close("all")


def test_panels_that_are_compared_have_one_scale():
    _, [[left, right]] = plotting.grid(1, 2, 4, 2)
    left.set_ylim(1, 10)
    right.set_ylim(2, 300)
    right.set_yscale("log")
    plotting.same_heights([left, right])
    assert left.get_ylim() == right.get_ylim() == (1, 300) and left.get_yscale() == "log"
    plotting.same_heights([left, right], least=0.5, most=50)
    assert left.get_ylim() == right.get_ylim() == (0.5, 50)
    plt.close("all")


@pytest.mark.parametrize("width, height", [(150, 2), (2, 400), (60, 60), (150, 150)])
def test_no_figure_is_larger_than_can_be_looked_at(width, height, tmp_path):
    figure = plt.figure(figsize=(width, height), layout="none")
    plotting.save(figure, [str(tmp_path / "a.png")], pd.DataFrame())
    wide, high = struct.unpack(">II", (tmp_path / "a.png").read_bytes()[16:24])
    assert max(wide, high) <= 100 * 200
    assert wide * high <= 50e6


def test_a_frame_is_a_square_around_all_curves_and_most_latents():
    _, axes = plt.subplots()
    rng = np.random.default_rng(0)
    means = rng.normal(size=(1000, 2)) * [1, 1e-6]
    curves = np.array([[[0.0, 0.0], [9.0, 1.0]]])
    maps.frame(axes, means, curves)
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    assert right - left == pytest.approx(high - low) == maps.side(means, curves)
    assert left < np.quantile(means[:, 0], 0.01) and right > 9 and low < 0 and high > 1
    maps.frame(axes, means, curves, width=40)
    assert np.diff(axes.get_xlim()).item() == pytest.approx(40)
    assert sum(axes.get_xlim()) == pytest.approx(left + right)
    plt.close("all")


def test_names_of_curves_are_apart_where_curves_cross():
    t = np.linspace(-1, 1, 33)
    crossing = np.stack([np.stack([t, t], 1), np.stack([t, -t], 1), np.stack([t, 0 * t], 1)])
    places = maps.named_at(crossing)
    for place, curve in zip(places, crossing, strict=True):
        assert (np.abs(curve[8:25] - place) < 1e-12).all(1).any()
    apart = [np.linalg.norm(a - b) for a, b in combinations(places, 2)]
    assert min(apart) > 0.3


def test_whole_numbers_where_there_is_only_one():
    figure, axes = plt.subplots()
    axes.plot([3], [1], "o")
    plotting.whole_numbers(axes)
    figure.canvas.draw()
    assert [tick for tick in axes.get_xticks() if 2.5 <= tick <= 3.5] == [3]
    plt.close(figure)


def test_a_map_is_of_the_entropy_of_all_decoders_and_each_class_has_its_own_latents():
    figure, axes = plt.subplots()
    nodes = np.array([[0, 1, 2, 4], [0, 5, 6, 7]], dtype=float)
    entropy = np.add.outer(nodes[0], 10 * nodes[1])
    image = maps.entropy_map(axes, {"axes": nodes, "entropy": np.stack([0 * entropy, entropy])})
    corners = image.get_array()[[0, 0, -1, -1], [0, -1, 0, -1]]
    np.testing.assert_allclose(corners, [0, 4, 70, 74])  # a row of pixels is one height
    assert image.get_extent() == [0, 4, 0, 7] and image.origin == "lower"
    labels, means = np.array([2, 5, 5, 2, 7]), np.arange(10.0).reshape(5, 2)
    maps.scatter_latents(axes, means, labels)
    drawn = {part.get_label(): part.get_offsets() for part in axes.collections}
    assert set(drawn) == {f"class {label}" for label in labels}
    for label in labels:
        np.testing.assert_array_equal(drawn[f"class {label}"], means[labels == label])
    plt.close(figure)
