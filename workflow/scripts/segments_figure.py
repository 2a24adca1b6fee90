"""Energies and lengths against the number of segments: what has a limit, and what has none."""

import numpy as np
from job import begin
from latentgeo.io.tables import read_table
from latentgeo.study import plotting, shown
from matplotlib.ticker import NullLocator

LABELS = {
    "energy": "√(2N · energy) [√nats]",
    "travel": "√(2N · travel) [√nats]",
    "length": "length [√nats]",
}

begin(snakemake)
p = snakemake.params
table = read_table(snakemake.input.table, "segments", "pair", "decoders", "seed", *LABELS)
# an energy falls as 1 / N: its root times √(2N) is a length
for name in ("energy", "travel"):
    table[name] = np.sqrt(2 * table["segments"] * table[name].clip(lower=0))  # rounding
groups = list(table.groupby(["vae", "metric", "decoders"], sort=False))
groups, left_out = shown.first(groups, shown.MOST_TYPES, "VAE types and metrics")
columns = min(len(groups), 4)
blocks = -(-len(groups) // columns)
width = plotting.NARROW if columns == 1 else plotting.WIDTH
figure, panels = plotting.grid(3 * blocks, columns, width, 5.2 * blocks + 0.7, sharex=True)
each = [
    panels[3 * block : 3 * block + 3, column]
    for block in range(blocks)
    for column in range(columns)
]
for unused in each[len(groups) :]:
    for axes in unused:
        axes.remove()
each = each[: len(groups)]
ticks = sorted(set(table["segments"]))
for n, ((vae, metric, decoders), own) in enumerate(groups):
    name = f"{vae}: {shown.metric(metric, decoders)}"
    each[n][0].set_title(plotting.wrapped(name, width / columns - 0.7, plotting.SIZE))
    for k, (pair, curve) in enumerate(own.groupby("pair")):
        style = plotting.line_style(k) | {"ms": 3, "lw": 1, "label": f"$c_{{{pair + 1}}}$"}
        for axes, measure in zip(each[n], LABELS, strict=True):
            axes.plot(curve["segments"], curve[measure], **style)
            axes.set(xscale="log", yscale="log")
            missed = curve[~curve["converged"]]
            axes.plot(missed["segments"], missed[measure], "x", color="black", ms=7)
    each[n][-1].set_xticks(ticks, list(map(str, ticks)))
    each[n][-1].tick_params(labelbottom=True)
    each[n][-1].xaxis.set_minor_locator(NullLocator())
    if n % columns == 0:
        for axes, label in zip(each[n], LABELS.values(), strict=True):
            axes.set_ylabel(label)
for row in zip(*each, strict=True):
    plotting.same_heights(row)
crosses = "" if table["converged"].all() else "crosses: not converged"
told = p.curve, f"seed {table['seed'].iloc[0]}", "level lines: what has a limit"
plotting.below(figure, "segments N", *told, crosses, left_out)
handles, labels = each[0][0].get_legend_handles_labels()
handles, _ = shown.first(handles, shown.MOST_PAIRS, "pairs")
plotting.legend_above(figure, handles, labels[: len(handles)])
plotting.save(figure, snakemake.output, table)
