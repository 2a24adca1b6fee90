"""Every claim with its effect, interval and verdict."""

import numpy as np
import pandas as pd
from job import begin
from latentgeo.statistics.claims import FAILS, HOLDS, UNDECIDED
from latentgeo.study import plotting, shown
from matplotlib.lines import Line2D

STYLES = {
    HOLDS: {"marker": "o", "color": "black", "mfc": "black"},
    FAILS: {"marker": "s", "color": "black", "mfc": "white"},
    UNDECIDED: {"marker": "D", "color": "0.55", "mfc": "0.85"},
}
LINE = 0.145
"""Inches that a line of text takes."""
LABELS = 2.9
"""Inches of the figure's width that cases take."""

begin(snakemake)
table = pd.read_csv(snakemake.input.table)
rows, left_out = shown.first(list(table.itertuples()), 60, "cases")
cases = [plotting.wrapped(shown.shortened(row.case, 110), LABELS, plotting.SMALL) for row in rows]
y, ticks, claims = 0.0, [], {}
for row, case in zip(rows, cases, strict=True):
    if row.claim not in claims:
        claims[row.claim] = y - 1.2
        y -= 2.2
    lines = 1 + case.count("\n")
    ticks.append(y - lines / 2)
    y -= lines + 0.15
figure, [panels] = plotting.grid(
    1, 2, plotting.WIDTH, LINE * -y + 0.9, sharey=True, width_ratios=[2, 1]
)
for claim, place in claims.items():
    where = {"xycoords": ("axes fraction", "data"), "annotation_clip": False, "va": "center"}
    panels[0].annotate(claim, (0.0, place), weight="bold", **where)
for row, place in zip(rows, ticks, strict=True):
    axes = panels[0 if row.rule.startswith("ratio") else 1]
    ends = np.nan_to_num([[row.effect - row.low], [row.high - row.effect]])
    axes.errorbar(row.effect, place, xerr=ends, capsize=2, ms=4, ls="", **STYLES[row.verdict])
    if np.isnan(row.effect):
        where = {"xycoords": ("axes fraction", "data"), "annotation_clip": False, "va": "center"}
        axes.annotate(
            "too few models", (0.02, place), fontsize=plotting.SMALL, color="0.4", **where
        )
panels[0].set_yticks(ticks, cases)
panels[0].set_ylim(y - 0.5, 0)
panels[0].set_xscale("log")
plotting.plain_logarithmic(panels[0].xaxis)
panels[0].axvline(1, color="black", lw=0.8)
panels[1].axvline(0, color="black", lw=0.8)
panels[1].patch.set_visible(False)  # claims reach into it
panels[0].set_xlabel("ratio")
panels[1].set_xlabel("difference")
handles = [Line2D([], [], ls="", **style) for style in STYLES.values()]
plotting.legend_above(figure, handles, list(STYLES))
plotting.below(figure, "", "effects with 95 % intervals", left_out)
plotting.save(figure, snakemake.output, table)
