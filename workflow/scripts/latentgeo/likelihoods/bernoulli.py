"""The Bernoulli distribution of pixels that are 0 or 1: A(η) = log(1 + e^η).

Pixels between 0 and 1 are taken by the same formula, the cross-entropy that many VAEs train with.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .base import Elementwise


class Bernoulli(Elementwise):
    """Independent pixels; a decoder's outputs are logits."""

    def cumulant(self, eta: Tensor, order: int) -> Tensor:
        p = torch.sigmoid(eta)
        if order < 2:
            return p if order else F.softplus(eta)
        variance = p * torch.sigmoid(-eta)
        return variance if order == 2 else variance * (1 - 2 * p)


def make() -> Bernoulli:
    """The likelihood `bernoulli`; it has no settings."""
    return Bernoulli()
