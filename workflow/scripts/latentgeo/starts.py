"""Where a solver starts: the weights of a curve family's basis before the first step.

`line` is w = 0, `random` w ~ N(0, 1), `hot` the geodesic of another metric (its weights, as they
were solved for), and `graph` the best curve on a grid of the latent space.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from .curves import CubicSpline, Family, fit, straight, uniform_times
from .grid import InterpolatedEnergy, LatentGrid, PathFinder
from .randomness import generator
from .solvers import Newton, Problem, project

_EVERY = 2
"""Of how many rows of the grid one takes part in the shortest path."""
_ARCS = (-0.25, 0.25)
"""Heights of the arcs tried between two points, as shares of their distance."""
_COARSE = CubicSpline(4)
"""In what family curves are compared, unless the wanted one is smaller."""
_CANDIDATES = 4
"""How many curves between two points are handed to a solver at most ..."""
_MARGIN = 0.1
"""... with an interpolated energy within this share of the lowest ..."""
_APART = 0.02
"""... and at least this share of the points' distance apart from one another."""


@dataclass(frozen=True)
class Starts:
    """Curves to start from, one or more for every pair.

    `weights` (C, P, dim); `owner` (C,) is the position of each curve's pair in the batch.
    """

    weights: Tensor
    owner: Tensor
    hessian: Tensor | None = None


def one_each(weights: Tensor) -> Starts:
    """Starts with a single curve a pair, weights (B, P, dim)."""
    return Starts(weights, torch.arange(len(weights)))


def line(family: Family, pairs: int, dim: int) -> Tensor:
    """Weights of straight lines: (pairs, P, dim)."""
    return torch.zeros(pairs, _size(family), dim, dtype=torch.float64)


def random(family: Family, pairs: list[int], dim: int, seed: int) -> Tensor:
    """Weights from N(0, 1), a stream for each pair's number: (pairs, P, dim); the study's start."""
    shape = (_size(family), dim)
    streams = [generator(seed, "random start", pair) for pair in pairs]
    return torch.stack([torch.randn(shape, generator=s, dtype=torch.float64) for s in streams])


def graph(
    grid: LatentGrid, family: Family, start: Tensor, end: Tensor, decoders: int, segments: int
) -> Starts:
    """The curves from start to end, (B, 2), that are best on the grid.

    The shortest path over the grid, the straight line and some arcs are fitted by the family and
    relaxed under the interpolated energy, which costs no decoder evaluation. Where the lowest have
    nearly the same energy and are different curves, several are returned, the lowest first: which
    of their valleys is the deepest only the decoders can tell.
    """
    times = uniform_times(segments)
    finder = PathFinder(grid.thinned(_EVERY), decoders, segments)
    paths = [finder(a, b)(times.numpy()) for a, b in zip(start.numpy(), end.numpy(), strict=True)]
    lines = straight(start, end, times)
    across = (end - start).flip(1) * torch.tensor([1.0, -1.0])
    bow = (4 * times * (1 - times))[:, None]
    arcs = [lines + height * bow * across[:, None] for height in (0.0, *_ARCS)]
    tried = torch.stack([torch.from_numpy(np.stack(paths)), *arcs])
    problem = Problem(InterpolatedEnergy(grid, decoders), family, start, end, segments)
    coarse = replace(problem, family=min(family, _COARSE, key=_size))
    candidates = Starts(
        fit(coarse.family, times, tried.flatten(0, 1)), torch.arange(len(start)).repeat(len(tried))
    )
    energies, curves, _ = _relaxed(coarse, candidates)
    shape = len(tried), len(start)
    energies, curves = energies.unflatten(0, shape), curves.unflatten(0, shape)
    kept = [
        (pair, candidate)
        for pair in range(len(start))
        for candidate in _distinct(energies[:, pair], curves[:, pair])
    ]
    owner, candidate = torch.tensor(kept).T
    chosen = Starts(fit(family, times, curves[candidate, owner]), owner)
    _, points, weights = _relaxed(problem, chosen)
    expansion = problem.objective.expand(points)
    hessian = expansion.hessian(torch.ones(len(points), dtype=torch.bool))
    return Starts(weights, owner, project(family.basis(times)[1:-1], hessian))


def _relaxed(problem: Problem, starts: Starts) -> tuple[Tensor, Tensor, Tensor]:
    """Energies, points and weights of curves after a few steps on the interpolated energy."""
    batch = problem.select(starts.owner)
    found = Newton(tolerance=1e-4, max_steps=30).solve(batch, starts.weights)
    # between nodes the splines may dip below 0, and beyond the grid they mean nothing
    points = batch.points(found.weights)
    meant = batch.objective.covers(points) & (found.energy >= 0)
    weights = torch.where(meant[:, None, None], found.weights, 0)
    points = batch.points(weights)
    energies = torch.where(meant, found.energy, batch.objective.expand(points).energy)
    return energies, points, weights


def _distinct(energies: Tensor, curves: Tensor) -> list[int]:
    """The lowest of some curves (c, T, 2) that are apart from one another, lowest first."""
    distance = (curves[0, -1] - curves[0, 0]).norm()
    chosen: list[int] = []
    for candidate in energies.argsort(stable=True).tolist():
        highest = energies.min() + _MARGIN * energies.min().abs()
        if len(chosen) == _CANDIDATES or energies[candidate] > highest:
            break
        gaps = (curves[chosen] - curves[candidate]).norm(dim=-1).amax(-1)
        if not chosen or bool((gaps > _APART * distance).all()):
            chosen.append(candidate)
    return chosen


def _size(family: Family) -> int:
    return family.basis(torch.zeros(1)).shape[1]
