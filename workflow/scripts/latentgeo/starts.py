"""Where a solver starts: the weights of a curve family's basis before the first step.

`line` is w = 0, `random` w ~ N(0, 1), `hot` the geodesic of another metric (its weights, as they
were solved for), and `graph` the best curve on a grid of the latent space.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .curves import Family, fit, straight, uniform_times
from .grid import InterpolatedEnergy, LatentGrid, PathFinder
from .randomness import generator
from .solvers import Newton, Problem

_ARCS = (-1.0, -0.5, -0.25, 0.25, 0.5, 1.0)
"""Heights of the arcs tried between two points, as shares of their distance."""
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
    finder = PathFinder(grid, decoders, segments)
    paths = [finder(a, b)(times.numpy()) for a, b in zip(start.numpy(), end.numpy(), strict=True)]
    lines = straight(start, end, times)
    across = (end - start).flip(1) * torch.tensor([1.0, -1.0])
    bow = (4 * times * (1 - times))[:, None]
    arcs = [lines + height * bow * across[:, None] for height in (0.0, *_ARCS)]
    tried = torch.cat([torch.from_numpy(np.stack(paths)), *arcs])
    count = len(tried) // len(start)
    surrogate = InterpolatedEnergy(grid, decoders)
    ends = start.repeat(count, 1), end.repeat(count, 1)
    problem = Problem(surrogate, family, *ends, segments)
    relaxed = Newton(tolerance=1e-4, max_steps=30).solve(problem, fit(family, times, tried))
    # between nodes the splines may dip below 0, and beyond the grid they mean nothing
    points = problem.points(relaxed.weights)
    meant = surrogate.covers(points) & (relaxed.energy >= 0)
    weights = torch.where(meant[:, None, None], relaxed.weights, 0)
    points = torch.where(meant[:, None, None], points, lines.repeat(count, 1, 1))
    energies = torch.where(meant, relaxed.energy, surrogate.expand(points).energy)
    energies, curves, weights = (
        tensor.unflatten(0, (count, -1)) for tensor in (energies, points, weights)
    )
    kept = [
        (pair, candidate)
        for pair in range(len(start))
        for candidate in _distinct(energies[:, pair], curves[:, pair])
    ]
    owner, candidate = torch.tensor(kept).T
    return Starts(weights[candidate, owner], owner)


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
