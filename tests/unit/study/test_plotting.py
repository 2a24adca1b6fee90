"""The look of figures: colours that differ for everyone, texts that fit, sizes that are bounded."""

from __future__ import annotations

import struct
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from latentgeo.study import plotting
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
    assert plotting.with_notes("step", "", "") == "step"
    assert plotting.with_notes("step", "a", "", "b") == "step\n(a; b)"
    assert plotting.with_notes("", "a") == "(a)"
    assert plotting.with_notes("") == ""


@pytest.mark.parametrize("width, height", [(150, 2), (2, 400), (60, 60), (150, 150)])
def test_no_figure_is_larger_than_can_be_looked_at(width, height, tmp_path):
    figure = plt.figure(figsize=(width, height), layout="none")
    plotting.save(figure, [str(tmp_path / "a.png")])
    wide, high = struct.unpack(">II", (tmp_path / "a.png").read_bytes()[16:24])
    assert max(wide, high) <= 100 * 200
    assert wide * high <= 50e6


def test_a_frame_is_never_a_sliver():
    _, axes = plt.subplots()
    rng = np.random.default_rng(0)
    means = rng.normal(size=(1000, 2)) * [1, 1e-6]
    plotting.frame(axes, means, means[None, :2])
    sides = [np.diff(axes.get_xlim()).item(), np.diff(axes.get_ylim()).item()]
    assert sides[1] > sides[0] / 5
    plotting.frame(axes, means[:, ::-1], means[None, :2, ::-1])
    assert np.diff(axes.get_xlim()).item() > np.diff(axes.get_ylim()).item() / 5
    plt.close("all")


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
    image = plotting.entropy_map(axes, {"axes": nodes, "entropy": np.stack([0 * entropy, entropy])})
    corners = image.get_array()[[0, 0, -1, -1], [0, -1, 0, -1]]
    np.testing.assert_allclose(corners, [0, 4, 70, 74])  # a row of pixels is one height
    assert image.get_extent() == [0, 4, 0, 7] and image.origin == "lower"
    labels, means = np.array([2, 5, 5, 2, 7]), np.arange(10.0).reshape(5, 2)
    plotting.scatter_latents(axes, means, labels)
    drawn = {part.get_label(): part.get_offsets() for part in axes.collections}
    assert set(drawn) == {f"class {label}" for label in labels}
    for label in labels:
        np.testing.assert_array_equal(drawn[f"class {label}"], means[labels == label])
    plt.close(figure)
