"""What solvers that follow gradients alone share: they end by Newton's own judgement."""

from __future__ import annotations

import torch
from torch import Tensor

from .problem import Problem
from .solution import NOT_MINIMAL, Solution
from .state import NewtonState


def judged(
    problem: Problem,
    start: Tensor,
    weights: Tensor,
    history: Tensor,
    steps: Tensor,
    tolerance: float,
) -> Solution:
    """The solution that ends at weights (B, P, d), judged as a Newton solution would be."""
    end = NewtonState(problem, weights, tolerance)
    end.finish(end.running, NOT_MINIMAL)
    initial = []
    with torch.no_grad():
        for curves in problem.chunks():
            part = problem.select(curves)
            initial.append(part.objective.energy(part.points(start[curves])))
    return Solution(weights, end.energy, torch.cat(initial), history, steps, end.status)
