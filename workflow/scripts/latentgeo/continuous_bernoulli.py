"""The continuous Bernoulli distribution in its natural parameter.

    p(x | eta) = exp(eta x - A(eta)),   x in [0, 1],   A(eta) = log((e^eta - 1) / eta)

Everything follows from the log-normaliser A and its derivatives, the cumulants of p: the mean
A', the variance A'' and the third cumulant A'''. With h = eta / 2, A(eta) = h + log(sinh(h) / h);
a power series serves near 0, an expression without overflow elsewhere, so that all of them are
accurate to a few units in the last place, in float32 and in float64.

Source: Loaiza-Ganem and Cunningham, "The continuous Bernoulli: fixing a pervasive error in
variational autoencoders", 2019.
"""

from __future__ import annotations

from math import factorial
from typing import NamedTuple

import torch
from scipy.special import bernoulli
from torch import Tensor

BOUND = 15.94
"""Largest natural parameter that a decoder may give: the log-odds at float32 resolution."""

_SERIES_BELOW = 0.35
_AT_ONCE = {torch.float32: 2**17, torch.float64: 12544}
"""Numbers worked on at once: some twenty temporaries in double precision crowd a cache."""
_BERNOULLI = bernoulli(16)
# log(sinh(h) / h) = sum over n of 2^(2n) B_2n / (2n (2n)!) h^(2n), a series in h^2 ...
_SERIES = [4.0**n * _BERNOULLI[2 * n] / (2 * n * factorial(2 * n)) for n in range(1, 9)]
# ... and the k-th derivative, divided by h when k is odd, is one in h^2 as well
_SERIES_OF = {
    0: [0.0, *_SERIES],
    1: [2 * n * c for n, c in enumerate(_SERIES, 1)],
    2: [2 * n * (2 * n - 1) * c for n, c in enumerate(_SERIES, 1)],
    3: [2 * n * (2 * n - 1) * (2 * n - 2) * c for n, c in enumerate(_SERIES, 1)][1:],
}


class Cumulants(NamedTuple):
    """A, A' and A'' at the same natural parameters, all of one shape."""

    log_normalizer: Tensor
    mean: Tensor
    variance: Tensor


def bounded(logits: Tensor) -> Tensor:
    """Natural parameters within ±BOUND, smoothly: BOUND tanh(logits / BOUND).

    Without a bound the likelihood of a pixel that is always 0 has no maximum.
    """
    return BOUND * torch.tanh(logits / BOUND)


def cumulants(eta: Tensor) -> Cumulants:
    """A, A' and A'' of eta, any shape, sharing one exponential; outside autograd."""
    return Cumulants(*_derivatives(eta, 0, 1, 2))


def log_normalizer(eta: Tensor) -> Tensor:
    """A(eta) in nats, any shape; differentiable three times."""
    return _Cumulant.apply(eta, 0)


def mean(eta: Tensor) -> Tensor:
    """E[x] = A'(eta), in (0, 1), any shape; differentiable twice."""
    return _Cumulant.apply(eta, 1)


def variance(eta: Tensor) -> Tensor:
    """Var[x] = A''(eta), any shape: the Fisher information of eta; differentiable once."""
    return _Cumulant.apply(eta, 2)


def third_cumulant(eta: Tensor) -> Tensor:
    """A'''(eta), any shape; not differentiable."""
    return _Cumulant.apply(eta, 3)


def log_density(x: Tensor, eta: Tensor) -> Tensor:
    """log p(x | eta) in nats, elementwise, for x in [0, 1]."""
    return eta * x - log_normalizer(eta)


def entropy(eta: Tensor) -> Tensor:
    """Differential entropy A(eta) - eta A'(eta), nats, elementwise: 0 at eta = 0, else negative."""
    return log_normalizer(eta) - eta * mean(eta)


