"""Disagreement, metric and the like of a model's decoders on a grid over its latents."""

from job import begin
from latentgeo.io.arrays import save_arrays
from latentgeo.models import files
from latentgeo.starts.grid.evaluation import evaluate_grid
from latentgeo.study import stored

log = begin(snakemake)
model = files.load_wanted(snakemake.input.model, **snakemake.params.model)
latents = stored.load_latents(snakemake.input.latents, model.checksum)["means"].astype(float)
nodes = snakemake.params.nodes
log.info("%d decoders at %d points", len(model.decoders), nodes**2)
grid = evaluate_grid(model.decoders, model.likelihood, latents, nodes)
origin = stored.origin(model.origin.vae, model.origin.seed, model.checksum)
save_arrays(snakemake.output.grid, **vars(grid), **origin)
