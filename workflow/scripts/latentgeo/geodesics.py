"""Geodesics of a batch of pairs in one model, from the config's settings to what is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from . import plugins
from .certificates.base import Certificate
from .objectives.base import Ingredients as ObjectiveIngredients
from .objectives.base import Objective, Streams
from .randomness import generator
from .solvers.problem import Problem
from .solvers.solution import Progress, Solution, lowest
from .starts.base import Ingredients as StartIngredients
from .starts.base import Starts

MEASURES = ("disagreement", "travel", "length", "published_length")
"""What is kept of every geodesic beside its energy; NaN where the objective has no such measure."""


def make_objective(
    metric: str, settings: Mapping[str, Any], ingredients: ObjectiveIngredients
) -> Objective:
    """The objective of a metric, by name, with the settings of its own."""
    return plugins.load("objectives", metric).make(ingredients, **settings)


def make_starts(start: str, problem: Problem, ingredients: StartIngredients) -> Starts:
    """Where to start, by name."""
    return plugins.load("starts", start).make(problem, ingredients)


def streams_of(study_seed: int, pairs: Sequence[int]) -> Streams:
    """Random streams for pairs, by number, that depend on nothing but the pair and the purpose."""
    return lambda purpose: [generator(study_seed, purpose, pair) for pair in pairs]


def certified(
    problem: Problem,
    start: str,
    ingredients: StartIngredients,
    certify: Callable[[Solution], Certificate],
    settings: Mapping[str, Any],
    pairs: Sequence[int],
    study_seed: int,
    progress: Progress,
) -> tuple[Solution, Certificate]:
    """Geodesics from a start, by name, and what is said of them.

    Where the start seeks the lowest ones, what is in doubt is searched around, and judged again.
    """
    begun = make_starts(start, problem, ingredients)
    progress(f"{len(problem)} pairs, {len(begun.owner)} curves")
    solution = solve(problem, begun, settings, pairs, study_seed, progress)
    certificate = certify(solution)
    if begun.seeking:
        doubtful = certificate.doubtful(solution.energy)
        progress(f"{len(doubtful)} in doubt")
        solution = search(problem, solution, doubtful, settings, progress)
        certificate = certify(solution)
    return solution, certificate


def solve(
    problem: Problem,
    start: Starts,
    settings: Mapping[str, Any],
    pairs: Sequence[int],
    study_seed: int,
    progress: Progress,
) -> Solution:
    """Minimise with the solver that the settings describe (config `solvers`).

    Of several starts of a pair the one is kept that ended lowest.
    """
    options = dict(settings)
    owned = [pairs[pair] for pair in start.owner.tolist()]
    solver = plugins.load("solvers", options.pop("method")).make(
        options, streams_of(study_seed, owned), progress
    )
    chosen = problem.select(start.owner)
    solution = solver.solve(chosen, start.weights, start.owner, start.hessian)
    return solution.select(lowest(solution.energy, start.owner))


def search(
    problem: Problem,
    solution: Solution,
    doubtful: Tensor,
    settings: Mapping[str, Any],
    progress: Progress,
) -> Solution:
    """Look for lower minima around the curves that are in doubt, by number, if the solver can."""
    options = dict(settings)
    nothing_drawn = streams_of(0, [])
    solver = plugins.load("solvers", options.pop("method")).make(options, nothing_drawn, progress)
    if not (len(doubtful) and hasattr(solver, "search")):
        return solution
    return solver.search(problem, solution, doubtful)


def as_arrays(problem: Problem, solution: Solution) -> dict[str, np.ndarray]:
    """Everything that is kept of solved curves, one entry a curve in each array."""
    points = problem.points(solution.weights)
    nothing = torch.full_like(solution.energy, torch.nan)
    tensors = dict.fromkeys(MEASURES, nothing) | problem.objective.measures(points)
    tensors |= {
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
