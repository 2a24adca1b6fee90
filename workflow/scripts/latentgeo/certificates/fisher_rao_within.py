"""Of the metric that couples every decoder with itself alone."""

from __future__ import annotations

from ..solvers.problem import Problem
from ..starts.grid.fields import LatentGrid
from ..starts.grid.routes import Routes
from .fisher_rao import certify

__all__ = ["certify", "prepare"]


def prepare(problem: Problem, grid: LatentGrid, decoder_count: int) -> Routes:
    """What a problem's curves are compared with; the start `graph` is made of it too."""
    return Routes.of(problem, grid.within(), decoder_count)
