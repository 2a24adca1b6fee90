"""Disagreement, metric and the like of a model's decoders on a grid over its latents."""

from job import begin
from latentgeo import stored, vae
from latentgeo.energy import FisherRao
from latentgeo.files import save_arrays
from latentgeo.grid import evaluate_grid

log = begin(snakemake)
model = vae.load(snakemake.input.model)
stored.check_architecture(snakemake.input.model, model, snakemake.params.architecture)
latents = stored.load_latents(snakemake.input.latents)["means"].astype(float)
nodes = snakemake.params.nodes
log.info("%d decoders at %d points", len(model.decoders), nodes**2)
grid = evaluate_grid(FisherRao(list(model.decoders), segments=1), latents, nodes)
save_arrays(snakemake.output.grid, **vars(grid))
