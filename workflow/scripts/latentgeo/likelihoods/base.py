"""What the geometry needs of a likelihood: an exponential family in its natural parameters.

    p(x|η) = h(x) exp(η·T(x) − A(η)),   μ = A′(η),   V = A″(η)
    KL(p‖q) = A(η_q) − A(η_p) − μ_p·(η_q − η_p)

Energies, gradients and Hessians follow from A, μ, the action of V on vectors, and one action of
the third cumulant; no matrix of all features is ever formed. Natural parameters are (..., D). A
family of one's own needs no more than A: see `likelihoods.normalized`.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from torch import Tensor

from .links import IDENTITY, Link


class Moments(NamedTuple):
    """Mean of a family, and what its actions take for the variance: (..., D) both, at one η."""

    mean: Tensor
    variance: Tensor


class Likelihood(Protocol):
    """A family of distributions of images; shapes as in the module's text."""

    link: Link
    outputs: int
    """How many numbers a decoder gives for each feature of an image; a family of so many natural
    parameters a feature."""

    def log_normalizer(self, eta: Tensor) -> Tensor:
        """A(η) in nats, (...); differentiable."""

    def mean(self, eta: Tensor) -> Tensor:
        """μ(η), (..., D); differentiable."""

    def moments(self, eta: Tensor) -> Moments:
        """Mean and variance at once; outside autograd."""

    def weigh(self, variance: Tensor, x: Tensor) -> Tensor:
        """V x for vectors x that broadcast against the variance of `moments`: (..., D)."""

    def turn(self, eta: Tensor, variance: Tensor, ahead: Tensor, x: Tensor) -> Tensor:
        """(2 V − κ₃(ahead, ·, ·)) x, (..., D): the derivative of μ − V ahead along x.

        The third cumulant κ₃ is A‴(η). `ahead` is η_{i+1} − η_i, so that its own derivative −1
        gives the second V.
        """

    def log_density(self, x: Tensor, eta: Tensor) -> Tensor:
        """log p(x|η) in nats of images x in [0, 1], (..., features): (...)."""

    def entropy(self, eta: Tensor) -> Tensor:
        """The entropy in nats, (...)."""

    def expected(self, eta: Tensor) -> Tensor:
        """The image in [0, 1] that is expected, (..., features)."""


def divergence(likelihood: Likelihood, p: Tensor, q: Tensor) -> Tensor:
    """KL(p ‖ q) in nats of natural parameters (..., D): (...), the Bregman divergence of A."""
    change = (likelihood.mean(p) * (q - p)).sum(-1)
    return likelihood.log_normalizer(q) - likelihood.log_normalizer(p) - change


class Elementwise:
    """A family of independent features with T(x) = x; a subclass gives its cumulants.

    Where h(x) is not 1 it gives `log_base` and `entropy`, too.
    """

    link: Link = IDENTITY
    outputs = 1

    def cumulant(self, eta: Tensor, order: int) -> Tensor:
        """The derivative of a feature's A of an order from 0 to 3, (..., D); differentiable."""
        raise NotImplementedError

    def log_base(self, x: Tensor) -> Tensor | float:
        """log h(x) of the features, (..., D)."""
        return 0.0

    def log_normalizer(self, eta: Tensor) -> Tensor:
        return self.cumulant(eta, 0).sum(-1)

    def mean(self, eta: Tensor) -> Tensor:
        return self.cumulant(eta, 1)

    def moments(self, eta: Tensor) -> Moments:
        eta = eta.detach()
        return Moments(self.cumulant(eta, 1), self.cumulant(eta, 2))

    def weigh(self, variance: Tensor, x: Tensor) -> Tensor:
        return variance * x

    def turn(self, eta: Tensor, variance: Tensor, ahead: Tensor, x: Tensor) -> Tensor:
        return x * (2 * variance - self.cumulant(eta, 3) * ahead)

    def log_density(self, x: Tensor, eta: Tensor) -> Tensor:
        return (eta * x - self.cumulant(eta, 0) + self.log_base(x)).sum(-1)

    def entropy(self, eta: Tensor) -> Tensor:
        return (self.cumulant(eta, 0) - self.cumulant(eta, 1) * eta).sum(-1)

    def expected(self, eta: Tensor) -> Tensor:
        return self.mean(eta)
