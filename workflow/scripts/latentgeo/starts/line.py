"""The straight line between a pair of points."""

from __future__ import annotations

import torch
from torch import Tensor

from ..curves import Family
from ..solvers.problem import Problem
from .base import Ingredients, Starts, one_each


def make(problem: Problem, ingredients: Ingredients) -> Starts:
    return one_each(line(problem.family, len(problem), problem.start.shape[1]))


def line(family: Family, pairs: int, dim: int) -> Tensor:
    """Weights of straight lines: (pairs, P, dim)."""
    return torch.zeros(pairs, family.size, dim, dtype=torch.float64)
