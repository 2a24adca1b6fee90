"""Density geodesics, and Fisher-Rao geodesics from cold and from hot starts (figure 5)."""

import numpy as np
import pandas as pd
from job import begin
from latentgeo.study import maps, panels, plotting, shown
from latentgeo.study.experiments import requested
from latentgeo.study.records import read
from latentgeo.study.stored import load_grid, load_latents
from matplotlib.lines import Line2D

begin(snakemake)
p = snakemake.params
styles = {
    "density": {"color": plotting.DENSITY, "lw": 1.4, "zorder": 3},
    "cold": {"color": plotting.COLD, "lw": 3.2, "zorder": 4},
    "hot": {"color": plotting.HOT, "lw": 1.2, "zorder": 5},
}
experiment = p.experiments["starts.hot"]
rows, pairs, left_out = panels.starts_shown(experiment)
tables = {}
for kind in styles:
    requests = requested([p.experiments[f"starts.{kind}"]])
    chosen = shown.of_first_pairs(snakemake.input[kind], requests, len(pairs))
    table = read(*chosen, points="number n t d")
    tables[kind] = table.set_index(["curve", "solver", "pair"])
    [(of, model)] = table.attrs["models"].items()
latents = load_latents(snakemake.input.latents, model)
grid = snakemake.input.get("grid")
grid = load_grid(grid, model) if grid else None
plane = maps.Plane.of(latents["means"])

figure, each = panels.starts_grid(rows, pairs, height=1.2, margin=0.9)
for key, axes in each.items():
    maps.entropy_map(axes, grid)
    maps.scatter_latents(axes, plane(latents["means"]), latents["labels"], p.classes, most=3000)
    geodesics = {kind: table.loc[key] for kind, table in tables.items()}
    for kind, own in geodesics.items():
        points = plane(own["points"])
        maps.draw_curves(axes, points[None], [own["converged"]], **styles[kind])
    drawn = np.concatenate([plane(own["points"]) for own in geodesics.values()])
    row_label = axes.get_ylabel()
    maps.latent_axes(axes, plane)
    maps.frame(axes, drawn[:0], drawn, 1.3 * maps.side(drawn[:0], drawn))
    axes.set(xlabel="", ylabel=row_label)
    axes.locator_params(nbins=3)
told = panels.said_of_starts(experiment, len(points) - 1)
across = " and ".join(plane.names)
plotting.below(figure, f"{across} (horizontal, vertical)", *told, *left_out)
handles = [Line2D([], [], color=s["color"], lw=s["lw"]) for s in styles.values()]
handles.append(Line2D([], [], color="black", ls=":"))
names = ["density geodesic", "Fisher-Rao, cold start", "Fisher-Rao, hot start", "not converged"]
classes, class_names = axes.get_legend_handles_labels()
plotting.legend_above(figure, [*handles, *classes], [*names, *class_names], markerscale=3)
data = pd.concat(
    maps.table(table.reset_index(), {of: plane}).assign(kind=kind) for kind, table in tables.items()
)
plotting.save(figure, snakemake.output, data)
