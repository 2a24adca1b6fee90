"""Energy over steps from cold and from hot starts (figure 6)."""

import numpy as np
from job import begin
from latentgeo.study import panels, plotting, shown
from latentgeo.study.experiments import requested
from latentgeo.study.records import read
from matplotlib.lines import Line2D

begin(snakemake)
p = snakemake.params
colours = {"cold": plotting.COLOURS[2], "hot": plotting.COLOURS[0]}
rows, pairs, left_out = panels.starts_shown(p.experiments["starts.hot"])
tables = {}
for kind in colours:
    requests = requested([p.experiments[f"starts.{kind}"]])
    chosen = shown.of_first_pairs(snakemake.input[kind], requests, len(pairs))
    table = read(*chosen, history="number n s")
    tables[kind] = table.set_index(["curve", "solver", "pair"])

figure, each = panels.starts_grid(rows, pairs, height=1.8, margin=0.6)
for key, axes in each.items():
    for kind, colour in colours.items():
        own = tables[kind].loc[key]
        steps = np.flatnonzero(~np.isnan(own["history"]))
        good = own["converged"]
        axes.plot(steps, own["history"][steps], color=colour, lw=1.2, ls="-" if good else ":")
        end = steps.max(initial=0)
        axes.plot(end, own["energy"], color=colour, marker="o" if good else "x")
    axes.locator_params(axis="both", nbins=4)
figure.supxlabel(plotting.with_notes("step", *left_out))
figure.supylabel("energy [nats]")
handles = [Line2D([], [], color=c) for c in colours.values()]
handles += [Line2D([], [], color="black", ls="", marker=m) for m in "ox"]
names = ["cold start", "hot start", "exact final energy, converged", "not converged"]
plotting.legend_above(figure, handles, names)
plotting.save(figure, snakemake.output)