def divergence(eta_p: Tensor, eta_q: Tensor) -> Tensor:
    """KL(p ‖ q) in nats, elementwise: the Bregman divergence of A from eta_p to eta_q."""
    return log_normalizer(eta_q) - log_normalizer(eta_p) - mean(eta_p) * (eta_q - eta_p)


class _Terms:
    """What the derivatives of log(sinh(h) / h) at h = |eta| / 2 share.

    Series and direct expression are both evaluated everywhere, each on arguments clamped to where
    it holds: on vectors that is several times faster than selecting arguments.
    """

    def __init__(self, eta: Tensor):
        self.eta = eta
        half = eta.abs() / 2
        self.small = half < _SERIES_BELOW
        self.square = half.clamp(max=_SERIES_BELOW).square_()
        self.half = half.clamp_(min=_SERIES_BELOW)
        self.inverse = self.half.reciprocal()
        decay = torch.exp(-2 * self.half)
        self.complement = 1 - decay
        self.coth = (1 + decay).div_(self.complement)
        self.csch_square = decay.mul_(4).div_(self.complement).div_(self.complement)

    def select(self, series: Tensor, direct: Tensor) -> Tensor:
        return torch.where(self.small, series, direct)

    def series(self, order: int) -> Tensor:
        coefficients = _SERIES_OF[order]
        total = torch.full_like(self.eta, coefficients[-1])
        for c in reversed(coefficients[:-1]):
            total.mul_(self.square).add_(c)
        return total if order % 2 == 0 else total.mul_(self.eta).div_(2)


def _derivative(terms: _Terms, order: int) -> Tensor:
    """The derivative of A of an order from 0 to 3."""
    eta, inverse = terms.eta, terms.inverse
    if order == 0:
        # log1p(x - 1) is vectorised where log(x) is not
        log = torch.log1p((terms.complement * inverse).div_(2).sub_(1))
        return terms.select(terms.series(0), log.add_(terms.half)).add_(eta, alpha=0.5)
    if order == 1:
        direct = (terms.coth - inverse).mul_(eta.sign())
        return terms.select(terms.series(1), direct).add_(1).div_(2)
    if order == 2:
        direct = inverse.square().sub_(terms.csch_square)
        return terms.select(terms.series(2), direct).div_(4)
    direct = (terms.coth * terms.csch_square).sub_(inverse.square().mul_(inverse))
    return terms.select(terms.series(3), direct.mul_(eta.sign()).mul_(2)).div_(8)


def _derivatives(eta: Tensor, *orders: int) -> list[Tensor]:
    """Derivatives of A of several orders, worked out a cacheful at a time."""
    with torch.no_grad():
        at_once = _AT_ONCE[eta.dtype]
        if eta.numel() <= at_once:
            terms = _Terms(eta)
            return [_derivative(terms, order) for order in orders]
        results = [torch.empty_like(eta, memory_format=torch.contiguous_format) for _ in orders]
        parts = [tensor.view(-1).split(at_once) for tensor in results]
        for chunk, *outputs in zip(eta.reshape(-1).split(at_once), *parts, strict=True):
            terms = _Terms(chunk)
            for order, output in zip(orders, outputs, strict=True):
                output.copy_(_derivative(terms, order))
    return results


class _Cumulant(torch.autograd.Function):
    """A derivative of A whose own derivative is the next one."""

    @staticmethod
    def forward(ctx, eta: Tensor, order: int) -> Tensor:
        ctx.order = order
        if ctx.needs_input_grad[0] and order < 3:  # the slope is cheap while the terms are here
            value, slope = _derivatives(eta, order, order + 1)
            ctx.save_for_backward(eta, slope)
            return value
        return _derivatives(eta, order)[0]

    @staticmethod
    def backward(ctx, gradient: Tensor):
        if ctx.order == 3:
            raise NotImplementedError("the fourth cumulant is not implemented")
        eta, slope = ctx.saved_tensors
        if torch.is_grad_enabled():  # a derivative of this derivative may be asked for
            slope = _Cumulant.apply(eta, ctx.order + 1)
        return gradient * slope, None
