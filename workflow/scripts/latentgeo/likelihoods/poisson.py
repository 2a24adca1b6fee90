"""The Poisson distribution of counts: A(η) = e^η, h(x) = 1 / x!."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..errors import StudyError
from .base import Elementwise

LEVELS = 255
"""The count that a pixel of 1 stands for."""
SMALL = 20.0
"""Rates up to which the entropy is summed, and not taken from its asymptotic series ..."""
TERMS = 80
"""... and so many terms."""


class Poisson(Elementwise):
    """Independent counts; a decoder's outputs are logarithms of rates.

    An image's pixels in [0, 1] are counts divided by `levels`.
    """

    def __init__(self, levels: int = LEVELS):
        self.levels = levels

    def cumulant(self, eta: Tensor, order: int) -> Tensor:
        return torch.exp(eta)

    def log_density(self, x: Tensor, eta: Tensor) -> Tensor:
        return super().log_density((x * self.levels).round(), eta)

    def log_base(self, x: Tensor) -> Tensor:
        return -torch.lgamma(x + 1)

    def entropy(self, eta: Tensor) -> Tensor:
        """λ (1 - log λ) + E[log x!]; for large λ by Stirling's series of log x!."""
        rate = torch.exp(eta)
        inverse = 1 / rate.clamp(min=1)
        large = (2 * math.pi * math.e * rate.clamp(min=1)).log() / 2
        large = large - inverse / 12 * (1 + inverse * (1 / 2 + inverse * 19 / 30))
        small = rate.clamp(max=SMALL)
        summed, probability = rate * (1 - eta), torch.exp(-small)
        for count in range(1, TERMS):
            probability = probability * small / count
            summed = summed + probability * math.lgamma(count + 1)
        return torch.where(rate <= SMALL, summed, large).sum(-1)

    def expected(self, eta: Tensor) -> Tensor:
        return self.mean(eta) / self.levels


def make(levels: int = LEVELS) -> Poisson:
    """The likelihood `poisson`, of images whose brightest pixels are so many counts."""
    if not 0 < levels < math.inf:
        raise StudyError(f"likelihood: poisson: levels: {levels!r}; a positive number is wanted")
    return Poisson(levels)
