"""Of each start the share of pairs in which it ends lowest, and how high it begins."""

import numpy as np
from job import begin
from latentgeo.io.tables import read_table
from latentgeo.statistics.counts import COUNTS, note
from latentgeo.study import plotting, shown

begin(snakemake)
numbers = ["n", "reached", "reached_low", "reached_high", "steps", "initial"]
table = read_table(snakemake.input.table, *numbers, *COUNTS)
groups = list(table.groupby(["vae", "metric", "curve", "solver"], sort=False))
groups, left_out = shown.first(groups, shown.MOST_LINES, "groups")
starts = list(dict.fromkeys(table["start"]))
height = 1.5 + 0.34 * (len(starts) + 1) * len(groups)
figure, [[reached, initial, steps]] = plotting.grid(
    1, 3, 1.35 * plotting.WIDTH, height, sharey=True
)
ticks, names = [], []
for g, (key, own) in enumerate(groups):
    for row in own.itertuples():
        y = -(g * (len(starts) + 1) + starts.index(row.start))
        colour = plotting.COLOURS[starts.index(row.start) % len(plotting.COLOURS)]
        bar = np.array([[row.reached - row.reached_low], [row.reached_high - row.reached]])
        reached.errorbar(row.reached, y, xerr=bar.clip(0), fmt="o", color=colour, capsize=3)
        initial.errorbar(
            row.initial,
            y,
            xerr=np.nan_to_num([[row.initial - row.initial_low], [row.initial_high - row.initial]]),
            fmt="o",
            color=colour,
            capsize=3,
        )
        steps.plot(row.steps, y, "o", color=colour)
        ticks.append(y)
        names.append(row.start)
    missed = note(own)
    title = ", ".join(key) + (f" ({missed})" if missed else "")
    reached.annotate(
        title,
        (0, -(g * (len(starts) + 1)) + 0.75),
        fontsize=8,
        annotation_clip=False,
        xycoords=("axes fraction", "data"),
        va="center",
    )
reached.set_yticks(ticks, names)
reached.set_ylim(min(ticks) - 0.7, 1.2)
reached.set_xlim(-0.02, 1.02)
initial.set_xscale("log")
plotting.plain_logarithmic(initial.xaxis)
steps.set_xlim(left=0)
reached.set_xlabel("share of pairs within 0.1 % of\nthe lowest energy known")
initial.set_xlabel("energy at the start over\nthe lowest known (mean)")
steps.set_xlabel("steps (median)")
n = table["n"].max()
figure.suptitle(f"{n} pairs; 95 % intervals over pairs", fontsize=10)
if left_out:
    figure.supxlabel(left_out)
plotting.save(figure, snakemake.output)
