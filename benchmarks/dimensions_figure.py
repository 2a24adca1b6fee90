"""The figure of the contest in two and more dimensions."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

RUNS = [
    ("newton", "landmarks", "ours, landmarks"),
    ("newton", "line", "ours, line"),
    ("newton-escapes", "line", "ours, line, 4 escapes"),
    ("georce", "line", "GEORCE"),
    ("l-bfgs-b", "line", "L-BFGS-B"),
    ("adam", "line", "Adam, tuned"),
    ("stochman", "line", "stochman"),
]
KINDS = {
    ("single", "between"): ("one decoder", "#0072b2", "o"),
    ("ensemble", "within"): ("ten, expected metric", "#d55e00", "s"),
    ("ensemble", "between"): ("ten, the study's energy", "#009e73", "^"),
}


def draw(table: pd.DataFrame, folder: Path) -> None:
    """Write dimensions.png and .pdf: a row a likelihood, a column a number of dimensions."""
    dimensions = sorted(table.dimensions.unique())
    likelihoods = list(table.likelihood.unique())
    figure, panels = plt.subplots(
        len(likelihoods),
        len(dimensions),
        figsize=(3.7 * len(dimensions), 3.3 * len(likelihoods)),
        layout="constrained",
        squeeze=False,
        sharex="row",
        sharey=True,
    )
    for row, likelihood in zip(panels, likelihoods, strict=True):
        for axes, d in zip(row, dimensions, strict=True):
            own = table[(table.likelihood == likelihood) & (table.dimensions == d)]
            _panel(axes, own)
            axes.set_title(f"{likelihood}, d = {d}")
    for axes in panels[-1]:
        axes.set_xlabel("expected CPU seconds a curve\nto 0.1 % of the best known")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False)
    note = "text: share of curves that get there;  hollow: none did, all that was spent"
    figure.supxlabel(note, fontsize=8)
    for kind in ("png", "pdf"):
        figure.savefig(folder / f"dimensions.{kind}", dpi=150)
    plt.close(figure)


def _panel(axes: Axes, own: pd.DataFrame) -> None:
    for offset, ((vae, coupling), style) in zip((-0.25, 0, 0.25), KINDS.items(), strict=True):
        label, colour, marker = style
        part = own[(own.vae == vae) & (own.coupling == coupling)]
        for place, (contestant, start, _) in enumerate(RUNS):
            found = part[(part.contestant == contestant) & (part.start == start)]
            for one in found.itertuples():
                share, y = found["share_0.1pct"].iloc[0], place + offset
                face = "none" if one.lower_bound else colour
                shown = label if place == 0 else None
                style = {"color": colour, "mfc": face, "ms": 5, "label": shown, "ls": ""}
                axes.plot(one.cpu_expected, y, marker, **style)
                axes.annotate(
                    f"{share:.0%}",
                    (1.01, y),
                    xycoords=("axes fraction", "data"),
                    va="center",
                    fontsize=7,
                    color=colour,
                )
    axes.set_xscale("log")
    axes.set_yticks(range(len(RUNS)), [label for *_, label in RUNS])
    axes.set_ylim(len(RUNS) - 0.5, -0.5)
    axes.grid(axis="x", alpha=0.3)
    for row in range(1, len(RUNS)):
        axes.axhline(row - 0.5, color="0.85", lw=0.7)
