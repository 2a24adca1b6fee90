"""What figures show are the numbers of their files: curves, bands, marks, labels and styles."""

import numpy as np
import pandas as pd
from latentgeo.study.records import MEASURES
from matplotlib.collections import PolyCollection

LABEL = "$c_{{{}}}$"
STARTS = {"density": "line", "cold": "random", "hot": "hot"}
"""The start of what is drawn of part C, by what the legend calls it."""


def curves_of(axes, longer_than=2):
    """The lines that are curves, and not the marks of their ends."""
    return [line for line in axes.lines if len(line.get_xdata()) > longer_than]


def stored(folder):
    """Every geodesic that lies below a folder, by VAE type, seed, curve, start and pair."""
    found = {}
    for path in sorted(folder.glob("geodesics/**/*.npz")):
        arrays = dict(np.load(path))
        series = [arrays[name].item() for name in ("vae", "seed", "curve", "start")]
        for n, pair in enumerate(arrays["pair"].tolist()):
            one = {k: v[n] for k, v in arrays.items() if v.ndim}
            found[(*series, pair)] = one
    return found


def colours(figure):
    """The colour of each kind of start in a figure's legend."""
    [legend] = figure.legends
    return {
        kind: handle.get_color()
        for text, handle in zip(legend.texts, legend.legend_handles, strict=True)
        for kind in STARTS
        if kind in text.get_text().split()
    }


def panels_of_starts(figure, pairs):
    """Panels with the curve family and the pair that each is of."""
    keys = [(curve, pair) for curve in ("piecewise-linear", "polynomial") for pair in range(pairs)]
    return zip([axes for axes in figure.axes if axes.lines], keys, strict=True)


def test_a_band_of_proximity_is_the_mean_and_its_standard_error(drawn, tmp_path):
    figure, _ = drawn("proximity_figure", pairs=9)
    table = pd.read_csv(tmp_path / "proximity.csv")
    for n, (_, of_metric) in enumerate(table.groupby("metric")):
        upper, lower = figure.axes[n], figure.axes[n + 2]
        bands = [part for part in upper.collections if isinstance(part, PolyCollection)]
        lines, groups = curves_of(upper), list(of_metric.groupby("curve", sort=False))
        assert len(bands) == len(lines) == len(groups) == len(lower.containers)
        drawn_of = zip(bands, lines, lower.containers, groups, strict=True)
        for band, line, bars, (curve, own) in drawn_of:
            assert line.get_label().startswith(curve)
            np.testing.assert_allclose(line.get_ydata(), own["mean"])
            vertices = band.get_paths()[0].vertices
            for x, mean, error in zip(own["decoders"], own["mean"], own["std"] / 3, strict=True):
                y = vertices[vertices[:, 0] == x, 1]
                np.testing.assert_allclose([y.min(), y.max()], [mean - error, mean + error])
            middle, _, [ends] = bars
            np.testing.assert_allclose(middle.get_ydata().astype(float), own["difference"])
            heights = [segment[:, 1].astype(float) for segment in ends.get_segments()]
            np.testing.assert_allclose(heights, own[["low", "high"]].to_numpy())


def test_curves_are_labelled_by_their_pairs_in_every_model(drawn, tmp_path):
    figure, _ = drawn("models_figure", pairs=3)
    found = stored(tmp_path)
    panels = [axes for axes in figure.axes if axes.lines]
    models = [(vae, seed) for vae in ("single", "ensemble") for seed in (0, 1)]
    for axes, (vae, seed) in zip(panels, models, strict=True):
        assert axes.get_title() == f"{vae}, seed {seed}"
        places = {text.get_text(): np.array(text.xy) for text in axes.texts}
        assert set(places) == {LABEL.format(n) for n in (1, 2, 3)}
        for pair, line in enumerate(curves_of(axes)):
            points = found[vae, seed, "polynomial", "graph", pair]["points"]
            np.testing.assert_allclose(line.get_xydata(), points)
            assert (np.abs(points - places[LABEL.format(pair + 1)]) < 1e-9).all(1).any()


def test_geodesics_that_did_not_converge_are_dotted_and_no_others(drawn, tmp_path):
    figure, _ = drawn("geodesics_figure", pairs=7)
    found = stored(tmp_path)
    lines = curves_of(figure.axes[0])
    assert len(lines) == 7
    for pair, line in enumerate(lines):
        one = found["ensemble", 0, "polynomial", "graph", pair]
        np.testing.assert_allclose(line.get_xydata(), one["points"])
        assert line.get_linestyle() == ("-" if one["converged"] else ":")
    missed = sum(not one["converged"] for one in found.values())
    assert f"{missed} not converged" in figure.axes[0].get_title()


