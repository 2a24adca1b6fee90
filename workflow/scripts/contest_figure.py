"""Of each start the share of pairs in which it ends lowest, and how high it begins."""

import numpy as np
from job import begin
from latentgeo.io.tables import read_table
from latentgeo.statistics.counts import COUNTS, note
from latentgeo.study import plotting, shown

begin(snakemake)
p = snakemake.params
numbers = ["n", "reached", "reached_low", "reached_high", "steps", "initial"]
table = read_table(snakemake.input.table, *numbers, *COUNTS)
groups = list(table.groupby(["vae", "metric", "curve", "solver"], sort=False))
groups, left_out = shown.first(groups, shown.MOST_LINES, "groups")
starts = list(dict.fromkeys(table["start"]))
height = 1.2 + 0.2 * (len(starts) + 1.5) * len(groups)
figure, [panels] = plotting.grid(1, 3, plotting.WIDTH, height, sharey=True)
reached, initial, steps = panels
ticks, names = [], []
for g, (key, own) in enumerate(groups):
    top = -g * (len(starts) + 1.5)
    for row in own.itertuples():
        y = top - starts.index(row.start)
        colour = plotting.HOT if row.start == "hot" else "black"
        style = {"fmt": "o", "color": colour, "mec": "black", "ms": 4, "capsize": 2}
        bar = np.array([[row.reached - row.reached_low], [row.reached_high - row.reached]])
        reached.errorbar(row.reached, y, xerr=bar.clip(0), **style)
        bar = np.nan_to_num([[row.initial - row.initial_low], [row.initial_high - row.initial]])
        initial.errorbar(row.initial, y, xerr=bar, **style)
        steps.plot(row.steps, y, "o", color=colour, mec="black", ms=4)
        ticks.append(y)
        names.append(row.start)
    missed = note(own)
    title = ", ".join(key) + (f" ({missed})" if missed else "")
    place = {"xycoords": ("axes fraction", "data"), "annotation_clip": False, "va": "center"}
    name = shown.shortened(title, 88)
    told = reached.annotate(name, (0, top + 0.95), fontsize=plotting.SMALL, weight="bold", **place)
    told.set_in_layout(False)  # it reaches into the next panel
reached.set_yticks(ticks, names)
reached.set_ylim(min(ticks) - 0.7, 1.6)
reached.set_xlim(-0.02, 1.02)
initial.set_xscale("log")
plotting.plain_logarithmic(initial.xaxis)
steps.set_xlim(left=0)
reached.set_xlabel("share of pairs within 0.1 % of\nthe lowest energy known")
initial.set_xlabel("energy at the start over\nthe lowest known (mean)")
steps.set_xlabel("steps (median)")
told = f"{table['n'].max()} pairs, seed {p.seed}, N = {p.segments} segments"
plotting.below(figure, "", told, "95 % intervals over pairs", left_out)
plotting.save(figure, snakemake.output, table)
