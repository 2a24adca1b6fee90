"""What is said of geodesics beside whether the solver converged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

LOWEST, FAMILY, SEGMENTS, VALLEY, UNKNOWN = "none", "family", "segments", "valley", "unknown"
DOUBTFUL = 0.1
"""Share of its energy by which a curve's action is above it where segments hardly resolve it."""


@dataclass(frozen=True)
class Certificate:
    """Of every curve how far it may be above the minimum, and what keeps it there.

    `action`, (B,), is the energy in nats that the curve's segments have as each is divided ever
    more finely; NaN where it is not known. `excess`, (B,), is the share of it above the value that
    no curve's is below, whatever its family, as far as the grid can tell (see `Ways`); NaN where
    there is no such value.

    `limit` says what keeps the action from the lowest that is known:

        none      nothing: it is within 1 % of it
        family    the curve family: along the lowest way its curves do no better
        segments  in so few segments its energy is the lower one, though its action is higher: it
                  jumps where the decoders change most, and is no geodesic
        valley    there is a lower curve of the family, along another way
        unknown   nothing can be said: the curve leaves the grid, or the metric has no certificates
    """

    action: Tensor
    excess: Tensor
    limit: list[str]

    def arrays(self) -> dict[str, np.ndarray]:
        numbers = {"action": self.action.numpy(), "excess": self.excess.numpy()}
        return numbers | {"limit": np.array(self.limit)}

    def doubtful(self, energy: Tensor) -> Tensor:
        """The numbers of the curves, of energies (B,), that may not be the lowest geodesics.

        Those with a limit beside the family, and those that jump: a lower valley is most often
        found beside a curve that its segments hardly resolve.
        """
        limited = torch.tensor([limit not in (LOWEST, FAMILY) for limit in self.limit])
        return (limited | (self.action > (1 + DOUBTFUL) * energy)).nonzero()[:, 0]


def unknown(count: int) -> Certificate:
    """Of so many curves of which nothing can be said."""
    nothing = torch.full((count,), torch.nan, dtype=torch.float64)
    return Certificate(nothing, nothing, [UNKNOWN] * count)
