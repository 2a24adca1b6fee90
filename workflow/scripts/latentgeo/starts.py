"""Where a solver starts: the weights of a curve family's basis before the first step.

`line` is w = 0, `random` w ~ N(0, 1), `hot` the geodesic of another metric (its weights, as they
were solved for), and `graph` the best curve on a grid of the latent space.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from .curves import CubicSpline, Family, bow, fit, straight, uniform_times
from .grid import InterpolatedEnergy, LatentGrid, PathFinder
from .randomness import generator
from .solvers import Newton, Problem, project

_EVERY = 2
"""Of how many rows of the grid one takes part in the shortest path."""
_ARCS = (-0.25, 0.0, 0.25)
"""Heights of the arcs tried between two points, as shares of their distance."""
_COARSE = CubicSpline(4)
"""In what family curves are compared, unless the wanted one is smaller, ..."""
_SEGMENTS = 16
"""... and in how many segments at most."""
_TOLERANCE = 1e-4
"""To which share of the interpolated energy a curve is minimised ..."""
_STEPS = 12
"""... and in how many steps at most."""
_COARSE_MARGIN = 0.1
"""Up to which share above the lowest such energy a curve is followed ..."""
_MARGIN = 0.05
"""... and up to which share above the lowest energy in its own family handed to a solver ..."""
_APART = 0.02
"""... if it is at least this share of the points' distance apart from every lower one."""


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

    The shortest path over the grid, the straight line and some arcs are relaxed under the
    interpolated energy, which costs no decoder evaluation: first in a small family and few
    segments, then the lowest of them in their own. Where the lowest have nearly the same energy and
    are different curves, several are returned, the lowest first: which of their valleys is the
    deepest only the decoders can tell.
    """
    times = uniform_times(segments)
    finder = PathFinder(grid.thinned(_EVERY), decoders, segments)
    paths = [finder(a, b)(times.numpy()) for a, b in zip(start.numpy(), end.numpy(), strict=True)]
    lines = straight(start, end, times)
    across = (end - start).flip(1) * torch.tensor([1.0, -1.0])
    arcs = [lines + height * bow(times) * across[:, None] for height in _ARCS]
    tried = torch.stack([torch.from_numpy(np.stack(paths)), *arcs])
    problem = Problem(InterpolatedEnergy(grid, decoders), family, start, end, segments)
    steps = min(segments, _SEGMENTS)
    coarse = replace(
        problem,
        objective=InterpolatedEnergy(grid, decoders, segments / steps),
        family=min(family, _COARSE, key=_size),
        segments=steps,
    )
    owner = torch.arange(len(start)).repeat(len(tried))
    energies, weights = _relaxed(coarse, fit(coarse.family, times, tried.flatten(0, 1)), owner)
    curves = replace(coarse.select(owner), segments=segments).points(weights)
    kept = _rivals(energies, curves, owner, _COARSE_MARGIN)
    owner = owner[kept]
    energies, weights = _relaxed(problem, fit(family, times, curves[kept]), owner)
    kept = _rivals(energies, problem.select(owner).points(weights), owner, _MARGIN)
    owner, weights = owner[kept], weights[kept]
    expansion = problem.objective.expand(problem.select(owner).points(weights))
    hessian = expansion.hessian(torch.ones(len(owner), dtype=torch.bool))
    return Starts(weights, owner, project(family.basis(times)[1:-1], hessian))


def _relaxed(problem: Problem, weights: Tensor, owner: Tensor) -> tuple[Tensor, Tensor]:
    """Energies and weights of curves after a few steps on the interpolated energy.

    A curve that leaves the grid or ends below 0 goes back to the straight line.
    """
    batch = problem.select(owner)
    found = Newton(tolerance=_TOLERANCE, max_steps=_STEPS).solve(batch, weights)
    # between nodes the splines may dip below 0, and beyond the grid they mean nothing
    meant = batch.objective.covers(batch.points(found.weights)) & (found.energy >= 0)
    weights = torch.where(meant[:, None, None], found.weights, 0)
    energies = found.energy.clone()
    energies[~meant] = batch.objective.expand(batch.points(weights)[~meant]).energy
    return energies, weights


def _rivals(energies: Tensor, curves: Tensor, owner: Tensor, margin: float) -> list[int]:
    """The numbers of every owner's lowest curves that are apart from one another, lowest first.

    Energies and owner are (C,), curves (C, T, 2); none is more than a margin above the lowest.
    """
    kept: dict[int, list[int]] = {}
    for number in energies.argsort(stable=True).tolist():
        chosen = kept.setdefault(int(owner[number]), [])
        if chosen and energies[number] > (1 + margin) * energies[chosen[0]]:
            continue
        distance = (curves[number, -1] - curves[number, 0]).norm()
        gaps = (curves[chosen] - curves[number]).norm(dim=-1).amax(-1)
        if not chosen or bool((gaps > _APART * distance).all()):
            chosen.append(number)
    return [number for pair in sorted(kept) for number in kept[pair]]


def _size(family: Family) -> int:
    return family.basis(torch.zeros(1)).shape[1]
