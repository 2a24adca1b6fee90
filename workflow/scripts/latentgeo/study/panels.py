"""Panels of figures whose form depends on how much there is to show."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from . import plotting, shown  # before anything of matplotlib
from .plotting import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# ── starts ──────────────────────────────────────────────────────────────────────────────────────


def starts_shown(
    experiment: Mapping[str, Any],
) -> tuple[list[tuple[str, str]], list[int], list[str]]:
    """Curve families with solvers, each a row of panels, and pairs; and what is left out."""
    rows = sorted(product(experiment["starts"], experiment["solvers"]))
    rows, left_out = shown.first(rows, shown.MOST_TYPES, "curve families with each solver")
    most = shown.beside(rows, shown.MOST_PAIRS)
    pairs, left_out_pairs = shown.first(range(experiment["pairs"]), most, "pairs")
    return rows, pairs, [left_out, left_out_pairs]


def starts_grid(
    rows: list[tuple[str, str]], pairs: list[int], height: float, margin: float
) -> tuple[Figure, dict[tuple[str, str, int], Axes]]:
    """A figure with a panel for each curve family, solver and pair, so high in inches."""
    keys = [(*row, pair) for row in rows for pair in pairs]
    titles = [f"$c_{{{pair + 1}}}$ {curve}, {solver}" for curve, solver, pair in keys]
    titles = [plotting.wrapped(title, 1.9, 7) for title in titles]
    height += plotting.further_lines(titles, 7)
    figure, panels = plotting.grid(
        len(rows), len(pairs), 1.9 * len(pairs) + 0.5, height * len(rows) + margin
    )
    for axes, title in zip(panels.flat, titles, strict=True):
        axes.set_title(title, fontsize=7)
        axes.tick_params(labelsize=6)
    return figure, dict(zip(keys, panels.flat, strict=True))


# ── variation over retrained models ─────────────────────────────────────────────────────────────


def draw_energies(axes: Axes, energy: pd.DataFrame) -> None:
    """Mean and standard deviation of the energy of each pair, with their values."""
    curves = energy["pair"] + 1
    axes.errorbar(curves, energy["mean"], energy["std"], fmt="o", capsize=3, color="black")
    for x, row in zip(curves, energy.itertuples(), strict=True):
        lines = [f"{row.mean:.3g}"]
        if np.isfinite(row.std):
            lines.append(f"± {row.std:.3g}")
        if np.isfinite(row.cv):
            lines.append(f"CV {row.cv:.2f}")
        if row.not_converged:
            lines.append(f"{row.not_converged} not conv.")
        if row.not_lowest:
            lines.append(f"{row.not_lowest} not lowest")
        top = (x, row.mean + np.nan_to_num(row.std))
        style = {"textcoords": "offset points", "ha": "center", "fontsize": 6.5}
        axes.annotate("\n".join(lines), top, (0, 4), **style)
    axes.set_xticks(curves, [f"$c_{{{c}}}$" for c in curves])


def draw_variation_bars(axes: Axes, table: pd.DataFrame, measures: list[str]) -> None:
    """The CV of each measure of each pair, as bars."""
    width = 0.8 / len(measures)
    for k, measure in enumerate(measures):
        own = table[table["measure"] == measure]
        position = own["pair"] + 1 + (k - (len(measures) - 1) / 2) * width
        label = _with_mean(measure, own["cv"], " ")
        axes.bar(position, own["cv"], width, label=label, color=COLOURS[k])
    if table["cv"].isna().all():
        _say_that_nothing_varies(axes)
    else:
        axes.legend(fontsize=7, ncols=2, loc="upper center")
    if table["pair"].nunique() == 1 or table["cv"].isna().all():
        axes.set_xlim(table["pair"].min() + 0.5, table["pair"].max() + 1.5)


def draw_variation_boxes(axes: Axes, table: pd.DataFrame, measures: list[str]) -> None:
    """How the CVs of each measure are distributed over pairs."""
    each = [table.loc[table["measure"] == measure, "cv"].dropna() for measure in measures]
    boxes = axes.boxplot(
        each,
        whis=(5, 95),
        widths=0.6,
        showfliers=False,
        patch_artist=True,
        medianprops={"color": "black"},
        tick_labels=[_with_mean(m, cv, "\n") for m, cv in zip(measures, each, strict=True)],
    )
    for box, colour in zip(boxes["boxes"], COLOURS, strict=False):
        box.set_facecolor(colour)
    if table["cv"].isna().all():
        _say_that_nothing_varies(axes)


def _say_that_nothing_varies(axes: Axes) -> None:
    text = "no coefficient of variation:\nit takes two models"
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center")


def _with_mean(measure: str, cv: pd.Series, gap: str) -> str:
    return measure if cv.isna().all() else f"{measure}{gap}(mean {cv.mean():.2f})"


# ── training ────────────────────────────────────────────────────────────────────────────────────


def draw_training(axes: Axes, table: pd.DataFrame) -> None:
    """ELBO over epochs of each seed; with many seeds their common mean and range."""
    several = table["seed"].nunique() > shown.MOST_SEEDS
    groups = [("all", table)] if several else table.groupby("seed")
    for k, (seed, own) in enumerate(groups):
        elbo = own.groupby("epoch")["elbo"].agg(["mean", "min", "max"])
        colour, single = COLOURS[k], len(elbo) == 1
        style = {"color": colour, "lw": 1, "marker": "o" if single else None, "ms": 4}
        axes.plot(elbo.index, elbo["mean"], label=f"seed {seed}", **style)
        draw = axes.vlines if single else axes.fill_between
        shade = {"color": colour, "alpha": 0.25, "lw": 3 if single else 0}
        draw(elbo.index, elbo["min"], elbo["max"], **shade)
    axes.set_xlabel("epoch")
    plotting.whole_numbers(axes)


def spread(table: pd.DataFrame) -> str:
    """What the line and the area of `draw_training` are, where there is something to say."""
    numbers = {"seeds": table["seed"].nunique(), "decoders": table["decoder"].nunique()}
    if numbers["seeds"] <= shown.MOST_SEEDS:
        del numbers["seeds"]
    of = " × ".join(f"{number:,} {what}" for what, number in numbers.items() if number > 1)
    return f" (mean and range of {of})" if of else ""
