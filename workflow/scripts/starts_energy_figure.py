"""Energy over steps from cold and from hot starts (figure 6)."""

import numpy as np
import pandas as pd
from job import begin
from latentgeo.study import panels, plotting, shown
from latentgeo.study.experiments import requested
from latentgeo.study.records import read
from matplotlib.lines import Line2D

begin(snakemake)
p = snakemake.params
styles = {
    "cold": {"color": plotting.COLD, "lw": 2.4},
    "hot": {"color": plotting.HOT, "lw": 1.2},
}
experiment = p.experiments["starts.hot"]
rows, pairs, left_out = panels.starts_shown(experiment)
tables = {}
for kind in styles:
    requests = requested([p.experiments[f"starts.{kind}"]])
    chosen = shown.of_first_pairs(snakemake.input[kind], requests, len(pairs))
    table = read(*chosen, history="number n s")
    tables[kind] = table.set_index(["curve", "solver", "pair"])

figure, each = panels.starts_grid(rows, pairs, height=1.2, margin=0.9)
drawn = []
for key, axes in each.items():
    for kind, style in styles.items():
        own = tables[kind].loc[key]
        steps = np.flatnonzero(~np.isnan(own["history"]))
        good, energies = own["converged"], own["history"][steps]
        axes.plot(steps, energies, ls="-" if good else ":", **style)
        mark = {"marker": "o" if good else "x", "ms": 4 if kind == "hot" else 6}
        axes.plot(steps.max(initial=0), own["energy"], color=style["color"], **mark)
        told = dict(zip(["curve", "solver", "pair"], key, strict=True)) | {"start": kind}
        told |= {"converged": good, "final_energy": own["energy"]}
        drawn.append(pd.DataFrame(told | {"step": steps, "energy": energies}))
    panels.logarithmic_where_it_helps(axes)
told = panels.said_of_starts(experiment, p.segments)
plotting.below(figure, "step", *told, *left_out)
figure.supylabel("energy [nats]", fontsize=plotting.SMALL)
handles = [Line2D([], [], **style) for style in styles.values()]
handles += [Line2D([], [], color="black", ls="", marker=m) for m in "ox"]
names = ["cold start", "hot start", "exact final energy, converged", "not converged (and dotted)"]
plotting.legend_above(figure, handles, names)
plotting.save(figure, snakemake.output, pd.concat(drawn))
