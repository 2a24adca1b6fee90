"""Images along geodesics of one model, and along straight lines: for the page and film strips."""

import numpy as np
import torch
from job import begin
from latentgeo.geodesics import make_objective
from latentgeo.io.arrays import save_arrays
from latentgeo.objectives.base import Ingredients
from latentgeo.starts.grid.fields import node_positions
from latentgeo.study import batches, explored, scenes, shown, stored
from latentgeo.study.records import read

log = begin(snakemake)
p = snakemake.params
model = batches.model_of(snakemake.input, p)
latents = stored.load_latents(snakemake.input.latents, model.checksum)["means"]
latents = torch.from_numpy(latents).double()
origin = model.origin.vae, model.origin.seed
requests = explored.requests(p.experiments.values(), *origin, p.decoders, p.pairs)
chosen = shown.of_first_pairs(snakemake.input.geodesics, requests, p.pairs)
table = explored.in_order(read(*chosen, points="number n t d"), requests)
log.info("%d curves", len(table))
arrays = scenes.seen(model, latents, table, p.metrics)
if grid := snakemake.input.get("grid"):
    axes = stored.load_grid(grid, model.checksum)["axes"]
    nodes = torch.from_numpy(node_positions(axes))
    ingredients = Ingredients(list(model.decoders), model.likelihood, latents)
    density = make_objective("density", p.metrics["density"], ingredients)
    parts = nodes.split(density.curves_at_once(0))
    values = np.concatenate([density.density(part).numpy() for part in parts])
    arrays["density"] = values.reshape(len(axes[0]), -1)
save_arrays(snakemake.output.decoded, **arrays, **stored.origin(*origin, model.checksum))
