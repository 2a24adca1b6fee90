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

columns = min(len(vaes), 4)
rows = -(-len(vaes) // columns)
height = 3.2 + plotting.further_lines(titles, 9)
figure, grid = plotting.grid(rows, columns, max(3.5 * columns, 4), height * rows, sharey=True)
for axes, title, own in zip(plotting.filled(grid, len(vaes)), titles, tables.values(), strict=True):
    panels.draw_training(axes, own)
    axes.set_title(title, fontsize=9)
last = table.groupby(["vae", "epoch"])["elbo"].mean()
final = last.groupby("vae").last()
# the first epochs, far below, would flatten the rest
grid[0, 0].set_ylim(final.min() - 120, table["elbo"].max() + 10)
for axes in grid[:, 0]:
    axes.set_ylabel("held-out ELBO [nats]")
if table["seed"].nunique() <= shown.MOST_SEEDS:
    grid.flat[len(vaes) - 1].legend(ncols=2)
if left_out:
    figure.supxlabel(f"({left_out})")
plotting.save(figure, snakemake.output)
