"""Products of many tangents at once; tangents are (..., d, D): d vectors of D numbers."""

from __future__ import annotations

from torch import Tensor


def products(a: Tensor, b: Tensor) -> Tensor:
    """a bᵀ of the trailing (d, D) matrices: (..., d, d)."""
    return a @ b.transpose(-1, -2)


def weighted_products(weights: Tensor, tangents: Tensor) -> Tensor:
    """Sum of weights (r, …) times the products of tangents (r, d, …): (r, d, d)."""
    tangents = tangents.flatten(2)
    return products(tangents * weights.flatten(1)[:, None], tangents)
