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
# ELBOs of different likelihoods are of different densities
alike = len({model["likelihood"] for model in models}) == 1
columns = min(len(vaes), 3 if len(vaes) > 4 else 2)
rows = -(-len(vaes) // columns)
width = plotting.NARROW if columns == 1 else plotting.WIDTH
titles = [f"{vae}{panels.spread(own)}" for vae, own in tables.items()]
titles = [plotting.wrapped(title, width / columns - 0.7, plotting.SIZE) for title in titles]
height = 2.2 + plotting.further_lines(titles, plotting.SIZE)
figure, grid = plotting.grid(rows, columns, width, height * rows + 0.3, sharey=alike)
for axes, title, own in zip(plotting.filled(grid, len(vaes)), titles, tables.values(), strict=True):
    panels.draw_training(axes, own)
    axes.set_title(title)
final = table.groupby(["vae", "epoch"])["elbo"].mean().groupby("vae").last()
below = False
for axes, vae in zip(grid.flat, vaes, strict=False):
    some = vaes if alike else [vae]
    # the first epochs, far below, would flatten the rest
    own = table.loc[table["vae"].isin(some), "elbo"]
    axes.set_ylim(final[some].min() - 120, own.max() + 10)
    below = below or own.min() < axes.get_ylim()[0]
for axes in grid[:, 0]:
    axes.set_ylabel("held-out ELBO [nats]")
lines = "black: mean; area: range"
if table["seed"].nunique() in range(2, shown.MOST_SEEDS + 1):
    lines = "grey lines: seeds, mean over decoders; " + lines
plotting.below(figure, "", lines, "the first epochs are below the frame" if below else "", left_out)
plotting.save(figure, snakemake.output, table)
