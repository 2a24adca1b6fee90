"""Images along straight lines and along geodesics, at equal steps of length, in each VAE type."""

import numpy as np
from job import begin
from latentgeo.study import plotting, shown, strips
from latentgeo.study.experiments import requested
from latentgeo.study.stored import load_decoded
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

begin(snakemake)
p = snakemake.params
experiment = p.experiments["geodesics"]
vaes, other_vaes = shown.first(p.vaes, 4, "VAE types")
most = min(p.pairs, shown.MOST_STRIPS if len(vaes) < 3 else 2)
pairs, left_out = shown.first(range(experiment["pairs"]), most, "pairs")
files = dict(zip(p.vaes, snakemake.input.decoded, strict=True))
rows = []
for vae in vaes:
    wanted = [r.series for r in requested([experiment], vae=vae)]
    rows += strips.rows(load_decoded(files[vae]), vae, p.decoders[vae], wanted)

columns = min(len(pairs), 2)
blocks = -(-len(pairs) // columns)
height = strips.height(rows, plotting.WIDTH / columns)
figure, panels = plotting.grid(blocks, columns, plotting.WIDTH, blocks * (height + 0.35) + 1.1)
largest = max(row.largest(pairs) for row in rows)
for n, (pair, axes) in enumerate(zip(pairs, plotting.filled(panels, len(pairs)), strict=True)):
    axes.imshow(strips.mosaic(rows, pair, largest), interpolation="nearest", aspect="auto")
    axes.set_title(f"$c_{{{pair + 1}}}$")
    middles = (np.arange(len(rows)) + 0.5) * rows[0].images.shape[-2] - 0.5
    axes.set_yticks(middles, [row.told(pair, whole=n % columns == 0) for row in rows])
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
if largest:
    scale = ScalarMappable(Normalize(0, largest), strips.COLOURS)
    label = "standard deviation over decoders, of pixels from 0 to 1"
    figure.colorbar(scale, ax=figure.axes, label=label, orientation="horizontal", aspect=50)
told = f"seed {experiment['seeds'][0]}", *experiment["starts"], "equal steps of length"
dotted = "" if all(row.converged[pairs].all() for row in rows) else "*: not converged"
plotting.below(figure, "", *told, dotted, left_out, other_vaes)
plotting.save(figure, snakemake.output, strips.table(rows, pairs))
