"""The study's own optimiser: Adam for a fixed number of steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..objectives.base import Streams
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
        objective = problem.objective
        if self.samples:
            objective = objective.sampled(self.samples, self.streams)
        variables = weights.clone().requires_grad_()
        optimizer = torch.optim.Adam([variables], lr=self.learning_rate)
        finite = torch.ones(len(problem), dtype=torch.bool)
        last = weights.clone()
        history = []
        for step in range(self.steps + 1):
            energy = objective.energy(problem.points(variables))
            finite &= torch.isfinite(energy.detach())
            last[finite] = variables.detach()[finite]
            history.append(torch.where(finite, energy.detach(), torch.nan))
            if step % max(1, self.steps // REPORTS) == 0:
                self.progress(f"step {step}: mean energy {history[-1].nanmean():.2f} nats")
            if step < self.steps:
                optimizer.zero_grad()
                energy[finite].sum().backward()
                optimizer.step()
        steps = torch.full((len(problem),), self.steps)
        return judged(problem, weights, last, torch.stack(history, 1), steps, self.tolerance)
