"""Held-out ELBO over epochs, every model."""

import matplotlib.pyplot as plt
import pandas as pd
from job import begin
from latentgeo.io.tables import read_table
from latentgeo.study import plotting
from matplotlib.ticker import MaxNLocator

begin(snakemake)
tables = [
    read_table(path, "epoch", "decoder", "elbo").assign(**model)
    for path, model in zip(snakemake.input.histories, snakemake.params.models, strict=True)
]
table = pd.concat(tables)
vaes = list(dict.fromkeys(table["vae"]))

figure, panels = plt.subplots(
    1, len(vaes), figsize=(max(3.5 * len(vaes), 4), 3.2), sharey=True, squeeze=False
)
for axes, vae in zip(panels[0], vaes, strict=True):
    for k, (seed, own) in enumerate(table[table["vae"] == vae].groupby("seed")):
        elbo = own.groupby("epoch")["elbo"].agg(["mean", "min", "max"])
        colour = plotting.COLOURS[k % len(plotting.COLOURS)]
        axes.plot(elbo.index, elbo["mean"], color=colour, lw=1, label=f"seed {seed}")
        axes.fill_between(elbo.index, elbo["min"], elbo["max"], color=colour, alpha=0.25, lw=0)
    decoders = table.loc[table["vae"] == vae, "decoder"].nunique()
    spread = "" if decoders == 1 else f" (mean and range of {decoders} decoders)"
    axes.set_title(f"{vae}{spread}", fontsize=9)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
last = table.groupby(["vae", "epoch"])["elbo"].mean()
final = last.groupby("vae").last()
# the first epochs, far below, would flatten the rest
panels[0, 0].set_ylim(final.min() - 120, table["elbo"].max() + 10)
panels[0, 0].set_ylabel("held-out ELBO [nats]")
if table["seed"].nunique() <= 10:
    panels[0, -1].legend(ncols=2)
plotting.save(figure, snakemake.output)
