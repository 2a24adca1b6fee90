"""Quintic splines through fields on the nodes of a grid, seen on a finer lattice."""

from __future__ import annotations

import numpy as np
import torch
from scipy.interpolate import PchipInterpolator, make_interp_spline
from torch import Tensor

from .derivatives import IN_X, IN_Y


class Refinement:
    """From G² nodes to F² lattice points over the same square."""

    def __init__(self, nodes: int, fine: int):
        self.fine = fine
        spline = make_interp_spline(np.linspace(0, fine - 1, nodes), np.eye(nodes), k=5)
        self.matrices = [torch.from_numpy(spline(np.arange(fine), nu=order)) for order in range(3)]

    def __call__(self, field: Tensor) -> Tensor:
        """Jets by steps of the lattice, (6, ..., F, F, D), of fields (..., G, G, D)."""
        matrices = [matrix.to(field.dtype) for matrix in self.matrices]
        columns = field.flatten(-2)  # … × G × G·D
        along_x = [(m @ columns).unflatten(-1, field.shape[-2:]) for m in matrices]
        found = field.new_empty(6, *field.shape[:-3], self.fine, self.fine, field.shape[-1])
        for out, x, y in zip(found, IN_X, IN_Y, strict=True):
            torch.matmul(matrices[y], along_x[x], out=out)
        return found

    def between_neighbours(self, field: np.ndarray) -> np.ndarray:
        """A field (M, G, G) on the lattice, (M, F, F), never beyond its neighbours' values."""
        at = np.linspace(0, self.fine - 1, field.shape[-1])
        for axis in (1, 2):
            field = PchipInterpolator(at, field, axis=axis)(np.arange(self.fine))
        return field
