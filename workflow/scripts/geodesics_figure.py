"""Geodesics of one model over the entropy of its decoders and the latents (figure 1)."""

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
requests = requested(p.experiments.values(), vae=p.vae)
table = read(snakemake.input.geodesics, requests, points="number n t 2")

figure, axes = plt.subplots(figsize=(plotting.WIDTH, 0.8 * plotting.WIDTH))
image = plotting.entropy_map(axes, grid)
plotting.scatter_latents(axes, latents["means"], latents["labels"])
points = np.stack(table["points"])
plotting.draw_curves(axes, points, table["converged"])
plotting.frame(axes, latents["means"], points)
plotting.latent_axes(axes)
missed = int((~table["converged"]).sum())
note = f", {missed} not converged (dotted)" if missed else ""
decoder_count = requests[0].decoder_count
count = "one decoder" if decoder_count == 1 else f"{decoder_count} decoders"
axes.set_title(f"{p.vae} ({count}): {len(table)} geodesics{note}")
axes.legend(loc="upper right", markerscale=4, frameon=True)
figure.colorbar(image, label="mean entropy of the output [nats per pixel]", shrink=0.8)
plotting.save(figure, snakemake.output)
