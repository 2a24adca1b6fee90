"""The same pairs' geodesics in every retrained model (figure 4)."""

import matplotlib.pyplot as plt
import numpy as np
from job import begin
from latentgeo.study import plotting
from latentgeo.study.experiments import requested
from latentgeo.study.records import read
from latentgeo.study.stored import load_grid, load_latents

begin(snakemake)
p = snakemake.params
vaes, seeds = p.experiments["variation"]["vaes"], p.seeds
table = read(snakemake.input.geodesics, requested(p.experiments.values()), points="number n t 2")
models = [(vae, seed) for vae in vaes for seed in seeds]

rows, columns = len(vaes), len(seeds)
figure, panels = plt.subplots(
    rows, columns, figsize=(max(2.1 * columns, 4), 2.3 * rows + 0.3), squeeze=False
)
for axes, (vae, seed), grid_file, latents_file in zip(
    panels.flat, models, snakemake.input.grids, snakemake.input.latents, strict=True
):
    latents = load_latents(latents_file)
    plotting.entropy_map(axes, load_grid(grid_file))
    plotting.scatter_latents(axes, latents["means"], latents["labels"], most=500)
    own = table[(table["vae"] == vae) & (table["seed"] == seed)]
    for number, points, converged in own[["pair", "points", "converged"]].itertuples(index=False):
        axes.annotate(f"$c_{{{number + 1}}}$", points[len(points) // 2], fontsize=7, color="white")
        plotting.draw_curves(axes, np.array([points]), [converged])
    plotting.frame(axes, latents["means"], np.stack(own["points"]))
    plotting.latent_axes(axes)
    axes.set_xlabel("")
    axes.set_ylabel("")
    axes.tick_params(labelsize=6)
    axes.set_title(f"{vae}, seed {seed}")
figure.supxlabel("latent dimension 1")
figure.supylabel("latent dimension 2")
handles = panels.flat[0].get_legend_handles_labels()
figure.legend(*handles, loc="outside upper center", ncols=len(handles[0]), markerscale=3)
plotting.save(figure, snakemake.output)
