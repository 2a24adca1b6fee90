"""Any decoder by automatic differentiation; slower than `passes`, for layers unknown there."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..likelihoods.links import Link
from . import places
from .layers import has_closed_form
from .passes import DecoderPass, natural_parameters


def make_pass(decoder: nn.Module, link: Link, points: Tensor) -> DecoderPass | DifferentiatedPass:
    """The decoder at points (R, d), in closed form where all of its layers are known."""
    kind = DecoderPass if has_closed_form(decoder) else DifferentiatedPass
    return kind(decoder, link, points)


class Opaque(nn.Module):
    """A decoder whose closed form is not to be used."""

    def __init__(self, decoder: nn.Module):
        super().__init__()
        self.decoder = decoder

    def forward(self, points: Tensor) -> Tensor:
        return self.decoder(points)


class DifferentiatedPass:
    """One decoder at points (R, d), like `DecoderPass`; by backward passes alone.

    A column of the Jacobian is the derivative of the pulled-back residual in the residual, which is
    linear in it; so are d more backward passes all that a Jacobian takes. Every row of the output
    must depend on its own point alone.
    """

    def __init__(self, decoder: nn.Module, link: Link, points: Tensor):
        self.decoder, self.link, self.residual = decoder, link, None
        self.dtype = places.precision(decoder)
        with torch.enable_grad():
            self.points = places.moved(points.detach(), decoder).requires_grad_()
            self._eta = natural_parameters(decoder, link, self.points)
        self.eta = self._eta.detach()

    def pull(self, residual: Tensor) -> Tensor:
        """The gradient of residual · eta, for residuals (R, D): (R, d)."""
        self.residual = residual.double()
        return _pulled(self._eta, self.points, self.residual, retain_graph=True)

    def push(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Jacobian (r, d, D) and Hessian of residual · eta (r, d, d) at the selected rows (R,).

        The second is 0 before a residual was pulled.
        """
        with torch.enable_grad():
            points = self.points[rows].detach().requires_grad_()
            eta = natural_parameters(self.decoder, self.link, points)
            weights = torch.zeros_like(eta, requires_grad=True)
            jacobian = _rows(_pulled(eta, points, weights, create_graph=True), weights)
            curvature = points.new_zeros(len(points), points.shape[1], points.shape[1])
            if self.residual is not None:
                residual = self.residual[rows]
                curvature = _rows(_pulled(eta, points, residual, create_graph=True), points)
        return jacobian.to(self.dtype), curvature


def _pulled(eta: Tensor, points: Tensor, weights: Tensor, **options: bool) -> Tensor:
    return torch.autograd.grad(eta, points, weights, materialize_grads=True, **options)[0]


def _rows(values: Tensor, at: Tensor) -> Tensor:
    """The derivatives of (r, d) values in (r, n) numbers, row by row: (r, d, n)."""
    if not values.requires_grad:  # they do not depend on them
        return at.new_zeros(*values.shape, at.shape[1])
    derivatives = [
        torch.autograd.grad(value.sum(), at, retain_graph=True, materialize_grads=True)[0]
        for value in values.unbind(1)
    ]
    return torch.stack(derivatives, 1)
