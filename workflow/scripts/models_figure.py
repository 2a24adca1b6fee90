"""The same pairs' geodesics in every retrained model (figure 4)."""

import numpy as np
from job import begin
from latentgeo.study import maps, plotting, shown
from latentgeo.study.experiments import requested
from latentgeo.study.records import model_of, read
from latentgeo.study.stored import load_grid, load_latents

begin(snakemake)
p = snakemake.params
models = [(vae, seed) for vae in p.vaes for seed in p.seeds]
everything = p.experiments["variation"]
pairs, left_out = shown.first(range(everything["pairs"]), shown.MOST_PAIRS, "pairs")
notes = [
    shown.first(everything["vaes"], len(p.vaes), "VAE types")[1],
    shown.first(everything["seeds"], len(p.seeds), "seeds")[1],
    left_out,
]
requests = [r for vae, seed in models for r in requested([everything], vae=vae, seed=seed)]
chosen = shown.of_first_pairs(snakemake.input.geodesics, requests, len(pairs))
table = read(*chosen, points="number n t d")
checksums = {of: model_of(table, *of) for of in models}
files = dict(zip(models, snakemake.input.latents, strict=True))
latents = {of: load_latents(files[of], checksums[of]) for of in models}
planes = {of: maps.Plane.of(own["means"]) for of, own in latents.items()}
grids = dict.fromkeys(models)
if snakemake.input.get("grids"):
    files = dict(zip(models, snakemake.input.grids, strict=True))
    grids = {of: load_grid(files[of], checksums[of]) for of in models}
own_rows = table.groupby(["vae", "seed"])
curves = {of: planes[of](np.stack(own_rows.get_group(of)["points"])) for of in models}
means = {of: planes[of](latents[of]["means"]) for of in models}

columns = min(len(p.seeds), plotting.COLUMNS)
rows = -(-len(p.seeds) // columns) * len(p.vaes)
width = plotting.WIDTH if columns > 2 else plotting.NARROW
each = min(width / columns, 2.4)
height = each + 0.25
figure, panels = plotting.grid(rows, columns, width, height * rows + 0.9)
# few latents are left out at the edges: curves are what is looked at
side = max(maps.side(means[of], curves[of], left_out=0.02) for of in models)
limits, image = maps.common_shades([*grids.values()]), None
for of, axes in plotting.by_rows(panels, p.vaes, p.seeds).items():
    image = maps.entropy_map(axes, grids[of], limits)
    maps.scatter_latents(axes, means[of], latents[of]["labels"], p.classes, most=500)
    own = own_rows.get_group(of)
    maps.draw_curves(axes, curves[of], own["converged"])
    maps.name_curves(axes, curves[of], [f"$c_{{{pair + 1}}}$" for pair in own["pair"]])
    maps.frame(axes, means[of], curves[of], side, left_out=0.02)
    maps.latent_axes(axes, planes[of])
    axes.set(xlabel="", ylabel="", title=f"seed {of[1]}")
    axes.locator_params(nbins=4)
    if of[1] == p.seeds[0]:
        axes.set_ylabel(plotting.wrapped(of[0], each, plotting.SMALL), fontsize=plotting.SMALL)
series = requests[0].series
decoders = max(max(own) for own in everything["decoder_counts"].values())
segments = f"N = {curves[models[0]].shape[1] - 1} segments"
dotted = "" if table["converged"].all() else "dotted: not converged"
told = shown.metric(series.metric, decoders), series.curve, segments, dotted
across = " and ".join(planes[models[0]].names)
plotting.below(figure, f"{across} (horizontal, vertical)", *told, *notes)
plotting.legend_above(figure, *panels.flat[0].get_legend_handles_labels(), markerscale=3)
if image:
    label = "mean entropy of the output [nats per pixel]"
    figure.colorbar(image, ax=figure.axes, label=label, orientation="horizontal", aspect=10 * width)
plotting.save(figure, snakemake.output, maps.table(table, planes))
