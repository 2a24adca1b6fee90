"""From derivatives in a curve's points to derivatives in the weights of its basis Φ.

Solvers work in coordinates y = Rᵀ w with R Rᵀ = Φᵀ Φ, in which the metric Φᵀ Φ of the basis is the
identity; there a step does not depend on how a family's basis is scaled.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..objectives.base import Hessian


def project(basis: Tensor, hessian: Hessian) -> Tensor:
    """Φᵀ H Φ of block-tridiagonal H in the inner points: (b, P d, P d), basis index first."""
    diagonal = torch.einsum("np,nq,bnxy->bpxqy", basis, basis, hessian.diagonal)
    upper = torch.einsum("np,nq,bnxy->bpxqy", basis[:-1], basis[1:], hessian.upper)
    full = (diagonal + upper + upper.permute(0, 3, 4, 1, 2)).flatten(3, 4)
    return full.flatten(1, 2)


class Coordinates:
    """The coordinates y of curves with the basis Φ at the inner points, (N - 1, P)."""

    def __init__(self, basis: Tensor):
        self.basis = basis
        self.root = torch.linalg.cholesky(basis.T @ basis)

    def gradient(self, gradient: Tensor) -> Tensor:
        """A gradient in the inner points (b, N - 1, d), in y: (b, P d)."""
        return self._solve((self.basis.T @ gradient).flatten(1)[..., None])[..., 0]

    def hessian(self, hessian: Tensor) -> Tensor:
        """A Hessian in the weights (b, P d, P d), in y; symmetric to rounding."""
        return self._solve(self._solve(hessian).mT)

    def weights(self, change: Tensor) -> Tensor:
        """A change of y (b, P d) as one of the weights: (b, P, d)."""
        parts = change.unflatten(1, (len(self.root), -1))
        return torch.linalg.solve_triangular(self.root.T, parts, upper=True)

    def _solve(self, rows: Tensor) -> Tensor:
        """R⁻¹ applied to the basis part of (b, P d, k)."""
        parts = rows.unflatten(1, (len(self.root), -1)).flatten(2)
        solved = torch.linalg.solve_triangular(self.root, parts, upper=False)
        return solved.unflatten(2, (-1, rows.shape[-1])).flatten(1, 2)
