"""One decoder at many points, with exact first and second derivatives.

Shapes: points (R, d), natural parameters and residuals (R, D).
"""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor, nn

from ..algebra import weighted_products
from ..likelihoods.links import Link
from . import places
from .activations import ACTIVATIONS
from .layers import layers, linear_part

POINTS_AT_ONCE = 330
"""Points in one pass of a decoder: more only leave the processor's cache."""


def natural_parameters(decoder: nn.Module, link: Link, points: Tensor) -> Tensor:
    """Natural parameters, (R, D) in float64, at points (R, d); differentiable.

    The decoder runs in the precision of its parameters.
    """
    points = places.moved(points, decoder, copy=True)
    return link(decoder(points).flatten(1).double())


class DecoderPass:
    """One decoder at points (R, d), each part of the work done once and only when asked for.

    The value costs one forward pass. `pull` carries a residual back (one more) and keeps its
    adjoint at every activation. `push` carries d tangents forward (d more); as linear layers have
    no curvature, the second derivative of residual · eta is a sum over the activations alone:
    adjoint · activation'' · tangent_i · tangent_j.
    """

    def __init__(self, decoder: nn.Module, link: Link, points: Tensor):
        self.layers, self.link = list(layers(decoder)), link
        self.inputs, self.outputs = [], []
        with torch.enable_grad():
            self.points = value = places.moved(points.detach(), decoder).requires_grad_()
            for layer in self.layers:
                activation = ACTIVATIONS.get(type(layer))
                if activation:
                    self.inputs.append(value.detach())
                    value = activation.value(layer, value)
                    self.outputs.append(value)
                else:
                    value = layer(value)
            self.output = value.flatten(1)
        self.eta = link(self.output.detach().double())
        self.residual = None
        self.adjoints = [None] * len(self.inputs)

    def pull(self, residual: Tensor) -> Tensor:
        """The gradient of residual · eta, for residuals (R, D): (R, d)."""
        self.residual = residual.to(self.output.dtype)
        pulled = self.link.pull(self._eta, self.residual)
        gradient, *self.adjoints = torch.autograd.grad(
            self.output, [self.points, *self.outputs], pulled
        )
        return gradient

    @torch.no_grad()
    def push(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Jacobian (r, d, D) and Hessian of residual · eta (r, d, d) at the selected rows (R,).

        The second is 0 before a residual was pulled.
        """
        dim, count = self.points.shape[1], int(rows.sum())
        tangents = torch.eye(dim).to(self.points).repeat(count, 1)  # r·d × …
        curvature = tangents.new_zeros(count, dim, dim)
        activations = iter(zip(self.inputs, self.adjoints, strict=True))
        for layer in self.layers:
            activation = ACTIVATIONS.get(type(layer))
            if activation:
                inputs, adjoint = next(activations)
                first, second = activation.derivatives(layer, inputs[rows])
                tangents = tangents.unflatten(0, (count, dim))
                if adjoint is not None:
                    curvature += weighted_products(adjoint[rows] * second, tangents)
                tangents = (tangents * first[:, None]).flatten(0, 1)
            else:
                tangents = linear_part(layer, tangents)
        tangents = tangents.flatten(1).unflatten(0, (count, dim))
        eta = self._eta[rows]
        if self.residual is not None:
            curvature += self.link.curvature(eta, self.residual[rows], tangents)
        return self.link.push(eta, tangents), curvature

    @cached_property
    def _eta(self) -> Tensor:
        """eta in the decoder's precision: no more is of use for derivatives."""
        return self.eta.to(self.output.dtype)
