"""A family of one's own, from its log-normaliser alone, by automatic differentiation."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..errors import StudyError
from .base import Moments
from .links import IDENTITY, Link


class Normalized:
    """The family p(x|η) = h(x) exp(η·T(x) − A(η)) with a given A; h, T and the data don't matter.

    `log_normalizer` takes natural parameters (..., D) to A(η), (...), in torch's operations.
    Entropies are those for h = 1.
    """

    outputs = 1

    def __init__(self, log_normalizer: Callable[[Tensor], Tensor], link: Link = IDENTITY):
        self._given, self.link = log_normalizer, link

    def log_normalizer(self, eta: Tensor) -> Tensor:
        try:
            found = self._given(eta)
        except Exception as error:  # whatever a user's function may raise
            told = f"{type(error).__name__}: {error}"
            raise StudyError(f"likelihood: the log-normaliser fails ({told})") from error
        shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
        if shape != tuple(eta.shape[:-1]):
            raise StudyError(
                f"likelihood: the log-normaliser gives {shape} for natural parameters "
                f"{tuple(eta.shape)}, not {tuple(eta.shape[:-1])}; it sums over the last axis"
            )
        return found

    def mean(self, eta: Tensor) -> Tensor:
        return self._slope(eta, create_graph=torch.is_grad_enabled() and eta.requires_grad)

    def moments(self, eta: Tensor) -> Moments:
        eta = eta.detach()
        return Moments(self._slope(eta, create_graph=False), eta)

    def weigh(self, variance: Tensor, x: Tensor) -> Tensor:
        with torch.enable_grad():
            return self._weighed(variance.expand_as(x).detach().requires_grad_(), x).detach()

    def turn(self, eta: Tensor, variance: Tensor, ahead: Tensor, x: Tensor) -> Tensor:
        with torch.enable_grad():
            eta = eta.expand_as(x).detach().requires_grad_()
            weighed = self._weighed(eta, x)
            turned = _gradient((weighed * ahead).sum(), eta, create_graph=False)
        return 2 * weighed.detach() - turned

    def entropy(self, eta: Tensor) -> Tensor:
        return self.log_normalizer(eta) - (self.mean(eta) * eta).sum(-1)

    def log_density(self, x: Tensor, eta: Tensor) -> Tensor:
        raise NotImplementedError("a family that has only A(eta) knows no data")

    expected = mean

    def _slope(self, eta: Tensor, create_graph: bool) -> Tensor:
        with torch.enable_grad():
            if not eta.requires_grad:
                eta = eta.detach().requires_grad_()
            return _gradient(self.log_normalizer(eta).sum(), eta, create_graph)

    def _weighed(self, eta: Tensor, x: Tensor) -> Tensor:
        return _gradient((self._slope(eta, True) * x).sum(), eta, create_graph=True)


def _gradient(value: Tensor, at: Tensor, create_graph: bool) -> Tensor:
    if not value.requires_grad:  # it is constant
        return torch.zeros_like(at)
    return torch.autograd.grad(value, at, create_graph=create_graph, materialize_grads=True)[0]
