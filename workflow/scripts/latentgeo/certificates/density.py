"""Of the density metric: nothing can be said."""

from __future__ import annotations

from torch import Tensor

from ..solvers.problem import Problem
from ..starts.grid.fields import LatentGrid
from .base import Certificate, unknown


def prepare(problem: Problem, grid: LatentGrid | None, decoder_count: int) -> None:
    """The grid knows nothing of this metric."""


def certify(problem: Problem, weights: Tensor, energy: Tensor, known: None) -> Certificate:
    return unknown(len(problem))
