"""Energies and lengths against the number of segments: what has a limit, and what has none."""

import numpy as np
from job import begin
from latentgeo.io.tables import read_table
from latentgeo.study import plotting, shown
from matplotlib.ticker import NullLocator

begin(snakemake)
measures = ["energy", "travel", "length"]
table = read_table(snakemake.input.table, "segments", "pair", "decoders", *measures)
# an energy falls as 1 / N: its root times √(2N) is a length
for name in ("energy", "travel"):
    table[name] = np.sqrt(2 * table["segments"] * table[name].clip(lower=0))  # rounding
labels = {
    "energy": "√(2N · energy) [√nats]",
    "travel": "√(2N · travel) [√nats]",
    "length": "length [√nats]",
}
groups = list(table.groupby(["vae", "metric"], sort=False))
groups, left_out = shown.first(groups, shown.MOST_TYPES, "VAE types and metrics")
width = max(plotting.WIDTH, 2.4 * len(groups))
figure, panels = plotting.grid(len(measures), len(groups), width, 6.2, sharex=True, sharey="row")
for (key, own), column in zip(groups, panels.T, strict=True):
    column[0].set_title(plotting.wrapped(", ".join(key), width / len(groups), 9), fontsize=9)
    for k, (pair, curve) in enumerate(own.groupby("pair")):
        style = plotting.line_style(k)
        for axes, measure in zip(column, measures, strict=True):
            axes.plot(curve["segments"], curve[measure], ms=3.5, lw=1, label=pair + 1, **style)
            axes.set(xscale="log", yscale="log")
            missed = curve[~curve["converged"]]
            axes.plot(missed["segments"], missed[measure], "x", color="black", ms=7)
ticks = sorted(set(table["segments"]))
for axes, measure in zip(panels[:, 0], measures, strict=True):
    axes.set_ylabel(labels[measure])
    plotting.plain_logarithmic(axes.yaxis)
for axes in panels[-1]:
    axes.set_xticks(ticks, list(map(str, ticks)))
    axes.xaxis.set_minor_locator(NullLocator())
notes = [left_out, "crosses: not converged" if not table["converged"].all() else ""]
figure.supxlabel(plotting.with_notes("segments N; a line a pair", *notes))
plotting.save(figure, snakemake.output)
