"""Normal distributions of pixels, of one deviation for all or of a deviation that is decoded.

A single decoder of fixed deviation s has the energy Σ ‖f(z_i) − f(z_{i+1})‖² / 2 s²: the Euclidean
metric pulled back, which most of the literature uses, is this family.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..algebra import products, weighted_products
from ..errors import StudyError
from .base import Elementwise, Moments
from .links import Scaled

LOG_2PI = math.log(2 * math.pi)
LEARNED = "learned"


class Gaussian(Elementwise):
    """Independent pixels of one deviation s; a decoder's outputs are means.

    η = mean / s²,  A(η) = s² η² / 2,  log h(x) = −x² / 2 s² − log(2π s²) / 2.
    """

    def __init__(self, deviation: float = 1.0):
        self.variance = deviation**2
        self.link = Scaled(1 / self.variance)

    def cumulant(self, eta: Tensor, order: int) -> Tensor:
        if order < 2:
            return eta * self.variance if order else eta.square() * (self.variance / 2)
        return torch.full_like(eta, self.variance if order == 2 else 0)

    def log_base(self, x: Tensor) -> Tensor:
        return -(x.square() / self.variance + LOG_2PI + math.log(self.variance)) / 2

    def entropy(self, eta: Tensor) -> Tensor:
        return torch.full_like(eta, (LOG_2PI + 1 + math.log(self.variance)) / 2).sum(-1)


class MeanAndDeviation:
    """Means and log deviations ℓ, one after the other, as natural parameters of `LearnedGaussian`.

    The variance is v = e^(2ℓ) + least²; η is (mean / v, −1 / 2v).
    """

    def __init__(self, least: float):
        self.floor = least**2

    def __call__(self, output: Tensor) -> Tensor:
        mean, log_deviation = output.chunk(2, -1)
        variance = (2 * log_deviation).exp() + self.floor
        return torch.cat([mean / variance, -1 / (2 * variance)], -1)

    def pull(self, eta: Tensor, residual: Tensor) -> Tensor:
        mean, v, growth = self._parts(eta)
        first, second = residual.chunk(2, -1)
        return torch.cat([first / v, growth * (second - 2 * mean * first)], -1)

    def push(self, eta: Tensor, tangents: Tensor) -> Tensor:
        mean, v, growth = (part[:, None] for part in self._parts(eta))
        of_mean, of_log = tangents.chunk(2, -1)
        return torch.cat([of_mean / v - 2 * mean * growth * of_log, growth * of_log], -1)

    def curvature(self, eta: Tensor, residual: Tensor, tangents: Tensor) -> Tensor:
        mean, v, growth = self._parts(eta)
        first, second = residual.chunk(2, -1)
        of_mean, of_log = tangents.chunk(2, -1)
        mixed = products(of_mean * (-2 * growth * first)[:, None], of_log)
        bend = 2 * growth - 4 * growth.square() * v  # of −1 / 2v in ℓ
        return mixed + mixed.mT + weighted_products(bend * (second - 2 * mean * first), of_log)

    def _parts(self, eta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Mean, variance v, and the slope of −1 / 2v in ℓ, e^(2ℓ) / v²."""
        mean, variance = mean_and_variance(eta)
        return mean, variance, (variance - self.floor) / variance.square()


def mean_and_variance(eta: Tensor) -> tuple[Tensor, Tensor]:
    """Of natural parameters (..., 2 F): (..., F) each."""
    first, second = eta.chunk(2, -1)
    variance = -1 / (2 * second)
    return first * variance, variance


class LearnedGaussian:
    """Independent pixels x, T(x) = (x, x²); a decoder's outputs are means, then log deviations.

    A(η) = −η₁² / 4η₂ − log(−2η₂) / 2 a pixel, h = (2π)^(−1/2). What `moments` has for the variance
    are means and variances of the pixels, from which all actions follow.
    """

    outputs = 2

    def __init__(self, least: float = 0.0):
        self.link = MeanAndDeviation(least)

    def log_normalizer(self, eta: Tensor) -> Tensor:
        first, second = eta.chunk(2, -1)
        return (-first.square() / (4 * second) - torch.log(-2 * second) / 2).sum(-1)

    def mean(self, eta: Tensor) -> Tensor:
        mean, variance = mean_and_variance(eta)
        return torch.cat([mean, mean.square() + variance], -1)

    def moments(self, eta: Tensor) -> Moments:
        eta = eta.detach()
        return Moments(self.mean(eta), torch.cat(mean_and_variance(eta), -1))

    def weigh(self, variance: Tensor, x: Tensor) -> Tensor:
        mean, v = variance.chunk(2, -1)
        first, second = x.chunk(2, -1)
        of_mean = v * (first + 2 * mean * second)
        return torch.cat([of_mean, 2 * (mean * of_mean + v.square() * second)], -1)

    def turn(self, eta: Tensor, variance: Tensor, ahead: Tensor, x: Tensor) -> Tensor:
        mean, v = variance.chunk(2, -1)
        first, second = x.chunk(2, -1)
        along, across = ahead.chunk(2, -1)
        # how mean and variance of the pixels change along x, and with them V ahead
        of_mean, of_variance = v * (first + 2 * mean * second), 2 * v.square() * second
        top = of_variance * (along + 2 * mean * across) + 2 * v * of_mean * across
        weighed = v * (along + 2 * mean * across)
        bottom = 2 * (of_mean * weighed + mean * top + 2 * v * of_variance * across)
        return 2 * self.weigh(variance, x) - torch.cat([top, bottom], -1)

    def log_density(self, x: Tensor, eta: Tensor) -> Tensor:
        mean, variance = mean_and_variance(eta)
        return -((x - mean).square() / variance + LOG_2PI + variance.log()).sum(-1) / 2

    def entropy(self, eta: Tensor) -> Tensor:
        return (LOG_2PI + 1 + mean_and_variance(eta)[1].log()).sum(-1) / 2

    def expected(self, eta: Tensor) -> Tensor:
        return mean_and_variance(eta)[0]


def make(deviation: float | str, least: float = 0.0) -> Gaussian | LearnedGaussian:
    """The likelihood `gaussian`; a deviation may be "learned", and then is at least so large.

    Raises StudyError for deviations that are not positive.
    """
    if deviation == LEARNED:
        if not 0 <= least < math.inf:
            raise StudyError(f"likelihood: gaussian: least: {least!r}; 0 or more is wanted")
        return LearnedGaussian(least)
    if isinstance(deviation, str) or not 0 < deviation < math.inf:
        wanted = f"a positive number or {LEARNED!r} is wanted"
        raise StudyError(f"likelihood: gaussian: deviation: {deviation!r}; {wanted}")
    return Gaussian(deviation)
