"""Derivatives of any energy by automatic differentiation: what a new objective begins with.

A subclass of `Differentiated` gives `energy(points)` in torch's operations, as a sum over segments
that each know their two ends alone; gradient and Hessian, and with them every solver, follow.
"""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor

from .base import Hessian, Streams

CURVES_AT_ONCE = 64
"""Curves that are differentiated together."""


class Differentiated:
    """An `Objective` but for `energy`."""

    def curves_at_once(self, segments: int) -> int:
        return CURVES_AT_ONCE

    def energy(self, points: Tensor) -> Tensor:
        """Energies of curves with points (B, N + 1, d), differentiable twice: (B,)."""
        raise NotImplementedError

    def expand(self, points: Tensor) -> DifferentiatedExpansion:
        return DifferentiatedExpansion(self, points)

    def measures(self, points: Tensor) -> dict[str, Tensor]:
        return {}

    def sampled(self, samples: int, streams: Streams) -> Differentiated:
        return self


class DifferentiatedExpansion:
    """An energy around given points; see `base.Expansion`."""

    def __init__(self, objective: Differentiated, points: Tensor):
        self.objective = objective
        with torch.enable_grad():
            self.points = points.detach().requires_grad_()
            self._value = objective.energy(self.points)
        self.energy = self._value.detach()
        self.resolution = 64 * torch.finfo(self.energy.dtype).eps * self.energy.abs()

    def gradient(self) -> Tensor:
        return self._slope.detach()[:, 1:-1]

    def hessian(self, curves: Tensor) -> Hessian:
        """By one backward pass for each coordinate of every third point.

        The derivatives of points three apart have no entry in common, so that one pass gives the
        columns of all of them.
        """
        size, inner, dim = int(curves.sum()), self.points.shape[1] - 2, self.points.shape[2]
        diagonal = self.points.new_zeros(size, inner, dim, dim)
        upper = self.points.new_zeros(size, max(inner - 1, 0), dim, dim)
        if not self._slope.requires_grad:  # the energy is linear
            return Hessian(diagonal, upper)
        for first in range(min(3, inner)):
            for axis in range(dim):
                seed = torch.zeros_like(self._slope)
                seed[:, 1 + first : -1 : 3, axis] = 1
                rows = torch.autograd.grad(
                    self._slope, self.points, seed, retain_graph=True, materialize_grads=True
                )[0]
                rows = rows[curves, 1:-1]  # ∂²E / ∂(own axis) ∂(points near each seed)
                diagonal[:, first::3, axis] = rows[:, first::3]
                upper[:, first::3, axis] = rows[:, first + 1 :: 3]
        return Hessian(diagonal, upper)

    @cached_property
    def _slope(self) -> Tensor:
        with torch.enable_grad():
            return torch.autograd.grad(self._value.sum(), self.points, create_graph=True)[0]
