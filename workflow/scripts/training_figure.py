"""Held-out ELBO over epochs, every model."""

import pandas as pd
from job import begin
from latentgeo.io.tables import read_table
from latentgeo.study import panels, plotting, shown

begin(snakemake)
models = snakemake.params.models
vaes, left_out = shown.first(dict.fromkeys(m["vae"] for m in models), shown.MOST_TYPES, "VAE types")
table = pd.concat(
    read_table(path, "epoch", "decoder", "elbo").assign(**model)
    for path, model in zip(snakemake.input.histories, models, strict=True)
    if model["vae"] in vaes
)
tables = {vae: table[table["vae"] == vae] for vae in vaes}
titles = [plotting.wrapped(f"{vae}{panels.spread(own)}", 3.5, 9) for vae, own in tables.items()]

# ELBOs of different likelihoods are of different densities
alike = len({model["likelihood"] for model in models}) == 1
columns = min(len(vaes), 4)
rows = -(-len(vaes) // columns)
height = 3.2 + plotting.further_lines(titles, 9)
figure, grid = plotting.grid(rows, columns, max(3.5 * columns, 4), height * rows, sharey=alike)
for axes, title, own in zip(plotting.filled(grid, len(vaes)), titles, tables.values(), strict=True):
    panels.draw_training(axes, own)
    axes.set_title(title, fontsize=9)
last = table.groupby(["vae", "epoch"])["elbo"].mean()
final = last.groupby("vae").last()
for axes, vae in zip(grid.flat, vaes, strict=False):
    some = vaes if alike else [vae]
    # the first epochs, far below, would flatten the rest
    highest = table.loc[table["vae"].isin(some), "elbo"].max()
    axes.set_ylim(final[some].min() - 120, highest + 10)
for axes in grid[:, 0]:
    axes.set_ylabel("held-out ELBO [nats]")
if table["seed"].nunique() <= shown.MOST_SEEDS:
    grid.flat[len(vaes) - 1].legend(ncols=2)
if left_out:
    figure.supxlabel(f"({left_out})")
plotting.save(figure, snakemake.output)
