"""What a call for geodesics gives back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from torch import Tensor

from ..curves import Curves


@dataclass(frozen=True, repr=False)
class Geodesics:
    """B geodesics; `geodesics.curve(t)` gives their points.

    `energy`, `travel` and `disagreement` in nats, `length` in √nats, (B,) each; `converged` (B,)
    and `status` say whether each is at a minimum, `limit` whether a lower one is known (see
    `certificates`); `points` (B, N + 1, d), and `weights` (B, P, d) of the curve family's basis.
    """

    energy: Tensor
    length: Tensor
    travel: Tensor
    disagreement: Tensor
    converged: Tensor
    status: list[str]
    limit: list[str]
    points: Tensor
    weights: Tensor
    curve: Curves

    def __repr__(self) -> str:
        """How many there are and how they are; all tensors would fill pages."""
        count, wrong = len(self.status), Counter(self.status)
        less = {limit: n for limit, n in Counter(self.limit).items() if limit != "none"}
        low, high = (float(end) for end in (self.length.min(), self.length.max()))
        return (
            f"Geodesics({count}, {dict(wrong)}, lengths {low:.4g} to {high:.4g} √nats, "
            f"limits {less or 'none'})"
        )
