"""How a decoder's outputs become natural parameters, and the derivatives of that."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from ..algebra import weighted_products


class Link(Protocol):
    """A function of outputs (R, O), whose natural parameters are (R, D).

    Its derivatives are taken where the natural parameters are `eta`.
    """

    def __call__(self, output: Tensor) -> Tensor:
        """Natural parameters (R, D) of outputs (R, O); differentiable twice."""

    def pull(self, eta: Tensor, residual: Tensor) -> Tensor:
        """The gradient of residual · eta in the outputs, for residuals (R, D): (R, O)."""

    def push(self, eta: Tensor, tangents: Tensor) -> Tensor:
        """The derivative of eta along tangents (R, d, O) of the outputs: (R, d, D)."""

    def curvature(self, eta: Tensor, residual: Tensor, tangents: Tensor) -> Tensor | float:
        """The second derivative of residual · eta along each two of the tangents: (R, d, d)."""


class ElementwiseLink:
    """A link that takes every output by itself; a subclass gives its value and derivatives."""

    def slope(self, eta: Tensor) -> Tensor:
        """dη/d output, (R, D)."""
        raise NotImplementedError

    def second_derivative(self, eta: Tensor) -> Tensor:
        """d²η/d output², (R, D)."""
        raise NotImplementedError

    def pull(self, eta: Tensor, residual: Tensor) -> Tensor:
        return residual * self.slope(eta)

    def push(self, eta: Tensor, tangents: Tensor) -> Tensor:
        return tangents * self.slope(eta)[:, None]

    def curvature(self, eta: Tensor, residual: Tensor, tangents: Tensor) -> Tensor:
        return weighted_products(residual * self.second_derivative(eta), tangents)


class Scaled:
    """Natural parameters that are the outputs times a number."""

    def __init__(self, factor: float):
        self.factor = factor

    def __call__(self, output: Tensor) -> Tensor:
        return output if self.factor == 1 else output * self.factor

    def pull(self, eta: Tensor, residual: Tensor) -> Tensor:
        return self(residual)

    def push(self, eta: Tensor, tangents: Tensor) -> Tensor:
        return self(tangents)

    def curvature(self, eta: Tensor, residual: Tensor, tangents: Tensor) -> float:
        return 0.0


IDENTITY = Scaled(1)
"""Outputs that are natural parameters themselves."""
