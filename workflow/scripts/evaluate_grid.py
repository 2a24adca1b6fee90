"""Disagreement, metric and the like of a model's decoders on a grid over its latents."""

from job import begin
from latentgeo.io.arrays import save_arrays
from latentgeo.models import files
from latentgeo.models.machine import device
from latentgeo.starts.grid.evaluation import evaluate_grid
from latentgeo.study import stored
from latentgeo.study.orders import in_order

log = begin(snakemake)
model = files.load_wanted(snakemake.input.model, **snakemake.params.model)
latents = stored.load_latents(snakemake.input.latents, model.checksum)["means"].astype(float)
p = snakemake.params
origin = model.origin.vae, model.origin.seed
model.decoders.to(device(p.device, "curves.device"))
decoders = in_order(list(model.decoders), p.order)
log.info("%d decoders at %d points", len(decoders), p.nodes**2)
grid = evaluate_grid(decoders, model.likelihood, latents, p.nodes)
save_arrays(snakemake.output.grid, **vars(grid), **stored.origin(*origin, model.checksum))
