"""Geodesics of one block of pairs, for one or more numbers of decoders."""

from collections import Counter

import numpy as np
import torch
from job import begin
from latentgeo import geodesics, plugins
from latentgeo.certificates.base import unknown
from latentgeo.curves import make_family
from latentgeo.io.arrays import save_arrays
from latentgeo.models import files
from latentgeo.objectives.base import Ingredients
from latentgeo.solvers.problem import Problem
from latentgeo.starts import base as starts
from latentgeo.starts.grid.fields import LatentGrid
from latentgeo.study import stored

log = begin(snakemake)
p = snakemake.params
numbers = range(*p.block)
model = files.load_wanted(snakemake.input.model, **p.model)
latents, ends = (
    torch.from_numpy(stored.load_latents(snakemake.input.latents, model.checksum, split)["means"])
    for split in ("train", p.split)
)
latents, ends = latents.double(), ends.double()
pairs = stored.load_pairs(snakemake.input.pairs, len(numbers), len(ends))
grid, hot = snakemake.input.get("grid"), snakemake.input.get("hot")
if grid:
    grid = LatentGrid(**stored.load_grid(grid, model.checksum))
if hot:
    files_of_hot = [hot] if isinstance(hot, str) else hot
    hot = torch.from_numpy(stored.load_weights(files_of_hot, numbers, model.checksum))
start, end = ends[pairs["rows"]].unbind(1)
family = make_family(**p.family)
metric = p.series["metric"]
judge = plugins.load("certificates", metric) if plugins.exists("certificates", metric) else None


def certify(problem, solution, routes):
    """What can be said of the solution's curves; nothing where the metric has no certificates."""
    if not judge:
        return unknown(len(problem))
    return judge.certify(problem, solution.weights, solution.energy, routes)


def solve(decoder_count):
    """The block's geodesics under the first decoders; of 0 decoders where the metric has none."""
    ingredients = Ingredients(list(model.decoders)[:decoder_count], model.likelihood, latents)
    objective = geodesics.make_objective(metric, p.metric, ingredients)
    problem = Problem(objective, family, start, end, p.segments)
    streams = geodesics.streams_of(p.study_seed, numbers)
    routes = judge.prepare(problem, grid, decoder_count) if judge else None
    begun = geodesics.make_starts(
        p.series["start"], problem, starts.Ingredients(streams, routes, hot)
    )
    log.info("%d pairs, %d curves, %d decoders", len(problem), len(begun.owner), decoder_count)
    solution = geodesics.solve(problem, begun, p.solver, numbers, p.study_seed, log.info)
    log.info("%d of %d converged", solution.converged.sum(), len(problem))
    for number, status in zip(numbers, solution.status, strict=True):
        if status != "converged":
            log.info("pair %d: %s", number, status)
    certificate = certify(problem, solution, routes)
    if begun.seeking:
        doubtful = certificate.doubtful(solution.energy)
        log.info("%d in doubt", len(doubtful))
        solution = geodesics.search(problem, solution, doubtful, p.solver, log.info)
        certificate = certify(problem, solution, routes)
    log.info("what limits them: %s", dict(Counter(certificate.limit)))
    return (
        geodesics.as_arrays(problem, solution)
        | certificate.arrays()
        | {
            "pair": np.array(numbers),
            "decoders": np.full(len(problem), decoder_count),
            "label_a": pairs["labels"][:, 0],
            "label_b": pairs["labels"][:, 1],
        }
    )


lowest, highest = p.decoder_span
arrays = geodesics.joined([solve(count) for count in range(lowest, highest + 1)])
series = {name: np.array(value) for name, value in p.series.items()}
save_arrays(snakemake.output.geodesics, **arrays, **series, model=np.array(model.checksum))
