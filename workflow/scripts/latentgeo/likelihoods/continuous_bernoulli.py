"""The continuous Bernoulli distribution of pixels in [0, 1].

    p(x | eta) = exp(eta x - A(eta)),   x in [0, 1],   A(eta) = log((e^eta - 1) / eta)

Source: Loaiza-Ganem and Cunningham, "The continuous Bernoulli: fixing a pervasive error in
variational autoencoders", 2019.
"""

from __future__ import annotations

import torch
from torch import Tensor

from . import continuous_bernoulli_cumulants as cumulants
from .base import Elementwise, Moments
from .links import ElementwiseLink

BOUND = 15.94
"""Largest natural parameter that a decoder may give: the log-odds at float32 resolution."""


class Bounded(ElementwiseLink):
    """Outputs to natural parameters within ±BOUND, smoothly: BOUND tanh(output / BOUND).

    Without a bound the likelihood of a pixel that is always 0 has no maximum.
    """

    def __call__(self, output: Tensor) -> Tensor:
        # the sigmoid, of which tanh(x) = 2 sigmoid(2 x) - 1, is several times faster
        return 2 * BOUND * torch.sigmoid(output * (2 / BOUND)) - BOUND

    def slope(self, eta: Tensor) -> Tensor:
        return 1 - (eta / BOUND).square()

    def second_derivative(self, eta: Tensor) -> Tensor:
        return self.slope(eta) * eta * (-2 / BOUND**2)


class ContinuousBernoulli(Elementwise):
    """Independent pixels; a decoder's outputs are logits, bounded."""

    link = Bounded()

    def cumulant(self, eta: Tensor, order: int) -> Tensor:
        return cumulants.cumulant(eta, order)

    def moments(self, eta: Tensor) -> Moments:
        return Moments(*cumulants.cumulants(eta, 1, 2))


CONTINUOUS_BERNOULLI = ContinuousBernoulli()


def make() -> ContinuousBernoulli:
    """The likelihood `continuous-bernoulli`; it has no settings."""
    return CONTINUOUS_BERNOULLI
