"""Every claim with its effect, interval and verdict."""

import numpy as np
import pandas as pd
from job import begin
from latentgeo.statistics.claims import FAILS, HOLDS, UNDECIDED
from latentgeo.study import plotting, shown
from matplotlib.lines import Line2D

STYLES = {HOLDS: ("#009E73", "o"), FAILS: ("#D55E00", "s"), UNDECIDED: ("#777777", "D")}

begin(snakemake)
table = pd.read_csv(snakemake.input.table)
rows, left_out = shown.first(list(table.itertuples()), 60, "cases")
ratios = [row.rule.startswith("ratio") for row in rows]
titles = {row.claim: None for row in rows}
height = 0.9 + 0.2 * (len(rows) + 1.6 * len(titles))
figure, [panels] = plotting.grid(
    1, 2, 1.5 * plotting.WIDTH, height, sharey=True, width_ratios=[3, 1]
)
y, ticks, names, told = 0.0, [], [], set()
for row, is_ratio in zip(rows, ratios, strict=True):
    if row.claim not in told:
        told.add(row.claim)
        y -= 1.6
        place = {"xycoords": ("axes fraction", "data"), "annotation_clip": False, "va": "center"}
        panels[0].annotate(row.claim, (0.0, y + 0.1), weight="bold", fontsize=8, **place)
        y -= 0.2
    y -= 1
    colour, marker = STYLES[row.verdict]
    axes = panels[0 if is_ratio else 1]
    ends = np.nan_to_num([[row.effect - row.low], [row.high - row.effect]])
    axes.errorbar(row.effect, y, xerr=ends, fmt=marker, color=colour, capsize=2, ms=4)
    if np.isnan(row.effect):
        where = {"xycoords": ("axes fraction", "data"), "annotation_clip": False}
        axes.annotate("too few models", (0.02, y), fontsize=6, color="0.4", va="center", **where)
    ticks.append(y)
    names.append(shown.shortened(row.case, 80))
panels[0].set_yticks(ticks, names, fontsize=6.5)
panels[0].set_ylim(y - 1, 0)
panels[0].set_xscale("log")
plotting.plain_logarithmic(panels[0].xaxis)
panels[0].axvline(1, color="black", lw=0.8)
panels[1].axvline(0, color="black", lw=0.8)
panels[0].set_xlabel("ratio")
panels[1].set_xlabel("difference")
handles = [Line2D([], [], color=c, marker=m, ls="") for c, m in STYLES.values()]
plotting.legend_above(figure, handles, list(STYLES))
if left_out:
    figure.supxlabel(left_out)
plotting.save(figure, snakemake.output)
