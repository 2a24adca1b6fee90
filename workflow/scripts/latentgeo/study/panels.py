"""Panels of figures whose form depends on how much there is to show."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..statistics.counts import COUNTS
from . import plotting, shown  # before anything of matplotlib

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHORT = {"disagreement": "disagree-\nment", "published_length": "published\nlength"}
"""Names of measures in two lines."""
MUCH = 20
"""By how much the largest of positive numbers exceeds the smallest where an axis is logarithmic."""

# ── starts ──────────────────────────────────────────────────────────────────────────────────────


def starts_shown(
    experiment: Mapping[str, Any],
) -> tuple[list[tuple[str, str]], list[int], list[str]]:
    """Curve families with solvers, each a row of panels, and pairs; and what is left out."""
    rows = sorted(product(experiment["starts"], experiment["solvers"]))
    rows, left_out = shown.first(rows, shown.MOST_TYPES, "curve families with each solver")
    most = shown.beside(rows, shown.MOST_BESIDE)
    pairs, left_out_pairs = shown.first(range(experiment["pairs"]), most, "pairs")
    return rows, pairs, [left_out, left_out_pairs]


def starts_grid(
    rows: list[tuple[str, str]], pairs: list[int], height: float, margin: float
) -> tuple[Figure, dict[tuple[str, str, int], Axes]]:
    """A figure with a panel for each curve family, solver and pair, so high in inches."""
    width = plotting.WIDTH if len(pairs) > 2 else plotting.NARROW
    figure, panels = plotting.grid(len(rows), len(pairs), width, height * len(rows) + margin)
    for axes, pair in zip(panels[0], pairs, strict=True):
        axes.set_title(f"$c_{{{pair + 1}}}$")
    for own, (curve, solver) in zip(panels, rows, strict=True):
        name = plotting.wrapped(f"{curve}, {solver}", height, plotting.SMALL)
        own[0].set_ylabel(name, fontsize=plotting.SMALL)
    keys = [(*row, pair) for row in rows for pair in pairs]
    return figure, dict(zip(keys, panels.flat, strict=True))


def said_of_starts(experiment: Mapping[str, Any], segments: int) -> list[str]:
    """Of what metric, model and number of segments the panels of starts are."""
    [vae], [seed] = experiment["vaes"], experiment["seeds"]
    [decoders] = experiment["decoder_counts"][vae]
    what = "one decoder" if decoders == 1 else f"{decoders} decoders"
    model = f"{vae} ({what}), seed {seed}"
    return [shown.metric(experiment["metrics"][0], decoders), model, f"N = {segments} segments"]


def logarithmic_where_it_helps(axes: Axes) -> None:
    """A logarithmic vertical axis where what is drawn, all of it positive, spans much."""
    heights = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in axes.lines])
    if heights.min() > 0 and heights.max() > MUCH * heights.min():
        axes.set_yscale("log")
        plotting.plain_logarithmic(axes.yaxis)
        axes.locator_params(axis="x", nbins=4)
    else:
        axes.locator_params(axis="both", nbins=4)


# ── variation over retrained models ─────────────────────────────────────────────────────────────


def draw_energies(axes: Axes, energy: pd.DataFrame) -> None:
    """Mean and standard deviation of the energy of each pair; open where not all is well."""
    curves = energy["pair"] + 1
    well = (energy[COUNTS].sum(axis=1) == 0).to_numpy()
    low = energy["std"].clip(upper=0.95 * energy["mean"])
    style = {"fmt": "none", "ecolor": "0.45", "capsize": 2}
    axes.errorbar(curves, energy["mean"], [low, energy["std"]], **style)
    for chosen, face in ((well, "black"), (~well, "white")):
        marks = {"ls": "", "marker": "o", "mec": "black", "mfc": face, "ms": 4}
        axes.plot(curves[chosen], energy["mean"][chosen], **marks)
    logarithmic_where_it_helps(axes)
    axes.set_xlim(curves.min() - 0.6, curves.max() + 0.6)
    axes.set_xticks(curves, [f"$c_{{{c}}}$" for c in curves])


def draw_variation(axes: Axes, table: pd.DataFrame, measures: list[str], dots: bool) -> None:
    """The CV of each measure: of each pair with its interval, or how they lie over pairs."""
    each = [table[table["measure"] == measure] for measure in measures]
    if table["cv"].isna().all():
        _say_that_nothing_varies(axes)
    elif dots:
        for x, own in enumerate(each):
            _draw_intervals(axes, x, own)
    else:
        values = [own["cv"].dropna() for own in each]
        style = {"whis": (5, 95), "showfliers": False, "medianprops": {"color": "black"}}
        axes.boxplot(values, positions=range(len(each)), widths=0.6, **style)
    names = [SHORT.get(measure, measure) for measure in measures]
    means = [own["cv"].mean() for own in each]
    told = [
        f"{name}\n({mean:.2f})" if np.isfinite(mean) else name
        for name, mean in zip(names, means, strict=True)
    ]
    axes.set_xticks(range(len(each)), told)
    axes.set_xlim(-0.6, len(each) - 0.4)


def _draw_intervals(axes: Axes, x: int, own: pd.DataFrame) -> None:
    places = x + np.linspace(-0.3, 0.3, len(own)) * (len(own) > 1)
    ends = np.nan_to_num([own["cv"] - own["cv_low"], own["cv_high"] - own["cv"]])
    style = {"fmt": "o", "color": "black", "ecolor": "0.6", "ms": 2.5, "elinewidth": 1}
    axes.errorbar(places, own["cv"], ends, **style)
    if len(own) > 1:
        axes.hlines(own["cv"].mean(), x - 0.4, x + 0.4, color="black", lw=0.8, ls="--")


def _say_that_nothing_varies(axes: Axes) -> None:
    text = "no coefficient of variation:\nit takes two models"
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center")


# ── training ────────────────────────────────────────────────────────────────────────────────────


def draw_training(axes: Axes, table: pd.DataFrame) -> None:
    """ELBO over epochs of each seed, and of all; with many seeds their mean and range alone."""
    if 1 < table["seed"].nunique() <= shown.MOST_SEEDS:
        for _, own in table.groupby("seed"):
            elbo = own.groupby("epoch")["elbo"].mean()
            axes.plot(elbo.index, elbo, color="0.55", lw=0.7)
    elbo = table.groupby("epoch")["elbo"].agg(["mean", "min", "max"])
    single = len(elbo) == 1
    axes.plot(elbo.index, elbo["mean"], "k", lw=1.4, marker="o" if single else None, ms=4)
    draw = axes.vlines if single else axes.fill_between
    draw(elbo.index, elbo["min"], elbo["max"], color="0.8", lw=3 if single else 0, zorder=0)
    axes.set_xlabel("epoch")
    plotting.whole_numbers(axes)


def spread(table: pd.DataFrame) -> str:
    """What the line and the area of `draw_training` are of, where there is something to say."""
    numbers = {"seeds": table["seed"].nunique(), "decoders": table["decoder"].nunique()}
    of = " × ".join(f"{number:,} {what}" for what, number in numbers.items() if number > 1)
    return f" ({of})" if of else ""
