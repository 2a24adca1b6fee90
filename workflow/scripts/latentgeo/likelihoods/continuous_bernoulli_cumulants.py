"""The log-normaliser A(eta) of the continuous Bernoulli and its derivatives, the cumulants.

With h = eta / 2, A(eta) = h + log(sinh(h) / h); a power series serves near 0, an expression
without overflow elsewhere, so that A and the mean A′ are accurate to a few units in the last
place, in float32 and in float64, the variance A″ and the third cumulant A‴ to some hundred.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import factorial, log

import numpy as np
import torch
from scipy.special import bernoulli
from torch import Tensor

_SERIES_BELOW = {torch.float32: (0.35, 4), torch.float64: (0.15, 6)}
"""Below which h a series serves, and of how many terms: rounding and truncation in balance."""
_AT_ONCE = 2**17
"""Numbers worked on at once: more temporaries leave the processor's cache."""
_BERNOULLI = bernoulli(16)
# log(sinh(h) / h) = sum over n of 2^(2n) B_2n / (2n (2n)!) h^(2n), a series in h^2 ...
_SERIES = [4.0**n * _BERNOULLI[2 * n] / (2 * n * factorial(2 * n)) for n in range(1, 9)]
# ... and the k-th derivative, divided by h when k is odd, is one in h^2 as well
_SERIES_OF = {
    1: [2 * n * c for n, c in enumerate(_SERIES, 1)],
    2: [2 * n * (2 * n - 1) * c for n, c in enumerate(_SERIES, 1)],
    3: [2 * n * (2 * n - 1) * (2 * n - 2) * c for n, c in enumerate(_SERIES, 1)][1:],
}


def cumulant(eta: Tensor, order: int) -> Tensor:
    """A (order 0), the mean A′, the variance A″ or A‴ of eta, elementwise, any shape.

    Differentiable as often as the order leaves room for: A three times, A‴ not at all.
    """
    return _Cumulant.apply(eta, order)


def cumulants(eta: Tensor, *orders: int) -> list[Tensor]:
    """Several of them at once, which share an exponential; outside autograd."""
    with torch.no_grad():
        if eta.numel() <= _AT_ONCE:
            terms = _Terms(eta)
            return [_derivative(terms, order) for order in orders]
        results = [torch.empty_like(eta, memory_format=torch.contiguous_format) for _ in orders]
        parts = [tensor.view(-1).split(_AT_ONCE) for tensor in results]
        for chunk, *outputs in zip(eta.reshape(-1).split(_AT_ONCE), *parts, strict=True):
            terms = _Terms(chunk)
            for order, output in zip(orders, outputs, strict=True):
                output.copy_(_derivative(terms, order))
    return results


class _Terms:
    """What the derivatives of g(h) = log(sinh(h) / h) at h = |eta| / 2 share."""

    def __init__(self, eta: Tensor):
        self.eta = eta
        below, self.terms = _SERIES_BELOW[eta.dtype]
        self.least = below**2
        half = eta.abs().mul_(0.5)
        self.margin = half.square().clamp_(max=self.least).sub_(self.least)
        self.half = half.clamp_(min=below)
        self.inverse = self.half.reciprocal()
        self.decay = torch.exp2(self.half * (-2 / log(2)))
        self.complement = 1 - self.decay
        self.coth = (1 + self.decay).div_(self.complement)

    def continued(self, direct: Tensor, order: int) -> Tensor:
        """A direct expression at the clamped argument, plus what the series adds below."""
        rise = _polynomial(_rise(order, self.least, self.terms), self.margin)
        return direct.add_(rise.mul_(self.margin))


def _polynomial(coefficients: Sequence[float], x: Tensor) -> Tensor:
    total = torch.full_like(x, coefficients[-1])
    for c in reversed(coefficients[:-1]):
        total.mul_(x).add_(c)
    return total


@cache
def _rise(order: int, least: float, terms: int) -> list[float]:
    """Q of P(s) - P(least) = (s - least) Q(s - least), with P an order's series in s = h²."""
    series = np.polynomial.Polynomial(_SERIES_OF[order][:terms])
    return series(np.polynomial.Polynomial([least, 1])).coef[1:].tolist()


def _derivative(terms: _Terms, order: int) -> Tensor:
    """The derivative of A of an order from 0 to 3.

    A series serves below a threshold, a direct expression above it. Both are evaluated everywhere,
    each on arguments clamped to where it holds, and added: on vectors that is several times faster
    than selecting. Only A itself, which vanishes at 0, needs the selection to be accurate there.
    """
    eta, inverse = terms.eta, terms.inverse
    if order == 0:
        direct = torch.log((terms.complement * inverse).div_(2)).add_(terms.half)
        square = (eta / 2).square_().clamp_(max=terms.least)
        series = _polynomial([0.0, *_SERIES[: terms.terms]], square)
        return torch.where(terms.margin < 0, series, direct).add_(eta, alpha=0.5)
    if order == 1:
        direct = (terms.coth - inverse).mul_(inverse)
        return terms.continued(direct, 1).mul_(eta).mul_(0.25).add_(0.5)
    csch_square = terms.decay.div(terms.complement).div_(terms.complement).mul_(4)
    if order == 2:
        return terms.continued(inverse.square().sub_(csch_square), 2).mul_(0.25)
    direct = csch_square.mul_(terms.coth).sub_(inverse.square().mul_(inverse))
    return terms.continued(direct.mul_(inverse).mul_(2), 3).mul_(eta).div_(16)


class _Cumulant(torch.autograd.Function):
    """A derivative of A whose own derivative is the next one."""

    @staticmethod
    def forward(ctx, eta: Tensor, order: int) -> Tensor:
        ctx.order = order
        if ctx.needs_input_grad[0] and order < 3:  # the slope is cheap while the terms are here
            value, slope = cumulants(eta, order, order + 1)
            ctx.save_for_backward(eta, slope)
            return value
        return cumulants(eta, order)[0]

    @staticmethod
    def backward(ctx, gradient: Tensor):
        if ctx.order == 3:
            raise NotImplementedError("the fourth cumulant is not implemented")
        eta, slope = ctx.saved_tensors
        if torch.is_grad_enabled():  # a derivative of this derivative may be asked for
            slope = _Cumulant.apply(eta, ctx.order + 1)
        return gradient * slope, None
