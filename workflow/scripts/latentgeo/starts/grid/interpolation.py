"""The energy interpolated from a latent grid by cubic splines: no decoder is evaluated."""

from __future__ import annotations

import numpy as np
import torch
from scipy.ndimage import spline_filter
from torch import Tensor

from ...objectives.base import Hessian
from .derivatives import FIRST, IN_X, IN_Y, SECOND, products_of, stretched
from .fields import LatentGrid

CURVES_AT_ONCE = 512
"""Curves whose fields are interpolated together."""
RESOLUTION = 1e-10
"""What rounding leaves of interpolated energies, in nats."""
POWERS = [0, 1, 0, 2, 1, 0, 3, 2, 1, 0], [0, 0, 1, 0, 1, 2, 0, 1, 2, 3]
"""F's monomials in Δ, one a field: powers of Δ_x and of Δ_y ..."""
FACTORS = torch.tensor([12, 6, 6, 6, 12, 6, 1, 3, 3, 1], dtype=torch.float64) / 12
"""... and factors."""
JETS_OF_SPLINES = [
    4 * torch.tensor(orders)[:, None] + spline
    for orders, spline in zip(
        (IN_X, IN_Y), (torch.arange(16) // 4, torch.arange(16) % 4), strict=True
    )
]
"""For `products_of`: jets (rows) of all pairs of one of four B-splines in x and one in y ..."""
JETS_OF_MONOMIALS = [
    4 * torch.tensor(orders) + torch.tensor(powers)[:, None]
    for orders, powers in zip((IN_X, IN_Y), POWERS, strict=True)
]
"""... and of all of F's monomials (rows) all jets (columns)."""


class InterpolatedEnergy:
    """The energy that cubic splines of the fields give, for the first `decoder_count` decoders.

    An `Objective` like the Fisher-Rao energy itself, for Newton's method alone; with `steps` every
    segment stands for so many equal ones. Beyond the grid the fields are constant.
    """

    def __init__(self, grid: LatentGrid, decoder_count: int, steps: float = 1.0):
        self.centre, self.scale = torch.from_numpy(grid.centre), torch.from_numpy(grid.scale)
        self.lower, self.upper = torch.from_numpy(grid.axes[:, [0, -1]]).T
        self.nodes = grid.nodes
        ends = [stretched(z, self.centre, self.scale)[0] for z in (self.lower, self.upper)]
        self.first, self.spacing = ends[0], (ends[1] - ends[0]) / (grid.nodes - 1)
        fields = _different_components(grid, decoder_count - 1)
        fields = [
            f * steps ** (1 - sum(powers)) for f, *powers in zip(fields, *POWERS, strict=True)
        ]
        self.terms = [number for number, field in enumerate(fields) if field.any()] or [0]
        fields = [fields[number] for number in self.terms]
        coefficients = np.stack([spline_filter(f, mode="mirror") for f in fields], axis=-1)
        ring = np.pad(coefficients, ((1, 1), (1, 1), (0, 0)), mode="reflect")
        self.coefficients = torch.from_numpy(ring).flatten(0, 1)
        self.near = (torch.arange(4)[:, None] * (grid.nodes + 2) + torch.arange(4)).flatten()

    def curves_at_once(self, segments: int) -> int:
        return CURVES_AT_ONCE

    def covers(self, points: Tensor) -> Tensor:
        """Whether all points of curves (B, T, 2) are on the grid: (B,)."""
        return ((points >= self.lower) & (points <= self.upper)).all(-1).all(-1)

    def expand(self, points: Tensor) -> InterpolatedExpansion:
        return InterpolatedExpansion(self, points)

    def fields(self, points: Tensor) -> Tensor:
        """D, a_x, a_y, C_xx, C_xy, C_yy, S_xxx, S_xxy, S_xyy, S_yyy at points (..., 2).

        Only the n of them that `terms` names, which are not 0 everywhere; each with its jet in z:
        (..., 6, n).
        """
        u, slope, curvature = (
            part / self.spacing for part in stretched(points, self.centre, self.scale)
        )
        position = u - self.first / self.spacing
        inside = position.nan_to_num().clamp(0, self.nodes - 1)
        cell = inside.floor().clamp(max=self.nodes - 2)
        moving = (position == inside).double()[..., None]
        slope, curvature = moving * slope[..., None], moving * curvature[..., None]
        value, first, second = b_splines(inside - cell)
        along = [value, first * slope, second * slope**2 + first * curvature]
        weights = products_of(torch.stack(along, dim=-2), *JETS_OF_SPLINES)  # …×6×16
        corner = cell.long() @ torch.tensor([self.nodes + 2, 1])
        near = corner[..., None] + self.near
        return weights @ self.coefficients.index_select(0, near.flatten()).unflatten(0, near.shape)


class InterpolatedExpansion:
    """The interpolated energy around given points; see `objectives.base.Expansion`.

    F / 2 at the start and at the end of every segment is kept with its jet by z along the rows and
    by Δ along the columns: (B, N, 6, 6).
    """

    def __init__(self, objective: InterpolatedEnergy, points: Tensor):
        fields = objective.fields(points)
        monomials = monomial_jets(points.diff(dim=1), objective.terms) / 2
        both = torch.cat([fields[:, :-1], fields[:, 1:]], dim=-2) @ monomials
        self.start, self.end = both.split(6, dim=-2)
        self.energy = (self.start + self.end)[..., 0, 0].sum(-1)
        self.resolution = torch.full_like(self.energy, RESOLUTION)

    def gradient(self) -> Tensor:
        own = self.start[:, 1:, FIRST, 0] + self.end[:, :-1, FIRST, 0]
        pull = (self.start + self.end)[..., 0, FIRST]
        return own + pull[:, :-1] - pull[:, 1:]

    def hessian(self, curves: Tensor) -> Hessian:
        start, end = self.start[curves], self.end[curves]
        own = (start[:, 1:, :, 0] + end[:, :-1, :, 0])[..., SECOND]
        stiffness = (start + end)[:, :, 0][..., SECOND]
        cross = end[:, :-1, FIRST, FIRST] - start[:, 1:, FIRST, FIRST]
        diagonal = own + cross + cross.mT + stiffness[:, :-1] + stiffness[:, 1:]
        mixed = start[..., FIRST, FIRST] - end[..., FIRST, FIRST].mT
        return Hessian(diagonal, (mixed - stiffness)[:, 1:-1])


def b_splines(u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The four uniform cubic B-splines that are not 0 at u in [0, 1], and two derivatives."""
    v = 1 - u
    value = [v**3, 4 - 3 * u**2 * (1 + v), 4 - 3 * v**2 * (1 + u), u**3]
    first = [-(v**2), u * (3 * u - 4), v * (4 - 3 * v), u**2]
    second = [v, 3 * u - 2, 3 * v - 2, u]
    return torch.stack(value, -1) / 6, torch.stack(first, -1) / 2, torch.stack(second, -1)


def monomial_jets(steps: Tensor, terms: list[int]) -> Tensor:
    """Some of F's n monomials at steps (..., 2) with their jets in Δ: (..., n, 6)."""
    one, zero, square = torch.ones_like(steps), torch.zeros_like(steps), steps**2
    value = [one, steps, square, steps * square]
    first = [zero, one, 2 * steps, 3 * square]
    second = [zero, zero, 2 * one, 6 * steps]
    along = torch.stack([*value, *first, *second], dim=-1).unflatten(-1, (3, 4))
    return products_of(along, *(table[terms] for table in JETS_OF_MONOMIALS)) * FACTORS[terms, None]


def _different_components(grid: LatentGrid, row: int) -> np.ndarray:
    """The fields' components that may differ, in the order of `POWERS`: (10, G, G)."""
    c, s = _semidefinite(grid.metric[row]), grid.skewness[row]
    d, a = grid.disagreement[row, ..., None], grid.drift[row]
    parts = d, a, *(c[..., 0, :], c[..., 1, 1:]), *(s[..., 0, 0, :], s[..., [0, 1], 1, 1])
    return np.moveaxis(np.concatenate(parts, axis=-1), -1, 0)


def _semidefinite(metric: np.ndarray) -> np.ndarray:
    """Metrics (..., 2, 2) without negative eigenvalues, which between few decoders may occur."""
    values, vectors = np.linalg.eigh(metric)
    return (vectors * values.clip(min=0)[..., None, :]) @ np.swapaxes(vectors, -1, -2)
