"""Disagreement, metric and the like of a model's decoders on a grid over its latents."""

from job import begin
from latentgeo.io.arrays import save_arrays
from latentgeo.models import files
from latentgeo.starts.grid.evaluation import evaluate_grid
from latentgeo.study.stored import load_latents

log = begin(snakemake)
model = files.load(snakemake.input.model)
files.check_architecture(snakemake.input.model, model, snakemake.params.architecture)
latents = load_latents(snakemake.input.latents)["means"].astype(float)
nodes = snakemake.params.nodes
log.info("%d decoders at %d points", len(model.decoders), nodes**2)
grid = evaluate_grid(model.decoders, model.likelihood, latents, nodes)
save_arrays(snakemake.output.grid, **vars(grid))
