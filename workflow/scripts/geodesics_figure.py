"""Geodesics of one model over the entropy of its decoders and the latents (figure 1)."""

import numpy as np
from job import begin
from latentgeo.statistics.counts import counted, note
from latentgeo.study import maps, plotting, shown
from latentgeo.study.experiments import requested
from latentgeo.study.records import model_of, read
from latentgeo.study.stored import load_grid, load_latents

begin(snakemake)
p = snakemake.params
requests = requested(p.experiments.values(), vae=p.vae)
series, decoders = requests[0].series, requests[0].decoder_count
pairs, left_out = shown.first(range(requests[0].pairs), shown.MOST_GEODESICS, "geodesics")
chosen = shown.of_first_pairs(snakemake.input.geodesics, requests, len(pairs))
table = read(*chosen, points="number n t d")
model = model_of(table, p.vae, series.seed)
latents = load_latents(snakemake.input.latents, model)

figure, [[axes]] = plotting.grid(1, 1, plotting.WIDTH, 0.85 * plotting.WIDTH)
plane, grid = maps.Plane.of(latents["means"]), snakemake.input.get("grid")
image = maps.entropy_map(axes, load_grid(grid, model) if grid else None)
means, points = plane(latents["means"]), plane(np.stack(table["points"]))
maps.scatter_latents(axes, means, latents["labels"], p.classes)
maps.draw_curves(axes, points, table["converged"])
maps.frame(axes, means, points)
maps.latent_axes(axes, plane)
missed = note(counted(table), " (dotted)")
number = "one decoder" if decoders == 1 else f"{decoders} decoders"
what = left_out or ("1 geodesic" if len(table) == 1 else f"{len(table)} geodesics")
title = ", ".join(filter(None, [f"{p.vae} ({number}): {what}", missed]))
axes.set_title(plotting.wrapped(title, 0.75 * plotting.WIDTH, plotting.SIZE))
segments = f"N = {points.shape[1] - 1} segments"
told = shown.metric(series.metric, decoders), series.curve, segments, f"seed {series.seed}"
plotting.below(figure, "", *told)
plotting.legend_above(figure, *axes.get_legend_handles_labels(), markerscale=4)
if image:
    figure.colorbar(image, label="mean entropy of the output [nats per pixel]", shrink=0.8)
plotting.save(figure, snakemake.output, maps.table(table, {(p.vae, series.seed): plane}))
