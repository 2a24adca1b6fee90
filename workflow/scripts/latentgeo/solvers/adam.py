"""The study's own optimiser: Adam for a fixed number of steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..objectives.base import Objective, Streams
from .first_order import judged
from .problem import Problem
from .solution import Progress, Solution, silent

REPORTS = 10
"""How many times a run tells its progress."""


def make(settings: Mapping[str, Any], streams: Streams, progress: Progress) -> Adam:
    """The solver of the method `adam`, on the exact energy or on one that is sampled."""
    options = dict(settings)
    options.pop("energy", None)
    samples = options.pop("mc_samples", 0)
    return Adam(**options, samples=samples, streams=streams, progress=progress)


def no_streams(purpose: str) -> list[torch.Generator]:
    raise ValueError(f"Adam on a sampled energy needs random streams for {purpose!r}")


@dataclass(frozen=True)
class Adam:
    """A fixed number of steps on the whole batch."""

    learning_rate: float
    steps: int
    tolerance: float = 1e-6
    samples: int = 0
    """How many samples estimate the energy that is followed; 0 for the exact one."""
    streams: Streams = no_streams
    progress: Progress = silent

    def solve(
        self,
        problem: Problem,
        weights: Tensor,
        owner: Tensor | None = None,
        hessian: Tensor | None = None,
    ) -> Solution:
        """Minimise from weights (B, P, d); rivals and Hessians (see `Newton`) change nothing.

        A curve whose energy is not finite goes back to where it last was, and stays there.
        """
        parts = [
            (curves, problem.select(curves), self._followed(problem, curves))
            for curves in problem.chunks()
        ]
        variables = weights.clone().requires_grad_()
        optimizer = torch.optim.Adam([variables], lr=self.learning_rate)
        finite, last = torch.ones(len(problem), dtype=torch.bool), weights.clone()
        history = []
        for step in range(self.steps + 1):
            optimizer.zero_grad()
            energy = torch.empty(len(problem), dtype=torch.float64)
            for curves, part, objective in parts:  # a part at a time, to bound the memory
                own = objective.energy(part.points(variables[curves]))
                energy[curves] = own.detach()
                finite[curves] &= torch.isfinite(own.detach())
                if step < self.steps:
                    own[finite[curves]].sum().backward()
            last[finite] = variables.detach()[finite]
            history.append(torch.where(finite, energy, torch.nan))
            if step % max(1, self.steps // REPORTS) == 0:
                self.progress(f"step {step}: mean energy {history[-1].nanmean():.2f} nats")
            if step < self.steps:
                optimizer.step()
        steps = torch.full((len(problem),), self.steps)
        return judged(problem, weights, last, torch.stack(history, 1), steps, self.tolerance)

    def _followed(self, problem: Problem, curves: Tensor) -> Objective:
        """The energy that some of the curves follow: the exact one, or one that is sampled."""
        if not self.samples:
            return problem.objective
        numbers = curves.tolist()
        return problem.objective.sampled(
            self.samples, lambda purpose: [self.streams(purpose)[n] for n in numbers]
        )
