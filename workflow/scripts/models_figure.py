"""The same pairs' geodesics in every retrained model (figure 4)."""

import numpy as np
from job import begin
from latentgeo.study import plotting, shown
from latentgeo.study.experiments import requested
from latentgeo.study.records import model_of, read
from latentgeo.study.stored import load_grid, load_latents

begin(snakemake)
p = snakemake.params
vaes, seeds = p.vaes, p.seeds
models = [(vae, seed) for vae in vaes for seed in seeds]
everything = p.experiments["variation"]
pairs, left_out = shown.first(range(everything["pairs"]), shown.MOST_PAIRS, "pairs")
notes = [
    shown.first(everything["vaes"], len(vaes), "VAE types")[1],
    shown.first(everything["seeds"], len(seeds), "seeds")[1],
    left_out,
]
requests = [r for vae, seed in models for r in requested([everything], vae=vae, seed=seed)]
chosen = shown.of_first_pairs(snakemake.input.geodesics, requests, len(pairs))
table = read(*chosen, points="number n t d")

titles = {(vae, seed): plotting.wrapped(f"{vae}, seed {seed}", 2.1, 10.8) for vae, seed in models}
height = 2.3 + plotting.further_lines(titles.values(), 10.8)
figure, panels = plotting.grid(
    len(vaes), len(seeds), max(2.1 * len(seeds), 4), height * len(vaes) + 0.3
)
grids = snakemake.input.get("grids") or [None] * len(models)
for axes, (vae, seed), grid_file, latents_file in zip(
    panels.flat, models, grids, snakemake.input.latents, strict=True
):
    model = model_of(table, vae, seed)
    latents = load_latents(latents_file, model)
    plane = plotting.Plane.of(latents["means"])
    means = plane(latents["means"])
    plotting.entropy_map(axes, load_grid(grid_file, model) if grid_file else None)
    plotting.scatter_latents(axes, means, latents["labels"], p.classes, most=500)
    own = table[(table["vae"] == vae) & (table["seed"] == seed)]
    own = own.assign(points=[plane(points) for points in own["points"]])
    for number, points, converged in own[["pair", "points", "converged"]].itertuples(index=False):
        plotting.draw_curves(axes, np.array([points]), [converged])
        plotting.annotate_curve(axes, points, f"$c_{{{number + 1}}}$")
    plotting.frame(axes, means, np.stack(own["points"]))
    plotting.latent_axes(axes, plane)
    axes.set_xlabel("")
    axes.set_ylabel("")
    axes.tick_params(labelsize=6)
    axes.set_title(titles[vae, seed])
figure.supxlabel(plotting.with_notes(plane.names[0], *notes))
figure.supylabel(plane.names[1])
handles, labels = panels.flat[0].get_legend_handles_labels()
plotting.legend_above(figure, handles, labels, markerscale=3)
plotting.save(figure, snakemake.output)
