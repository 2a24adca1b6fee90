"""Geodesics of one block of pairs, for one or more numbers of decoders."""

import numpy as np
import torch
from job import begin
from latentgeo import geodesics, stored, vae
from latentgeo.curves import make_family
from latentgeo.energy import FisherRao
from latentgeo.files import save_arrays
from latentgeo.grid import LatentGrid
from latentgeo.solvers import Problem

log = begin(snakemake)
p = snakemake.params
numbers = range(*p.block)
latents = torch.from_numpy(stored.load_latents(snakemake.input.latents)["means"]).double()
pairs = stored.load_pairs(snakemake.input.pairs, len(numbers), len(latents))
model = vae.load(snakemake.input.model)
stored.check_architecture(snakemake.input.model, model, p.architecture)
decoders = list(model.decoders)
grid, hot = snakemake.input.get("grid"), snakemake.input.get("hot")
if grid:
    grid = LatentGrid(**stored.load_grid(grid, len(decoders)))
if hot:
    hot = torch.from_numpy(stored.load_geodesics(hot, weights="float n w 2")["weights"])
start, end = latents[pairs["rows"]].unbind(1)
family = make_family(**p.family)


def solve(count):
    """The block's geodesics under the first `count` decoders, or under the density metric."""
    if p.series["metric"] == "density":
        objective = geodesics.make_density(latents, **p.metric, segments=p.segments)
    else:
        objective = FisherRao(decoders[:count], p.segments)
    problem = Problem(objective, family, start, end, p.segments)
    starts = geodesics.make_starts(
        p.series["start"], problem, numbers, p.study_seed, count, grid, hot
    )
    log.info("%d pairs, %d curves, %d decoders", len(problem), len(starts.owner), count)
    solution = geodesics.solve(problem, starts, p.solver, numbers, p.study_seed, log.info)
    log.info("%d of %d converged", solution.converged.sum(), len(problem))
    for number, status in zip(numbers, solution.status, strict=True):
        if status != "converged":
            log.info("pair %d: %s", number, status)
    return geodesics.as_arrays(problem, solution) | {
        "pair": np.array(numbers),
        "decoders": np.full(len(problem), count),
        "label_a": pairs["labels"][:, 0],
        "label_b": pairs["labels"][:, 1],
    }


lowest, highest = p.decoders
arrays = geodesics.joined([solve(count) for count in range(lowest, highest + 1)])
series = {name: np.array(value) for name, value in p.series.items()}
save_arrays(snakemake.output.geodesics, **arrays, **series)
