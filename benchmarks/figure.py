"""The one figure of the benchmark, drawn from its tables."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter, ScalarFormatter

COLD = ["line", "random"]
RUNS = [
    ("newton", ["graph"], "ours, graph start"),
    ("newton", ["line"], "ours, line start"),
    ("newton", ["random"], "ours, random start"),
    ("newton-escapes", ["graph"], "ours, graph, 4 escapes"),
    ("newton-escapes", COLD, "ours, line, 4 escapes"),
    ("l-bfgs-b", COLD, "L-BFGS-B"),
    ("adam", COLD, "Adam, tuned"),
    ("stochman", COLD, "stochman"),
    ("study", COLD, "the study's recipe"),
]
COLOURS = {"polynomial": "#0072b2", "piecewise-linear": "#d55e00", "cubic-spline": "#009e73"}
VAES = {"single": "one decoder", "ensemble": "ensemble of 10 decoders"}


def draw(results: Path) -> None:
    """Write contest.png and contest.pdf beside the tables; parts without a table are left out."""
    figure, axes = plt.subplot_mosaic(
        [
            ["single"] * 3 + ["ensemble"] * 3,
            ["restarts-single"] * 3 + ["restarts-ensemble"] * 3,
            ["decoders"] * 2 + ["pairs"] * 2 + ["segments"] * 2,
        ],
        figsize=(11, 10.5),
        height_ratios=[1.9, 0.85, 1],
        layout="constrained",
    )
    if (results / "curves.csv").exists():
        curves = pd.read_csv(results / "curves.csv")
        for vae, title in VAES.items():
            _contest(axes[vae], curves[curves.vae == vae], title)
        axes["ensemble"].set_yticklabels([])
        small = {"frameon": False, "fontsize": 9, "columnspacing": 1}
        axes["single"].legend(loc="lower left", bbox_to_anchor=(-0.05, 1.06), ncols=3, **small)
        note = "bar: median of those that reached it, pale if at most half did;  ▷ none: at least"
        axes["ensemble"].annotate(note, (1, 1.1), xycoords="axes fraction", ha="right", fontsize=8)
    if (results / "restarts.csv").exists():
        table = pd.read_csv(results / "restarts.csv")
        table = table[table.goal == "geodesic"]
        for vae in VAES:
            _restarts(axes[f"restarts-{vae}"], table[table.vae == vae])
        axes["restarts-ensemble"].set_yticklabels([])
    if (results / "scaling.csv").exists():
        table = pd.read_csv(results / "scaling.csv")
        for axis in ("decoders", "pairs", "segments"):
            _scaling(axes[axis], table[table.axis == axis], axis)
        axes["decoders"].set_ylabel("CPU seconds, all curves")
    for suffix in ("png", "pdf"):
        figure.savefig(results / f"contest.{suffix}", dpi=150)
    plt.close(figure)


def _contest(ax: Axes, curves: pd.DataFrame, title: str) -> None:
    """Every curve's CPU to 0.1 % as a dot, medians as bars, the share that got there as text.

    Bars are pale where at most half of the curves got there; a triangle is what a contestant
    spent a curve when none did.
    """
    if curves.empty:
        ax.set_axis_off()
        return
    column = "cpu_0.1pct"
    for row, (contestant, starts, _) in enumerate(RUNS):
        run = curves[(curves.contestant == contestant) & curves.start.isin(starts)]
        for offset, (family, colour) in zip((-0.25, 0, 0.25), COLOURS.items(), strict=True):
            group, y = run[run.family == family], row + offset
            reached = group[column].dropna()
            label = family if row == 0 else None
            ax.scatter(reached, [y] * len(reached), s=9, color=colour, alpha=0.35, lw=0)
            if len(reached):
                solid = 1 if 2 * len(reached) > len(group) else 0.35
                style = {"s": 130, "marker": "|", "lw": 2.2, "color": colour, "alpha": solid}
                ax.scatter(reached.median(), y, label=label, **style)
            elif len(group):
                ax.scatter(group.cpu_total.mean(), y, s=30, marker=">", color=colour, fc="none")
            ax.annotate(
                f"{len(reached)}/{len(group)}",
                (1.01, y),
                xycoords=("axes fraction", "data"),
                va="center",
                fontsize=7.5,
                color=colour,
            )
    ax.set(
        xscale="log",
        title=title,
        xlabel="CPU seconds a curve to within 0.1 % of the best geodesic",
    )
    ax.set_yticks(range(len(RUNS)), [label for *_, label in RUNS])
    ax.set_ylim(len(RUNS) - 0.5, -0.5)
    ax.grid(axis="x", alpha=0.3)
    for row in range(1, len(RUNS)):
        ax.axhline(row - 0.5, color="0.85", lw=0.7)
    ax.annotate("reached", (1.01, 1.005), xycoords="axes fraction", fontsize=7.5, va="bottom")


RESTARTED = {
    "newton": "ours",
    "l-bfgs-b": "L-BFGS-B",
    "adam": "Adam, tuned",
    "stochman": "stochman",
}


def _restarts(ax: Axes, table: pd.DataFrame) -> None:
    """Expected CPU of a curve with restarts: the mean, and a line from model to model."""
    for row, contestant in enumerate(RESTARTED):
        for offset, (family, colour) in zip((-0.25, 0, 0.25), COLOURS.items(), strict=True):
            own = table[(table.contestant == contestant) & (table.family == family)]
            for one in own.itertuples():
                y = row + offset
                ends = [one.cpu_expected_lowest, one.cpu_expected_highest]
                ax.plot(ends, [y, y], color=colour, lw=1.5, alpha=0.5)
                marker = ">" if one.lower_bounds else "o"
                ax.plot(one.cpu_expected, y, marker, color=colour, ms=5)
                if contestant != "newton":
                    ax.annotate(
                        f"{one.ratio:.0f}×",
                        (1.01, y),
                        xycoords=("axes fraction", "data"),
                        va="center",
                        fontsize=7.5,
                        color=colour,
                    )
    title = "expected CPU seconds until there, restarts included;  ▷ at least"
    ax.set(xscale="log", xlabel=title)
    ax.set_yticks(range(len(RESTARTED)), RESTARTED.values())
    ax.set_ylim(len(RESTARTED) - 0.5, -0.5)
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.grid(axis="x", alpha=0.3)
    for row in range(1, len(RESTARTED)):
        ax.axhline(row - 0.5, color="0.85", lw=0.7)
    ax.annotate("of ours", (1.01, 1.02), xycoords="axes fraction", fontsize=7.5, va="bottom")


def _scaling(ax: Axes, table: pd.DataFrame, axis: str) -> None:
    slope, per_step = table.slope_cpu.iloc[0], table.slope_cpu_per_step.iloc[0]
    ax.loglog(table["size"], table.cpu, "o-", color="#0072b2", label=f"solve: slope {slope:.2f}")
    ax.loglog(
        table["size"],
        table.cpu_per_step,
        "s--",
        color="#56b4e9",
        label=f"per Newton step: slope {per_step:.2f}",
    )
    ax.set(xlabel={"decoders": "decoders M", "pairs": "pairs", "segments": "segments N"}[axis])
    ax.set_xticks(table["size"])
    ax.xaxis.set_major_formatter(ScalarFormatter())
    ax.tick_params(axis="x", labelsize="small")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.margins(y=0.2)
    ax.grid(alpha=0.3)
    ax.legend(frameon=False, fontsize=8, loc="upper left")
