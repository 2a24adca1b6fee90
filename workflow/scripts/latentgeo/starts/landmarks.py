"""The best curves by way of landmarks among the latents, in any dimension.

The shortest ways through a graph of landmarks and the straight line are compared by their energies;
of those that are not much higher than the lowest, the solver finds which ends lowest.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..curves import fit
from ..solvers.problem import Problem
from .base import Ingredients, Starts
from .roadmap.roadmap import Roadmap

__all__ = ["Roadmap", "make"]

MARGIN = 0.5
"""Up to which share above the lowest energy a curve is handed on."""


def make(problem: Problem, ingredients: Ingredients) -> Starts:
    """Starts for pairs in any dimension; of each pair's curves the lowest comes first."""
    objective = problem.objective
    ways = ingredients.roadmap.ways(
        objective.decoders,
        objective.likelihood,
        objective.coupling == "within",
        problem.start.numpy(),
        problem.end.numpy(),
        problem.segments,
    )
    times = problem.times.numpy()
    tried = [(n, torch.from_numpy(way(times))) for n, own in enumerate(ways) for way in own]
    owner = torch.tensor([n for n, _ in tried] + list(range(len(problem))))
    weights = torch.zeros(len(owner), problem.family.size, problem.start.shape[1]).double()
    if tried:
        weights[: len(tried)] = fit(
            problem.family, problem.times, torch.stack([w for _, w in tried])
        )
    energies = problem.select(owner).energies(weights)
    kept = _lowest_first(energies, owner)
    return Starts(weights[kept], owner[kept], seeking=True)


def _lowest_first(energies: Tensor, owner: Tensor) -> Tensor:
    """The numbers of every owner's curves that are not far above its lowest, lowest first."""
    kept: dict[int, list[int]] = {}
    for number in energies.nan_to_num(nan=torch.inf).argsort(stable=True).tolist():
        chosen = kept.setdefault(int(owner[number]), [])
        if not chosen or energies[number] <= (1 + MARGIN) * energies[chosen[0]]:
            chosen.append(number)
    return torch.tensor([number for pair in sorted(kept) for number in kept[pair]])
