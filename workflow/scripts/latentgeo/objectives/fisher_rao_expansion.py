"""Gradient and Hessian of the Fisher-Rao energy in closed form.

With the leave-one-out means x̄^{-k} = (sum of x^l - x^k) / (M - 1) (the decoder's own value when
M = 1), the derivative of M E in eta^k_i is

    r^k_i = (mu^k_i - mū^{-k}_{i-1}) - V^k_i (etā^{-k}_{i+1} - eta^k_i)

and everything else follows by the chain rule through J = ∂eta/∂z and ∇²eta. Where every decoder is
coupled with itself alone, its own value takes the place of the mean of the others, as when M = 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, reduce

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..algebra import products
from ..decoders import places
from ..decoders.differentiated import make_pass
from ..likelihoods.base import Likelihood
from .base import Hessian

ROUNDINGS = 16
"""By how many roundings of its size a natural parameter may be off."""


class FisherRaoExpansion:
    """The Fisher-Rao energy around points (B, N + 1, d); see `base.Expansion`.

    `count` is told of the work done, in evaluations of one decoder at one point. `mixed` says that
    pairs of different decoders are coupled.
    """

    def __init__(
        self,
        decoders: Sequence[nn.Module],
        likelihood: Likelihood,
        points: Tensor,
        count: Callable[[int], None],
        mixed: bool,
    ):
        self.likelihood, self.count, self.shape = likelihood, count, points.shape
        self.mixed = mixed
        flat = points.reshape(-1, points.shape[-1])
        # a decoder at a time: the arrays of all of them would leave the processor's cache
        self.passes = [make_pass(decoder, likelihood.link, flat) for decoder in decoders]
        count(len(decoders) * len(flat))
        self.eta = [p.eta.unflatten(0, self.shape[:2]) for p in self.passes]
        moments = [likelihood.moments(eta) for eta in self.eta]
        self.mean, self.variance = ([m[order] for m in moments] for order in (0, 1))
        self.sums = _total(self.eta), _total(self.mean)
        self.energy = self._energy()
        self.resolution = self._resolution(torch.finfo(places.precision(decoders[0])).eps)

    def gradient(self) -> Tensor:
        return self._gradient

    def hessian(self, curves: Tensor) -> Hessian:
        _ = self._gradient  # its adjoints carry the curvature of the decoders
        decoder_count = len(self.passes)
        inner = curves[:, None].repeat(1, self.shape[1])
        inner[:, [0, -1]] = False
        self.count(decoder_count * int(inner.sum()) * self.shape[-1])
        shape = (int(curves.sum()), self.shape[1] - 2)
        diagonal, own, weighted_sum, jacobian_sum = 0, 0, 0, 0
        for k, decoder_pass in enumerate(self.passes):
            # no more than the decoders' own precision is of use here
            jacobian, curvature = decoder_pass.push(inner.flatten())
            jacobian = jacobian.unflatten(0, shape)  # B×(N-1)×d×D
            eta, variance, ahead = (
                values[curves].to(jacobian.dtype)[:, :, None]
                for values in (self.eta[k][:, 1:-1], self.variance[k][:, 1:-1], self._ahead(k))
            )
            turned = self.likelihood.turn(eta, variance, ahead, jacobian)
            diagonal += products(turned, jacobian).double() / decoder_count
            diagonal += curvature.double().unflatten(0, shape)
            weighted = self.likelihood.weigh(variance, jacobian)
            own += products(weighted[:, :-1], jacobian[:, 1:]).double()
            weighted_sum, jacobian_sum = weighted_sum + weighted, jacobian_sum + jacobian
        upper = own / decoder_count
        if self.mixed:
            every = products(weighted_sum[:, :-1], jacobian_sum[:, 1:])
            upper = (every - own) / (decoder_count * (decoder_count - 1))
        return Hessian(places.home(diagonal), places.home(-upper))

    def metric(self) -> Tensor:
        """The pulled-back Fisher information, mean over decoders of Jᵀ V J: (B, N + 1, d, d)."""
        every = torch.ones(self.shape[0] * self.shape[1], dtype=torch.bool)
        self.count(len(self.passes) * len(every) * self.shape[-1])
        total = 0
        for decoder_pass, variance in zip(self.passes, self.variance, strict=True):
            jacobian = decoder_pass.push(every)[0].double().unflatten(0, self.shape[:2])
            weighted = self.likelihood.weigh(variance[:, :, None], jacobian)
            total += places.home(products(weighted, jacobian)) / len(self.passes)
        return total

    def _energy(self) -> Tensor:
        own, same = 0, 0
        for mean, eta in zip(self.mean, self.eta, strict=True):
            own = own + _dot(mean[:, :-1], eta[:, :-1])
            same = same + _dot(mean[:, :-1], eta[:, 1:])
        decoder_count = len(self.passes)
        across = same / decoder_count
        if self.mixed:
            every = _dot(self.sums[1][:, :-1], self.sums[0][:, 1:])
            across = (every - same) / (decoder_count * (decoder_count - 1))
        ends = torch.stack([eta[:, [0, -1]] for eta in self.eta])
        normalizer = self.likelihood.log_normalizer(ends).mean(0)
        return places.home(own / decoder_count - across + normalizer[:, 1] - normalizer[:, 0])

    def _resolution(self, rounding: float) -> Tensor:
        """What rounding leaves of energies, of natural parameters by a share and of sums: (B,)."""
        spread, size = 0, 0
        for eta, mean, variance in zip(self.eta, self.mean, self.variance, strict=True):
            spread = spread + _dot(eta, self.likelihood.weigh(variance, eta))
            size = size + _dot(mean.abs(), eta.abs())
        exact = torch.finfo(torch.float64).eps * (size + self.eta[0].shape[1:].numel())
        left = (ROUNDINGS * rounding) ** 2 * spread + exact
        return places.home(left / len(self.passes))

    @cached_property
    def _gradient(self) -> Tensor:
        self.count(len(self.passes) * self.shape[0] * self.shape[1])
        gradient = 0
        for k, decoder_pass in enumerate(self.passes):
            mean, others = self.mean[k], self._others(self.mean[k], self.sums[1])
            residual = mean[:, 1:-1] - others[:, :-2]
            residual -= self.likelihood.weigh(self.variance[k][:, 1:-1], self._ahead(k))
            padded = F.pad(residual.div_(len(self.passes)), (0, 0, 1, 1))
            gradient = gradient + decoder_pass.pull(padded.flatten(0, 1)).double()
        return places.home(gradient).view(self.shape)[:, 1:-1]

    def _ahead(self, k: int) -> Tensor:
        """etā^{-k}_{i+1} - eta^k_i at the inner points: (B, N - 1, D)."""
        return self._others(self.eta[k], self.sums[0])[:, 2:] - self.eta[k][:, 1:-1]

    def _others(self, values: Tensor, total: Tensor) -> Tensor:
        """What a decoder with these values is coupled with: the mean of all others, or itself."""
        return (total - values).div_(len(self.passes) - 1) if self.mixed else values


def _total(values: Sequence[Tensor]) -> Tensor:
    return reduce(torch.add, values)


def _dot(a: Tensor, b: Tensor) -> Tensor:
    """Sums of the products of (B, n, D): (B,)."""
    return torch.linalg.vecdot(a.flatten(1), b.flatten(1))
