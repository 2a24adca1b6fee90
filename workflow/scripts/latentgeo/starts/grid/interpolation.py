"""The energy interpolated from a latent grid by cubic splines: no decoder is evaluated."""

from __future__ import annotations

from math import comb

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
FIELDS = {
    "disagreement": (0, 1),
    "drift": (1, 1 / 2),
    "metric": (2, 1 / 2),
    "skewness": (3, 1 / 12),
    "slope": (3, 1 / 12),
    "bending": (4, -1 / 24),
}
"""Of every field the order in Δ and the factor in F."""
POWERS = [(order - in_y, in_y) for order, _ in FIELDS.values() for in_y in range(order + 1)]
"""F's monomials in Δ, one a component: powers of Δ_x and of Δ_y ..."""
FACTORS = torch.tensor(
    [f * comb(n, in_y) for n, f in FIELDS.values() for in_y in range(n + 1)], dtype=torch.float64
)
"""... and factors: a symmetric tensor has so many components with these powers."""
METRIC = [3, 4, 5]
"""The numbers of the metric's components; the higher orders come after them ..."""
SLOPE = [10, 11, 12, 13]
"""... among them those whose sign at the end of a step is the opposite."""
BOUND = 0.5
"""Share of the metric's term that the higher orders may add or take away at most."""
TINY = 1e-300
"""Stands for a divisor of 0."""
JETS_OF_SPLINES = [
    4 * torch.tensor(orders)[:, None] + spline
    for orders, spline in zip(
        (IN_X, IN_Y), (torch.arange(16) // 4, torch.arange(16) % 4), strict=True
    )
]
"""For `products_of`: jets (rows) of all pairs of one of four B-splines in x and one in y ..."""
JETS_OF_MONOMIALS = [
    5 * torch.tensor(orders) + torch.tensor(powers)[:, None]
    for orders, powers in zip((IN_X, IN_Y), zip(*POWERS, strict=True), strict=True)
]
"""... and of all of F's monomials (rows) all jets (columns)."""


class InterpolatedEnergy:
    """The energy that cubic splines of the fields give, for the first `decoder_count` decoders.

    An `Objective` like the Fisher-Rao energy itself, for Newton's method alone; with `steps` every
    segment stands for so many equal ones. Beyond the grid the fields are constant. The higher
    orders are bounded, see `corrected`; none above `highest` are taken.
    """

    def __init__(self, grid: LatentGrid, decoder_count: int, steps: float = 1.0, highest: int = 4):
        self.centre, self.scale = torch.from_numpy(grid.centre), torch.from_numpy(grid.scale)
        self.lower, self.upper = torch.from_numpy(grid.axes[:, [0, -1]]).T
        self.nodes = grid.nodes
        ends = [stretched(z, self.centre, self.scale)[0] for z in (self.lower, self.upper)]
        self.first, self.spacing = ends[0], (ends[1] - ends[0]) / (grid.nodes - 1)
        fields = _different_components(grid, decoder_count - 1)
        fields = [f * steps ** (1 - sum(powers)) for f, powers in zip(fields, POWERS, strict=True)]
        self.terms = [
            n
            for n, (field, powers) in enumerate(zip(fields, POWERS, strict=True))
            if n in METRIC or (field.any() and sum(powers) <= highest)
        ]
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
        """The n components that `terms` names at points (..., 2), with jets in z: (..., 6, n).

        These are the metric's, and of the others those which are not 0 everywhere.
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
        self.metric_at = objective.terms.index(METRIC[0])
        monomials = monomial_jets(points.diff(dim=1), objective.terms) / 2
        back = torch.tensor([-1.0 if n in SLOPE else 1.0 for n in objective.terms])[:, None]
        self.start = self._side(fields[:, :-1], monomials)
        self.end = self._side(fields[:, 1:], back * monomials)
        self.energy = (self.start + self.end)[..., 0, 0].sum(-1)
        self.resolution = torch.full_like(self.energy, RESOLUTION)

    def _side(self, fields: Tensor, monomials: Tensor) -> Tensor:
        """F's jets at one end of steps, of fields (..., 6, n) and monomials (..., n, 6)."""
        lower, higher = self.metric_at, self.metric_at + len(METRIC)
        parts = [
            fields[..., part] @ monomials[..., part, :]
            for part in (slice(lower), slice(lower, higher), slice(higher, None))
        ]
        return parts[0] + corrected(*parts[1:])

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
    value = [one, steps, square, steps * square, square**2]
    first = [zero, one, 2 * steps, 3 * square, 4 * steps * square]
    second = [zero, zero, 2 * one, 6 * steps, 12 * square]
    along = torch.stack([*value, *first, *second], dim=-1).unflatten(-1, (3, 5))
    return products_of(along, *(table[terms] for table in JETS_OF_MONOMIALS)) * FACTORS[terms, None]


def corrected(metric: Tensor, higher: Tensor) -> Tensor:
    """Jets of m + c / √(1 + (c / b m)²), with b = `BOUND`, from those of m and c: (..., 6, 6) all.

    That is m + c where the correction c is small, and never farther from m than b m: a step that is
    too long for a series must not gain by it. Only derivatives of second order at most are meant.
    """
    m, c = metric[..., :1, :1], higher[..., :1, :1]
    size = torch.hypot(BOUND * m, c).clamp(min=TINY)
    along, off = torch.where(c == 0, 1, BOUND * m / size), c / size
    jets = (1 + BOUND * off**3) * metric + along**3 * higher
    jets[..., :1, :1] = m + along * c
    turn = along * higher - BOUND * off * metric
    by_z, by_step, curvature = turn[..., FIRST, :1], turn[..., :1, FIRST], -3 * along * off / size
    (i, j), seconds = torch.triu_indices(2, 2), slice(3, None)
    jets[..., seconds, :1] += curvature * by_z[..., i, :] * by_z[..., j, :]
    jets[..., :1, seconds] += curvature * by_step[..., i] * by_step[..., j]
    jets[..., FIRST, FIRST] += curvature * by_z * by_step
    return jets


def _different_components(grid: LatentGrid, row: int) -> np.ndarray:
    """The fields' components that may differ, in the order of `POWERS`: (19, G, G)."""
    components = []
    for name, (order, _) in FIELDS.items():
        field = getattr(grid, name)[row]
        field = semidefinite(field) if name == "metric" else field
        for in_y in range(order + 1):
            components.append(field[(..., *[0] * (order - in_y), *[1] * in_y)])
    return np.stack(components)


def semidefinite(metric: np.ndarray) -> np.ndarray:
    """Metrics (..., 2, 2) without negative eigenvalues, which between few decoders may occur."""
    values, vectors = np.linalg.eigh(metric)
    return (vectors * values.clip(min=0)[..., None, :]) @ np.swapaxes(vectors, -1, -2)
