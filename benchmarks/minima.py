"""What is known of the minima between a model's pairs, and how good a curve is by it.

The lowest energy of N steps need not be a geodesic's: a curve that jumps where the decoders change
most may have less. It gives itself away by its action, the energy that it has as its steps are
divided ever more finely: n / N times the energy of n steps as n grows. Hence every curve is
compared with the lowest energy of all, and with the lowest of curves whose action is no higher than
its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import torch
from latentgeo.curves import fit, straight
from latentgeo.geodesics import streams_of
from latentgeo.solvers.problem import Problem
from latentgeo.starts.base import one_each
from latentgeo.starts.grid.fields import LatentGrid
from latentgeo.starts.grid.routes import Routes
from latentgeo.starts.line import line
from latentgeo.starts.random import random
from ours import certified, newton, newton_from_graph
from torch import Tensor
from traces import Trace, charged

ESCAPES = 4
SAME = 1e-3
"""Share by which an action may be above another that counts as no higher."""
ACTION_STEPS = 16
"""Into how many every step of a curve is divided for its action under one decoder."""
BOW_SINES, BOW_HEIGHT = 3, 0.6
"""Random bows are sums of so many sines; the first has this share of the latents' spread."""


@dataclass(frozen=True)
class Known:
    """Energies and actions of all curves found between B pairs: (K, B), infinite where none is."""

    energy: np.ndarray
    action: np.ndarray

    @classmethod
    def of(cls, runs: Iterable[list[Trace]], pairs: int) -> Known:
        """Of runs on the first pairs, all or fewer."""
        runs = list(runs)
        energy, action = np.full((2, len(runs), pairs), np.inf)
        for row, run in enumerate(runs):
            energy[row, : len(run)] = [trace.energy[-1] for trace in run]
            action[row, : len(run)] = [trace.action for trace in run]
        return cls(energy, action)

    def lowest(self, pair: int) -> float:
        return float(self.energy[:, pair].min())

    def geodesic(self, pair: int, action: float) -> float:
        """The lowest energy of a pair's curves of no higher action."""
        no_higher = self.action[:, pair] <= action * (1 + SAME)
        return float(self.energy[no_higher, pair].min())


def with_actions(run: list[Trace], problem: Problem, routes: Routes) -> list[Trace]:
    """Traces of a problem's first pairs with their actions.

    Under one decoder by fine steps; else from the grid, and infinite beyond it.
    """
    part = problem.select(list(range(len(run))))
    weights = torch.stack([trace.weights for trace in run])
    if len(problem.objective.decoders) > 1:
        actions = routes.actions(part, weights).nan_to_num(nan=torch.inf)
    else:
        with torch.no_grad():
            fine = replace(part, segments=ACTION_STEPS * part.segments)
            actions = ACTION_STEPS * fine.energies(weights)
    return [replace(trace, action=float(a)) for trace, a in zip(run, actions, strict=True)]


@dataclass(frozen=True)
class Ours:
    """Our runs on a model's pairs, by start; those from random starts are several."""

    runs: dict[str, list[list[Trace]]]
    limit: list[str]
    """What limits the curves from the graph start (`certificates.base.Certificate`)."""
    routes: Routes

    def __iter__(self):
        return (run for own in self.runs.values() for run in own)


def ours(
    problem: Problem, grid: LatentGrid, share: float, spread: Tensor, randoms: tuple[int, int]
) -> Ours:
    """From the graph start and the line, without and with escapes, and from random starts.

    `share` is what the grid cost a pair; `spread` (d,) the latents' standard deviations; `randoms`
    how many bows there are, and how many curves with normal weights.
    """
    graph, routes = newton_from_graph(problem, grid)
    graph, limit = certified(graph, problem, routes)
    escaping, _ = newton_from_graph(problem, grid, ESCAPES)
    straight = one_each(line(problem.family, len(problem), 2))
    bow_count, normal_count = randoms
    runs = {
        "graph": [charged(graph, share, 0.0)],
        "graph, escapes": [charged(escaping, share, 0.0)],
        "line": [newton(problem, straight)],
        "line, escapes": [newton(problem, straight, ESCAPES)],
        "bow": [newton(problem, one_each(w)) for w in bows(problem, spread, bow_count)],
        "normal": [newton(problem, one_each(w)) for w in normals(problem, spread, normal_count)],
    }
    for start, own in runs.items():
        runs[start] = [with_actions(run, problem, routes) for run in own]
    return Ours(runs, limit, routes)


def bows(problem: Problem, spread: Tensor, count: int) -> list[Tensor]:
    """Random smooth curves to start from, (B, P, d) each: sums of sines across the line.

    Their amplitudes are normal, with a deviation of a share of `spread`, (d,), over their number.
    """
    generator = torch.Generator().manual_seed(5)
    t, k = problem.times, torch.arange(1, BOW_SINES + 1)
    lines, found = straight(problem.start, problem.end, t), []
    for _ in range(count):
        shape = (len(problem), BOW_SINES, problem.start.shape[1])
        heights = torch.randn(shape, generator=generator, dtype=torch.float64)
        heights *= (BOW_HEIGHT / k[:, None]) * spread
        found.append(fit(problem.family, t, lines + torch.sin(torch.pi * t[:, None] * k) @ heights))
    return found


def normals(problem: Problem, spread: Tensor, count: int) -> list[Tensor]:
    """The study's random start, normal weights, (B, P, d) each, scaled to be as far out as bows."""
    k = torch.arange(1, BOW_SINES + 1)
    height = (0.5 * (BOW_HEIGHT / k) ** 2).sum().sqrt()
    basis = problem.family.basis(problem.times)
    scale = height * spread / basis.square().sum(1).mean().sqrt()
    owners = range(len(problem))
    return [
        scale * random(problem.family, len(spread), streams_of(number, owners)("random start"))
        for number in range(count)
    ]