def test_energies_and_variation_are_those_of_the_table(drawn, tmp_path):
    figure, _ = drawn("cv_figure", pairs=4, seeds=9)
    table = pd.read_csv(tmp_path / "cv.csv")
    for vae, upper, lower in zip(
        ("single", "ensemble"), *np.reshape(figure.axes, (2, 2)), strict=True
    ):
        own = table[table["vae"] == vae].set_index(["measure", "pair"])
        energy = own.loc["energy"]
        marks = {
            (x, y): line.get_markerfacecolor()
            for line in upper.lines
            if line.get_marker() == "o"
            for x, y in line.get_xydata()
        }
        for pair, row in energy.iterrows():
            well = row["not_converged"] + row["not_lowest"] == 0
            assert marks[pair + 1, row["mean"]] == ("black" if well else "white")
        bars = [segment for part in upper.collections for segment in part.get_segments()]
        for bar, (mean, std) in zip(bars, energy[["mean", "std"]].to_numpy(), strict=True):
            np.testing.assert_allclose(bar[:, 1].astype(float), [mean - std, mean + std])
        assert len(lower.containers) == len(MEASURES)
        for measure, container in zip(MEASURES, lower.containers, strict=True):
            middle, _, [ends] = container
            np.testing.assert_allclose(middle.get_ydata().astype(float), own.loc[measure, "cv"])
            heights = [segment[:, 1].astype(float) for segment in ends.get_segments()]
            expected = own.loc[measure, ["cv_low", "cv_high"]].to_numpy()
            np.testing.assert_allclose(heights, expected.astype(float))


def test_a_run_ends_at_its_exact_energy_with_the_mark_of_its_verdict(drawn, tmp_path):
    figure, _ = drawn("starts_energy_figure", pairs=3)
    found = stored(tmp_path)
    for axes, (curve, pair) in panels_of_starts(figure, 3):
        histories = curves_of(axes, longer_than=1)
        ends = [line for line in axes.lines if len(line.get_xdata()) == 1]
        for kind, history, end in zip(("cold", "hot"), histories, ends, strict=True):
            assert history.get_color() == end.get_color() == colours(figure)[kind]
            one = found["ensemble", 0, curve, STARTS[kind], pair]
            np.testing.assert_allclose(history.get_ydata(), one["history"])
            assert end.get_ydata()[0] == one["energy"]
            assert end.get_xdata()[0] == len(one["history"]) - 1
            assert end.get_marker() == ("o" if one["converged"] else "x")
            assert history.get_linestyle() == ("-" if one["converged"] else ":")


def test_curves_of_each_start_have_the_colour_of_their_name(drawn, tmp_path):
    figure, _ = drawn("starts_curves_figure", pairs=3)
    found = stored(tmp_path)
    for axes, (curve, pair) in panels_of_starts(figure, 3):
        if axes.get_title():
            assert axes.get_title() == LABEL.format(pair + 1)
        if axes.get_ylabel():
            assert axes.get_ylabel().replace("\n", " ") == f"{curve}, newton"
        for kind, line in zip(STARTS, curves_of(axes), strict=True):
            one = found["ensemble", 0, curve, STARTS[kind], pair]
            np.testing.assert_allclose(line.get_xydata(), one["points"])
            assert line.get_color() == colours(figure)[kind]
            assert line.get_linestyle() == ("-" if one["converged"] else ":")


def test_training_curves_are_means_over_decoders_and_over_all(drawn, tmp_path):
    figure, _ = drawn("training_figure")
    for axes, vae in zip(figure.axes[:2], ("single", "ensemble"), strict=True):
        assert axes.get_title().split()[0] == vae
        *seeds, every = curves_of(axes)
        files = [tmp_path / f"history-{vae}-{seed}.csv" for seed in range(len(seeds))]
        tables = [pd.read_csv(path) for path in files]
        for line, table in zip(seeds, tables, strict=True):
            np.testing.assert_allclose(line.get_ydata(), table.groupby("epoch")["elbo"].mean())
        elbo = pd.concat(tables).groupby("epoch")["elbo"]
        np.testing.assert_allclose(every.get_ydata(), elbo.mean())
        [band] = axes.collections
        [path] = band.get_paths()
        for epoch, values in elbo:
            y = path.vertices[path.vertices[:, 0] == epoch, 1]
            np.testing.assert_allclose([y.min(), y.max()], [values.min(), values.max()])


def test_film_strips_are_the_images_of_their_curves_and_mark_what_did_not_converge(drawn, tmp_path):
    figure, _ = drawn("filmstrips_figure", pairs=3)
    panels = [axes for axes in figure.axes if axes.images]
    assert [axes.get_title() for axes in panels[:3]] == [LABEL.format(n) for n in (1, 2, 3)]
    decoded = dict(np.load(tmp_path / "decoded/ensemble/seed-0.npz"))
    for pair, axes in enumerate(panels[:3]):
        names = [text.get_text() for text in axes.get_yticklabels()]
        assert len(names) == 8
        rows = np.split(axes.images[0].get_array(), len(names))
        beside = [name.rstrip(" *") for name in names[2:]]
        assert (
            beside == [""] * 6
            if pair == 1
            else beside
            == [
                "ensemble: straight line",
                "σ over decoders",
                "ensemble: geodesic",
                "σ over decoders",
                "ensemble: geodesic, expected metric",
                "σ over decoders",
            ]
        )
        for metric, row in (("fisher-rao", 4), ("fisher-rao-within", 6)):
            [n] = np.flatnonzero(
                (decoded["metric"] == metric)
                & (decoded["curve"] == "polynomial")
                & (decoded["pair"] == pair)
            )
            strip = decoded["strip"][n].reshape(9, 6, 5)
            images = np.stack(np.split(rows[row][..., 0], 9, axis=1))
            np.testing.assert_allclose(images, strip)
            assert names[row].endswith("*") == (not decoded["converged"][n])
