"""Energy over steps from cold and from hot starts (figure 6)."""

import matplotlib.pyplot as plt
import numpy as np
from job import begin
from latentgeo.study import plotting
from latentgeo.study.experiments import requested
from latentgeo.study.records import read

begin(snakemake)
p = snakemake.params
colours = {"cold": plotting.COLOURS[2], "hot": plotting.COLOURS[0]}
requests = {kind: requested([p.experiments[f"starts.{kind}"]]) for kind in colours}
tables = {
    kind: read(snakemake.input[kind], requests[kind], history="number n s") for kind in colours
}
pairs = p.experiments["starts.hot"]["pairs"]
rows = list(tables["hot"].groupby(["curve", "solver"]).groups)

figure, panels = plt.subplots(
    len(rows), pairs, figsize=(1.9 * pairs + 0.5, 1.8 * len(rows) + 0.6), squeeze=False
)
for (curve, solver), line in zip(rows, panels, strict=True):
    for pair, axes in enumerate(line):
        for kind, colour in colours.items():
            own = tables[kind].query("curve == @curve and solver == @solver and pair == @pair")
            history = own["history"].iloc[0]
            history = history[~np.isnan(history)]
            good = own["converged"].iloc[0]
            style = {"color": colour, "lw": 1.2, "ls": "-" if good else ":"}
            axes.plot(np.arange(len(history)), history, **style)
            axes.plot(
                len(history) - 1, own["energy"].iloc[0], color=colour, marker="o" if good else "x"
            )
        axes.locator_params(axis="both", nbins=4)
        axes.tick_params(labelsize=6)
        axes.set_title(f"$c_{{{pair + 1}}}$ {curve}, {solver}", fontsize=7)
figure.supxlabel("step")
figure.supylabel("energy [nats]")
handles = [plt.Line2D([], [], color=c) for c in colours.values()]
handles += [plt.Line2D([], [], color="black", ls="", marker=m) for m in "ox"]
names = ["cold start", "hot start", "exact final energy, converged", "not converged"]
figure.legend(handles, names, loc="outside upper center", ncols=4)
plotting.save(figure, snakemake.output)
