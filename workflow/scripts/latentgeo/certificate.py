"""Whether geodesics are the lowest that there are, by what the latent grid knows of their pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .solvers.problem import Problem
from .starts.grid.routes import Routes

TOLERANCE = 0.01
"""Up to which share above the lowest action known a geodesic counts as the lowest."""
LOWEST, FAMILY, SEGMENTS, VALLEY, UNKNOWN = "none", "family", "segments", "valley", "unknown"


@dataclass(frozen=True)
class Certificate:
    """Of every curve how far it may be above the minimum, and what keeps it there.

    `excess`, (B,), is the share of the curve's action above the value that no curve's is below,
    whatever its family, as far as the grid can tell (see `Ways`); NaN where there is no such value.

    `limit` says what keeps the action from the lowest that is known:

        none      nothing: it is within 1 % of it
        family    the curve family: along the lowest way its curves do no better
        segments  in so few segments its energy is the lower one, though its action is higher: it
                  jumps where the decoders change most, and is no geodesic
        valley    there is a lower curve of the family, along another way
        unknown   the grid can't tell: the curve leaves it, or there is none
    """

    excess: Tensor
    limit: list[str]

    def arrays(self) -> dict[str, np.ndarray]:
        return {"excess": self.excess.numpy(), "limit": np.array(self.limit)}


def certify(
    problem: Problem, weights: Tensor, energy: Tensor, routes: Routes | None
) -> Certificate:
    """The certificate of a problem's curves with weights (B, P, d) and energies (B,)."""
    if routes is None:
        return Certificate(torch.full_like(energy, torch.nan), [UNKNOWN] * len(problem))
    own = torch.where(routes.lowest.isfinite(), routes.actions(problem, weights), torch.nan)
    lowest = torch.minimum(own, routes.lowest)
    least = torch.minimum(routes.least, lowest)
    followed, in_family = routes.followed(problem)
    there = problem.energies(followed)
    limit = []
    for curve in range(len(problem)):
        if own[curve].isnan():
            limit.append(UNKNOWN)
        elif own[curve] <= (1 + TOLERANCE) * lowest[curve]:
            limit.append(LOWEST)
        elif own[curve] <= (1 + TOLERANCE) * in_family[curve]:
            limit.append(FAMILY)
        else:
            limit.append(VALLEY if there[curve] < energy[curve] else SEGMENTS)
    return Certificate(own / least - 1, limit)
