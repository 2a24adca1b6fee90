"""Density geodesics, and Fisher-Rao geodesics from cold and from hot starts (figure 5)."""

import numpy as np
from job import begin
from latentgeo.study import panels, plotting, shown
from latentgeo.study.experiments import requested
from latentgeo.study.records import read
from latentgeo.study.stored import load_grid, load_latents
from matplotlib.lines import Line2D

begin(snakemake)
p = snakemake.params
styles = {
    "density": {"color": plotting.COLOURS[6], "lw": 1.4, "zorder": 3},
    "cold": {"color": plotting.COLOURS[3], "lw": 2.6, "zorder": 4},
    "hot": {"color": plotting.COLOURS[5], "lw": 1.2, "zorder": 5},
}
rows, pairs, left_out = panels.starts_shown(p.experiments["starts.hot"])
tables = {}
for kind in styles:
    requests = requested([p.experiments[f"starts.{kind}"]])
    chosen = shown.of_first_pairs(snakemake.input[kind], requests, len(pairs))
    table = read(*chosen, points="number n t d")
    tables[kind] = table.set_index(["curve", "solver", "pair"])
    [model] = table.attrs["models"].values()
    latents = load_latents(snakemake.input.latents, model)
    grid = snakemake.input.get("grid")
    grid = load_grid(grid, model) if grid else None
plane = plotting.Plane.of(latents["means"])

figure, each = panels.starts_grid(rows, pairs, height=2.1, margin=0.4)
for key, axes in each.items():
    plotting.entropy_map(axes, grid)
    plotting.scatter_latents(axes, plane(latents["means"]), latents["labels"], p.classes, most=3000)
    geodesics = {kind: table.loc[key] for kind, table in tables.items()}
    for kind, own in geodesics.items():
        points = plane(own["points"])
        plotting.draw_curves(axes, points[None], [own["converged"]], **styles[kind])
    drawn = np.concatenate([plane(own["points"]) for own in geodesics.values()])
    centre = (drawn.max(0) + drawn.min(0)) / 2
    half = 0.65 * np.ptp(drawn, axis=0).max() or 0.5
    plotting.latent_axes(axes, plane)
    axes.set_xlim(centre[0] - half, centre[0] + half)
    axes.set_ylim(centre[1] - half, centre[1] + half)
    axes.set_xlabel("")
    axes.set_ylabel("")
figure.supxlabel(plotting.with_notes(plane.names[0], *left_out))
figure.supylabel(plane.names[1])
handles = [Line2D([], [], color=s["color"], lw=s["lw"]) for s in styles.values()]
handles.append(Line2D([], [], color="black", ls=":"))
names = ["density geodesic", "Fisher-Rao, cold start", "Fisher-Rao, hot start", "not converged"]
plotting.legend_above(figure, handles, names)
plotting.save(figure, snakemake.output)
