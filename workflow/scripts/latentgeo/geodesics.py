"""Geodesics of a batch of pairs in one model, from their start to what is reported of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from . import starts
from .energy import Density, FisherRao, MonteCarloFisherRao, report
from .grid import LatentGrid
from .randomness import generator
from .solvers import LBFGS, Adam, Newton, Problem, Progress, Solution, lowest


def scott_bandwidth(latents: Tensor) -> float:
    """Scott's rule for normals on latents (n, d): n^(-1 / (d + 4)) times their mean deviation."""
    count, dim = latents.shape
    return float(count ** (-1 / (dim + 4)) * latents.std(0).mean())


def make_density(latents: Tensor, bandwidth: float | str, epsilon: float, segments: int) -> Density:
    """The density energy on latents (n, d); the bandwidth may be "scott"."""
    width = scott_bandwidth(latents) if bandwidth == "scott" else float(bandwidth)
    return Density(latents, width, epsilon, segments)


def make_starts(
    start: str,
    problem: Problem,
    pairs: Sequence[int],
    study_seed: int,
    decoders: int,
    grid: LatentGrid | None = None,
    hot: Tensor | None = None,
) -> starts.Starts:
    """Where to start, by name: line, random, graph (needs the grid) or hot (needs weights)."""
    dim = problem.start.shape[1]
    if start == "line":
        return starts.one_each(starts.line(problem.family, len(pairs), dim))
    if start == "random":
        return starts.one_each(starts.random(problem.family, pairs, dim, study_seed))
    if start == "graph":
        return starts.graph(
            grid, problem.family, problem.start, problem.end, decoders, problem.segments
        )
    return starts.one_each(hot)


def solve(
    problem: Problem,
    start: starts.Starts,
    settings: Mapping[str, Any],
    pairs: Sequence[int],
    study_seed: int,
    progress: Progress,
) -> Solution:
    """Minimise with the solver that the settings describe (config `solvers`).

    Of several starts of a pair the one is kept that ended lowest.
    """
    options = dict(settings)
    method, energy = options.pop("method"), options.pop("energy", "exact")
    samples = options.pop("mc_samples", 0)
    kind = {"newton": Newton, "adam": Adam, "lbfgs": LBFGS}[method]
    solver = kind(**options, progress=progress)
    chosen = problem.select(start.owner)
    if energy == "monte-carlo" and isinstance(problem.objective, FisherRao):
        streams = [generator(study_seed, "decoder pairs", pairs[b]) for b in start.owner.tolist()]
        estimate = MonteCarloFisherRao(problem.objective, samples, streams)
        solution = solver.solve(chosen, start.weights, estimate)
    elif method == "newton":
        solution = solver.solve(chosen, start.weights, start.owner, start.hessian)
    else:
        solution = solver.solve(chosen, start.weights)
    return solution.select(lowest(solution.energy, start.owner))


def as_arrays(problem: Problem, solution: Solution) -> dict[str, np.ndarray]:
    """Everything that is kept of solved curves, one entry a curve in each array.

    Under the density metric the energy and the length are the metric's own, and there is neither
    disagreement nor travel: NaN.
    """
    points = problem.points(solution.weights)
    if isinstance(problem.objective, Density):
        root = (problem.objective.density(points) + problem.objective.epsilon).rsqrt()
        speeds = points.diff(dim=1).norm(dim=-1)
        length = (speeds * (root[:, :-1] + root[:, 1:]) / 2).sum(-1)
        measures = {"length": length}
        nothing = torch.full_like(length, torch.nan)
        measures |= {"disagreement": nothing, "travel": nothing}
    else:
        measures = vars(report(problem.objective, points))
    tensors = measures | {
        "energy": solution.energy,
        "initial_energy": solution.initial_energy,
        "euclidean": (problem.end - problem.start).norm(dim=1),
        "steps": solution.steps,
        "history": solution.history,
        "weights": solution.weights,
        "points": points,
    }
    arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
    return arrays | {"converged": solution.converged, "status": np.array(solution.status)}


def joined(parts: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Arrays of several batches one after the other; histories are padded with NaN."""
    longest = max(part["history"].shape[1] for part in parts)
    for part in parts:
        missing = longest - part["history"].shape[1]
        part["history"] = np.pad(part["history"], ((0, 0), (0, missing)), constant_values=np.nan)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
