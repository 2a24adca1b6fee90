"""What the latent grid knows of the ways between pairs: paths, the lowest curve, a bound."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from ...curves import CubicSpline, Curves, Family, fit
from ...solvers.newton import Newton
from ...solvers.problem import Problem
from ...solvers.solution import lowest
from ..ways import Path
from .fields import LatentGrid
from .interpolation import InterpolatedEnergy
from .paths import PathFinder

RICH = CubicSpline(12)
"""The family of the lowest curves: what a geodesic may look like in any other."""
SEGMENTS = 64
"""Steps in which an action is summed."""
FOLLOWED = 3
"""How many of a pair's paths are followed to the bottom of their valley."""
RELAXED_TO = 1e-4
"""To which share of the action a path is minimised ..."""
RELAXED_IN = 20
"""... and in how many steps at most."""


@dataclass(frozen=True)
class Routes:
    """Ways between the pairs of a problem, from the fields of the first `decoder_count` decoders.

    The action of a curve is the energy that its N segments have as their steps are divided ever
    more finely: N ∫ D dt + ∫ a·dz / 2 + ∫ |dz/dt|²_C dt / 2N. Energies are close to it where N
    segments resolve a curve.
    """

    grid: LatentGrid
    decoder_count: int
    paths: list[list[Path]]
    """Of every pair different ways, the shortest first."""
    weights: Tensor
    """Of the lowest curves in the family `RICH`: (B, P, 2)."""
    lowest: Tensor
    """Their actions, in nats: (B,); infinite where a pair has no curve on the grid."""
    least: Tensor
    """What no curve's action is below, as far as the grid can tell: (B,)."""
    _followed: dict[Family, tuple[Tensor, Tensor]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, problem: Problem, grid: LatentGrid, decoder_count: int) -> Routes:
        """Of a problem's pairs; its objective and its family do not matter."""
        finder = PathFinder(grid, decoder_count, problem.segments)
        ends = list(zip(problem.start.numpy(), problem.end.numpy(), strict=True))
        ways = [finder(*pair) for pair in ends]
        rich = _continuous(problem, grid, decoder_count, RICH)
        tried = [(n, path) for n, way in enumerate(ways) for path in way.paths[:FOLLOWED]]
        owner = torch.tensor([pair for pair, _ in tried], dtype=torch.int64)
        points = [torch.from_numpy(path(rich.times.numpy())) for _, path in tried]
        weights, actions = _relaxed(rich.select(owner), torch.stack(points))
        first = lowest(actions, owner)
        least = [
            finder.narrowed(*pair, way.least, float(action))
            for pair, way, action in zip(ends, ways, actions[first], strict=True)
        ]
        return cls(
            grid,
            decoder_count,
            [way.paths for way in ways],
            weights[first],
            actions[first],
            torch.tensor(least, dtype=torch.float64),
        )

    def curves(self, problem: Problem) -> Curves:
        """The lowest curves between the problem's pairs."""
        return Curves(RICH, problem.start, problem.end, self.weights)

    def followed(self, problem: Problem) -> tuple[Tensor, Tensor]:
        """Weights (B, P, d) and actions (B,) of the best of a problem's family near the lowest.

        Infinite where they would leave the grid.
        """
        if problem.family not in self._followed:
            fine = _continuous(problem, self.grid, self.decoder_count, problem.family)
            self._followed[problem.family] = _relaxed(fine, self.curves(problem)(fine.times))
        return self._followed[problem.family]

    def actions(self, problem: Problem, weights: Tensor) -> Tensor:
        """The actions of curves of a problem with weights (B, P, d): (B,); NaN beyond the grid."""
        fine = _continuous(problem, self.grid, self.decoder_count, problem.family)
        inside = fine.objective.covers(fine.points(weights))
        return torch.where(inside, fine.energies(weights), torch.nan)


def _continuous(problem: Problem, grid: LatentGrid, decoder_count: int, family: Family) -> Problem:
    """The problem of the least action."""
    steps = problem.segments / SEGMENTS
    action = InterpolatedEnergy(grid, decoder_count, steps, highest=2)
    return replace(problem, objective=action, family=family, segments=SEGMENTS)


def _relaxed(problem: Problem, points: Tensor) -> tuple[Tensor, Tensor]:
    """Curves through points (C, T, 2), some steps on, and their actions.

    A curve that leaves the grid, where the fields mean nothing, or ends below 0 is taken back to
    where it began; if that is no better it becomes the straight line, of infinite action.
    """
    begun = fit(problem.family, problem.times, points)
    found = Newton(tolerance=RELAXED_TO, max_steps=RELAXED_IN).solve(problem, begun)
    weights, actions = torch.zeros_like(begun), torch.full_like(found.energy, torch.inf)
    for tried in (begun, found.weights):
        inside, action = problem.objective.covers(problem.points(tried)), problem.energies(tried)
        lower = inside & (action >= 0) & (action < actions)
        weights[lower], actions[lower] = tried[lower], action[lower]
    return weights, actions
