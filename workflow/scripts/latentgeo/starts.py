"""Where a solver starts: the weights of a curve family's basis before the first step.

`line` is w = 0, `random` w ~ N(0, 1), `hot` the geodesic of another metric (its weights, as they
were solved for), and `graph` the best curve on a grid of the latent space.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .curves import Family, fit, straight, uniform_times
from .grid import InterpolatedEnergy, LatentGrid, PathFinder
from .randomness import generator
from .solvers import Newton, Problem

_ARCS = (-1.0, -0.5, -0.25, 0.25, 0.5, 1.0)
"""Heights of the arcs tried between two points, as shares of their distance."""


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
) -> Tensor:
    """Weights of the curves from start to end, (B, 2), that are best on the grid: (B, P, 2).

    The shortest path over the grid, the straight line and some arcs are fitted by the family and
    relaxed under the interpolated energy, which costs no decoder evaluation; the lowest is kept.
    """
    times = uniform_times(segments)
    finder = PathFinder(grid, decoders, segments)
    paths = [finder(a, b)(times.numpy()) for a, b in zip(start.numpy(), end.numpy(), strict=True)]
    lines = straight(start, end, times)
    across = (end - start).flip(1) * torch.tensor([1.0, -1.0])
    bow = (4 * times * (1 - times))[:, None]
    arcs = [lines + height * bow * across[:, None] for height in (0.0, *_ARCS)]
    candidates = [torch.from_numpy(np.stack(paths)), *arcs]
    weights = torch.cat([fit(family, times, points) for points in candidates])
    count = len(candidates)
    problem = Problem(
        InterpolatedEnergy(grid, decoders),
        family,
        start.repeat(count, 1),
        end.repeat(count, 1),
        segments,
    )
    relaxed = Newton(tolerance=1e-4, max_steps=30).solve(problem, weights)
    energies = relaxed.energy.nan_to_num(nan=torch.inf).view(count, -1)
    best = energies.argmin(0)
    by_candidate = relaxed.weights.unflatten(0, (count, len(start)))
    return by_candidate[best, torch.arange(len(start))]


def _size(family: Family) -> int:
    return family.basis(torch.zeros(1)).shape[1]
