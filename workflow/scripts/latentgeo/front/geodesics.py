"""What a call for geodesics gives back."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from ..curves import Curves


@dataclass(frozen=True)
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
    curve: Curves = field(repr=False)
