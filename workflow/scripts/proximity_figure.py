"""Distance of geodesics to the latents against the number of decoders (figure 3)."""

import numpy as np
from job import begin
from latentgeo.io.tables import read_table
from latentgeo.statistics.counts import COUNTS, note
from latentgeo.study import plotting, shown

begin(snakemake)
table = read_table(snakemake.input.table, "decoders", "n", "mean", "std", *COUNTS)
table = table[table["metric"] == snakemake.params.metric]
curves, left_out = shown.first(table.groupby("curve"), shown.MOST_LINES, "curve families")
width = 0.75 * plotting.WIDTH
figure, [[axes]] = plotting.grid(1, 1, width, 3.5)
for k, (curve, own) in enumerate(curves):
    style = plotting.line_style(k)
    missed = note(own)
    label = f"{curve} ({missed})" if missed else curve
    error = own["std"] / np.sqrt(own["n"])
    low, high = own["mean"] - error, own["mean"] + error
    axes.plot(own["decoders"], own["mean"], ms=4, label=label, **style)
    axes.fill_between(own["decoders"], low, high, color=style["color"], alpha=0.2, lw=0)
axes.set_xlabel(plotting.with_notes("decoders of the ensemble", left_out))
axes.set_ylabel("proximity: largest distance\nto the nearest latent [latent units]")
axes.set_ylim(bottom=0)
plotting.whole_numbers(axes)
n = table["n"].max()
of_curves = f"mean of {n} curves ± standard error" if n > 1 else "one curve"
axes.set_title(plotting.wrapped(f"{snakemake.params.vae}: {of_curves}", width, 10.8))
handles, labels = axes.get_legend_handles_labels()
if len(labels) <= 4 and max(map(len, labels)) <= 40:
    axes.legend()
else:
    plotting.legend_above(figure, handles, labels)
plotting.save(figure, snakemake.output)
