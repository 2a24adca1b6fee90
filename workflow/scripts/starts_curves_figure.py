"""Density geodesics, and Fisher-Rao geodesics from cold and from hot starts (figure 5)."""

import matplotlib.pyplot as plt
import numpy as np
from job import begin
from latentgeo.study import plotting
from latentgeo.study.experiments import requested
from latentgeo.study.records import read
from latentgeo.study.stored import load_grid, load_latents

begin(snakemake)
p = snakemake.params
grid = load_grid(snakemake.input.grid)
latents = load_latents(snakemake.input.latents)
styles = {
    "density": {"color": plotting.COLOURS[6], "lw": 1.4, "zorder": 3},
    "cold": {"color": plotting.COLOURS[3], "lw": 2.6, "zorder": 4},
    "hot": {"color": plotting.COLOURS[5], "lw": 1.2, "zorder": 5},
}
requests = {kind: requested([p.experiments[f"starts.{kind}"]]) for kind in styles}
tables = {
    kind: read(snakemake.input[kind], requests[kind], points="number n t 2") for kind in styles
}
pairs = p.experiments["starts.hot"]["pairs"]
rows = list(tables["hot"].groupby(["curve", "solver"]).groups)

figure, panels = plt.subplots(
    len(rows), pairs, figsize=(1.9 * pairs + 0.5, 2.1 * len(rows) + 0.4), squeeze=False
)
for (curve, solver), line in zip(rows, panels, strict=True):
    for pair, axes in enumerate(line):
        plotting.entropy_map(axes, grid)
        plotting.scatter_latents(axes, latents["means"], latents["labels"], most=3000)
        drawn = []
        for kind, style in styles.items():
            own = tables[kind].query("curve == @curve and solver == @solver and pair == @pair")
            points = np.stack(own["points"])
            drawn.append(points[0])
            plotting.draw_curves(axes, points, own["converged"], **style)
        drawn = np.concatenate(drawn)
        centre = (drawn.max(0) + drawn.min(0)) / 2
        half = 0.65 * np.ptp(drawn, axis=0).max()
        plotting.latent_axes(axes)
        axes.set_xlim(centre[0] - half, centre[0] + half)
        axes.set_ylim(centre[1] - half, centre[1] + half)
        axes.set_xlabel("")
        axes.set_ylabel("")
        axes.set_title(f"$c_{{{pair + 1}}}$ {curve}, {solver}", fontsize=7)
        axes.tick_params(labelsize=6)
figure.supxlabel("latent dimension 1")
figure.supylabel("latent dimension 2")
handles = [plt.Line2D([], [], color=s["color"], lw=s["lw"]) for s in styles.values()]
names = ["density geodesic", "Fisher-Rao, cold start", "Fisher-Rao, hot start"]
handles.append(plt.Line2D([], [], color="black", ls=":"))
figure.legend(handles, [*names, "not converged"], loc="outside upper center", ncols=4)
plotting.save(figure, snakemake.output)
