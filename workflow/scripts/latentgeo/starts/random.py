"""Curves with weights from N(0, 1), the study's cold start of polynomials."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..curves import Family
from ..solvers.problem import Problem
from .base import Ingredients, Starts, one_each


def make(problem: Problem, ingredients: Ingredients) -> Starts:
    generators = ingredients.streams("random start")
    return one_each(random(problem.family, problem.start.shape[1], generators))


def random(family: Family, dim: int, generators: Sequence[torch.Generator]) -> Tensor:
    """Weights from N(0, 1), from a stream for each of B pairs: (B, P, dim)."""
    shape = (family.size, dim)
    return torch.stack([torch.randn(shape, generator=g, dtype=torch.float64) for g in generators])
