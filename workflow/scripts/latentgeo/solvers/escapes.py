"""Curves around a minimum, from which a lower one may be found: the minimum bowed to both sides."""

from __future__ import annotations

import torch
from torch import Tensor

from ..curves import bow, fit
from .problem import Problem

HEIGHTS = 0.5, 0.25
"""How far to the side an escape begins, as shares of the distance between a curve's ends.

Of 19 curves of the study's ensemble that a cold start left in a higher valley, ±1/2 freed 18.
"""


def bowed(problem: Problem, weights: Tensor) -> Tensor:
    """Weights (b, P, d) of curves, bowed to all sides: (4 (d - 1), b, P, d)."""
    chord = (problem.end - problem.start)[..., None]
    sides = torch.linalg.qr(chord, mode="complete").Q[..., 1:] * chord.norm(dim=1, keepdim=True)
    arc = fit(problem.family, problem.times, bow(problem.times)[None])  # 1×P×1
    ways = [side * way for side in sides.unbind(-1) for way in (1, -1)]
    if not ways:  # in one dimension there is no side
        return weights.new_zeros(0, *weights.shape)
    return torch.stack([weights + h * arc * way[:, None] for h in HEIGHTS for way in ways])
