"""The best curves on the latent grid: shortest paths and their rivals, relaxed.

The shortest paths over the grid through its different valleys, the straight line and some arcs are
relaxed under the interpolated energy, which costs no decoder evaluation: first in a small family
and few segments, then the lowest of them in their own. Where the lowest have nearly the same energy
and are different curves, several are returned: which of their valleys is the deepest only the
decoders can tell. Among them is always the curve of least action (`Routes`): where segments are too
few, the energy prefers curves that jump, and the interpolated energy overrates these.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..curves import CubicSpline, bow, fit, straight
from ..solvers.coordinates import project
from ..solvers.newton import Newton
from ..solvers.problem import Problem
from .base import Ingredients, Starts
from .grid.interpolation import InterpolatedEnergy
from .grid.routes import Routes

# Chosen on models of 30 epochs (single, seeds 0 to 2) and 60 (ensemble, seed 0), 50 pairs each that
# the default study does not have, and three curve families.
ARC_HEIGHTS = (-0.25, 0.0, 0.25)
"""Heights of the arcs tried between two points, as shares of their distance."""
COARSE_FAMILY = CubicSpline(4)
"""In what family curves are compared, unless the wanted one is smaller, ..."""
COARSE_SEGMENTS = 16
"""... and in how many segments at most."""
RELAXED_TO = 1e-4
"""To which share of the interpolated energy a curve is minimised ..."""
RELAXED_IN = 12
"""... and in how many steps at most."""
COARSE_MARGIN = 0.25
"""Up to which share above the lowest such energy a curve is followed ..."""
MARGIN = 0.05
"""... and up to which share above the lowest energy in its own family handed to a solver ..."""
FOLLOWED_MARGIN = 1.0
"""... (the curve of least action up to this share) ..."""
APART = 0.02
"""... if it is at least this share of the points' distance apart from every lower one."""
LINE_MARGIN = 0.25
"""Share above the lowest up to which a straight line is looked at with the decoders themselves."""


def make(problem: Problem, ingredients: Ingredients) -> Starts:
    """Starts for pairs in two dimensions; of each pair's curves the lowest comes first."""
    routes = ingredients.routes
    wanted = replace(problem, objective=InterpolatedEnergy(routes.grid, routes.decoder_count))
    coarse = _coarser(wanted, routes)
    tried, owner = _candidates(problem, routes)
    found = _relaxed(coarse, fit(coarse.family, problem.times, tried), owner)
    points = replace(found.problem, segments=problem.segments).points(found.weights)
    kept = _rivals(found.energies, points, owner, COARSE_MARGIN)
    owner = owner[kept]
    found = _relaxed(wanted, fit(problem.family, problem.times, points[kept]), owner)
    kept = _rivals(found.energies, found.problem.points(found.weights), owner, MARGIN)
    found = _with_followed(wanted, routes, found.weights[kept], owner[kept])
    return replace(_with_lines(problem, wanted, found), seeking=True)


def _with_followed(wanted: Problem, routes: Routes, weights: Tensor, owner: Tensor) -> Starts:
    """Starts with weights (C, P, d) and the curves of least action that are apart from them."""
    followed, actions = routes.followed(wanted)
    known = actions.isfinite()
    owner = torch.cat([owner, torch.arange(len(wanted))[known]])
    weights = torch.cat([weights, followed[known]])
    batch = wanted.select(owner)
    energies = batch.energies(weights)
    energies[energies < 0] = torch.inf
    kept = _rivals(energies, batch.points(weights), owner, FOLLOWED_MARGIN)
    owner, weights = owner[kept], weights[kept]
    return Starts(weights, owner, _hessian(wanted.select(owner), weights))


def _coarser(wanted: Problem, routes: Routes) -> Problem:
    """The problem in a small family and few segments, of which each stands for several."""
    segments = min(wanted.segments, COARSE_SEGMENTS)
    return replace(
        wanted,
        objective=InterpolatedEnergy(routes.grid, routes.decoder_count, wanted.segments / segments),
        family=min(wanted.family, COARSE_FAMILY, key=lambda family: family.size),
        segments=segments,
    )


