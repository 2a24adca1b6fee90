"""Geodesics of one model over the entropy of its decoders and the latents (figure 1)."""

import numpy as np
from job import begin
from latentgeo.statistics.counts import counted, note
from latentgeo.study import plotting, shown
from latentgeo.study.experiments import requested
from latentgeo.study.records import model_of, read
from latentgeo.study.stored import load_grid, load_latents

begin(snakemake)
p = snakemake.params
requests = requested(p.experiments.values(), vae=p.vae)
pairs, left_out = shown.first(range(requests[0].pairs), shown.MOST_GEODESICS, "geodesics")
chosen = shown.of_first_pairs(snakemake.input.geodesics, requests, len(pairs))
table = read(*chosen, points="number n t d")
model = model_of(table, p.vae, requests[0].series.seed)
latents = load_latents(snakemake.input.latents, model)

figure, [[axes]] = plotting.grid(1, 1, plotting.WIDTH, 0.8 * plotting.WIDTH)
plane, grid = plotting.Plane.of(latents["means"]), snakemake.input.get("grid")
image = plotting.entropy_map(axes, load_grid(grid, model) if grid else None)
means, points = plane(latents["means"]), plane(np.stack(table["points"]))
plotting.scatter_latents(axes, means, latents["labels"], p.classes)
plotting.draw_curves(axes, points, table["converged"])
plotting.frame(axes, means, points)
plotting.latent_axes(axes, plane)
missed = note(counted(table), " (dotted)")
decoders = requests[0].decoder_count
number = "one decoder" if decoders == 1 else f"{decoders} decoders"
what = left_out or ("1 geodesic" if len(table) == 1 else f"{len(table)} geodesics")
title = ", ".join(filter(None, [f"{p.vae} ({number}): {what}", missed]))
axes.set_title(plotting.wrapped(title, 0.75 * plotting.WIDTH, 10.8))
handles, labels = axes.get_legend_handles_labels()
if len(labels) <= 4:
    axes.legend(loc="upper right", markerscale=4, frameon=True)
else:
    plotting.legend_above(figure, handles, labels, markerscale=4)
if image:
    figure.colorbar(image, label="mean entropy of the output [nats per pixel]", shrink=0.8)
plotting.save(figure, snakemake.output)
