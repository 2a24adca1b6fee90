"""L-BFGS with a strong Wolfe line search, one curve at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..objectives.base import Streams
from .first_order import judged
from .problem import Problem
from .solution import Progress, Solution, silent

EVALUATIONS_A_STEP = 26
"""One iteration of torch's own: its line search has 25 evaluations at most."""


def make(settings: Mapping[str, Any], streams: Streams, progress: Progress) -> LBFGS:
    """The solver of the method `lbfgs`; it draws nothing."""
    return LBFGS(**settings, progress=progress)


@dataclass(frozen=True)
class LBFGS:
    """At most so many steps on the exact energy of each curve."""

    learning_rate: float
    steps: int
    tolerance: float = 1e-6
    progress: Progress = silent

    def solve(
        self,
        problem: Problem,
        weights: Tensor,
        owner: Tensor | None = None,
        hessian: Tensor | None = None,
    ) -> Solution:
        """Minimise from weights (B, P, d), until a step changes nothing or all steps are taken.

        Rivals and Hessians (see `Newton`) change nothing.
        """
        history = torch.full((len(problem), self.steps + 1), torch.nan, dtype=torch.float64)
        steps = torch.zeros(len(problem), dtype=torch.long)
        found = weights.clone()
        for curve in range(len(problem)):
            energies, found[curve] = self._solve_one(problem.select([curve]), weights[[curve]])
            steps[curve] = len(energies) - 1
            history[curve, : len(energies)] = torch.tensor(energies, dtype=torch.float64)
            self.progress(f"curve {curve + 1} of {len(problem)}: {energies[-1]:.2f} nats")
        history = history[:, : int(steps.max()) + 1]
        return judged(problem, weights, found, history, steps, self.tolerance)

    def _solve_one(self, problem: Problem, weights: Tensor) -> tuple[list[float], Tensor]:
        variables = weights.clone().requires_grad_()
        optimizer = torch.optim.LBFGS(
            [variables],
            lr=self.learning_rate,
            max_iter=1,
            max_eval=EVALUATIONS_A_STEP,
            line_search_fn="strong_wolfe",
        )

        def energy() -> Tensor:
            optimizer.zero_grad()
            value = problem.objective.energy(problem.points(variables)).sum()
            value.backward()
            return value

        energies, last = [energy().item()], weights
        while len(energies) <= self.steps and np.isfinite(energies[-1]):
            optimizer.step(energy)
            value = energy().item()
            if not np.isfinite(value):
                break
            unchanged = torch.equal(variables.detach(), last)
            last = variables.detach().clone()
            if unchanged:
                break
            energies.append(value)
        return energies, last[0]
