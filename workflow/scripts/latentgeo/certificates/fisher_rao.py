"""Of the Fisher-Rao metric, by what the latent grid knows of the ways between the pairs."""

from __future__ import annotations

import torch
from torch import Tensor

from ..solvers.problem import Problem
from ..starts.grid.fields import LatentGrid
from ..starts.grid.routes import Routes
from .base import FAMILY, LOWEST, SEGMENTS, UNKNOWN, VALLEY, Certificate

TOLERANCE = 0.01
"""Up to which share above the lowest action known a geodesic counts as the lowest."""


def prepare(problem: Problem, grid: LatentGrid, decoder_count: int) -> Routes:
    """What a problem's curves are compared with; the start `graph` is made of it too."""
    return Routes.of(problem, grid, decoder_count)


def certify(problem: Problem, weights: Tensor, energy: Tensor, routes: Routes) -> Certificate:
    """The certificate of a problem's curves with weights (B, P, d) and energies (B,)."""
    own = torch.where(routes.lowest.isfinite(), routes.actions(problem, weights), torch.nan)
    lowest = torch.minimum(own, routes.lowest)
    least = torch.minimum(routes.least, lowest)
    followed, in_family = routes.followed(problem)
    limit = [UNKNOWN] * len(problem)
    for curve in own.isfinite().nonzero()[:, 0].tolist():
        if own[curve] <= (1 + TOLERANCE) * lowest[curve]:
            limit[curve] = LOWEST
        elif own[curve] <= (1 + TOLERANCE) * in_family[curve]:
            limit[curve] = FAMILY
        else:
            there = problem.select([curve]).energies(followed[[curve]])
            limit[curve] = VALLEY if there < energy[curve] else SEGMENTS
    return Certificate(own, own / least - 1, limit)
