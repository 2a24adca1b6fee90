"""Distance of geodesics to the latents against the number of decoders (figure 3)."""

import matplotlib.pyplot as plt
import numpy as np
from job import begin
from latentgeo.io.tables import read_table
from latentgeo.study import plotting
from matplotlib.ticker import MaxNLocator

begin(snakemake)
table = read_table(snakemake.input.table, "decoders", "n", "mean", "std", "not_converged")
figure, axes = plt.subplots(figsize=(0.75 * plotting.WIDTH, 3.5))
for k, (curve, own) in enumerate(table.groupby("curve")):
    colour, marker = plotting.COLOURS[k], plotting.MARKERS[k]
    missed = int(own["not_converged"].sum())
    label = f"{curve} ({missed} not converged)" if missed else curve
    error = own["std"] / np.sqrt(own["n"])
    axes.plot(own["decoders"], own["mean"], color=colour, marker=marker, ms=4, label=label)
    axes.fill_between(
        own["decoders"], own["mean"] - error, own["mean"] + error, color=colour, alpha=0.2, lw=0
    )
axes.set_xlabel("decoders of the ensemble")
axes.set_ylabel("proximity: largest distance\nto the nearest latent [latent units]")
axes.set_ylim(bottom=0)
axes.xaxis.set_major_locator(MaxNLocator(integer=True))
axes.set_title(f"{snakemake.params.vae}: mean of {table['n'].max()} curves ± standard error")
axes.legend()
plotting.save(figure, snakemake.output)