def _candidates(problem: Problem, routes: Routes) -> tuple[Tensor, Tensor]:
    """Points of the curves that are tried, (C, N + 1, 2), and their owners, (C,)."""
    start, end, times = problem.start, problem.end, problem.times
    curves = [torch.from_numpy(path(times.numpy())) for own in routes.paths for path in own]
    owner = [pair for pair, own in enumerate(routes.paths) for _ in own]
    lines = straight(start, end, times)
    across = (end - start).flip(1) * torch.tensor([1.0, -1.0])
    for height in ARC_HEIGHTS:
        curves += (lines + height * bow(times) * across[:, None]).unbind()
        owner += range(len(problem))
    return torch.stack(curves), torch.tensor(owner)


@dataclass(frozen=True)
class _Relaxed:
    """Curves with weights (C, P, 2) after some steps on the interpolated energy, (C,)."""

    problem: Problem
    weights: Tensor
    energies: Tensor


def _relaxed(problem: Problem, weights: Tensor, owner: Tensor) -> _Relaxed:
    """Curves of the problem's pairs, each of an owner (C,), a few steps on.

    A curve that leaves the grid or ends below 0 goes back to the straight line.
    """
    batch = problem.select(owner)
    found = Newton(tolerance=RELAXED_TO, max_steps=RELAXED_IN).solve(batch, weights)
    # between nodes the splines may dip below 0, and beyond the grid they mean nothing
    meant = batch.objective.covers(batch.points(found.weights)) & (found.energy >= 0)
    weights = torch.where(meant[:, None, None], found.weights, 0)
    energies = found.energy.clone()
    energies[~meant] = batch.objective.expand(batch.points(weights)[~meant]).energy
    return _Relaxed(batch, weights, energies)


def _rivals(energies: Tensor, curves: Tensor, owner: Tensor, margin: float) -> list[int]:
    """The numbers of every owner's lowest curves that are apart from one another, lowest first.

    Energies and owner are (C,), curves (C, T, 2); none is more than a margin above the lowest.
    """
    kept: dict[int, list[int]] = {}
    for number in energies.argsort(stable=True).tolist():
        chosen = kept.setdefault(int(owner[number]), [])
        if chosen and energies[number] > _above(energies[chosen[0]], margin):
            continue
        distance = (curves[number, -1] - curves[number, 0]).norm()
        gaps = (curves[chosen] - curves[number]).norm(dim=-1).amax(-1)
        if not chosen or bool((gaps > APART * distance).all()):
            chosen.append(number)
    return [number for pair in sorted(kept) for number in kept[pair]]


def _above(energies: Tensor, share: float) -> Tensor:
    """Energies raised by a share; between nodes splines may dip below 0."""
    return energies + share * energies.abs()


def _with_lines(problem: Problem, interpolated: Problem, found: Starts) -> Starts:
    """Starts with the straight lines that are lower than the lowest of them, which comes first.

    Where an end is beyond the grid the interpolated energy means nothing and what it prefers may be
    far worse: there the line is alone.
    """
    lines = found.weights.new_zeros(len(problem), *found.weights.shape[1:])
    lowest = found.weights[torch.searchsorted(found.owner, torch.arange(len(problem)))]
    line, own = (interpolated.energies(weights) for weights in (lines, lowest))
    beyond = ~interpolated.objective.covers(torch.stack([problem.start, problem.end], dim=1))
    added = beyond.clone()
    near = (~beyond & (line <= _above(own, LINE_MARGIN))).nonzero()[:, 0]
    line, own = (problem.select(near).energies(weights[near]) for weights in (lines, lowest))
    added[near] = line < own
    straight = found.owner[~found.weights.flatten(1).any(1)]
    added[straight] = beyond[straight]  # these have it already
    if not added.any():
        return found
    kept, added = ~beyond[found.owner], added.nonzero()[:, 0]
    owner = torch.cat([found.owner[kept], added])
    unknown = found.hessian.new_full((len(added), *found.hessian.shape[1:]), torch.nan)
    order = owner.argsort(stable=True)
    weights = torch.cat([found.weights[kept], lines[added]])[order]
    return Starts(weights, owner[order], torch.cat([found.hessian[kept], unknown])[order])


def _hessian(problem: Problem, weights: Tensor) -> Tensor:
    """Second derivatives of the interpolated energy in the weights: (C, P d, P d)."""
    expansion = problem.objective.expand(problem.points(weights))
    hessian = expansion.hessian(torch.ones(len(problem), dtype=torch.bool))
    return project(problem.family.basis(problem.times)[1:-1], hessian)
