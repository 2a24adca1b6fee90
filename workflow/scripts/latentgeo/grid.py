"""What the decoders say on a grid of the latent space, and the energy interpolated from it.

To second order in the steps of a curve its Fisher-Rao energy is

    E ≈ sum over i of (D(z_i) + D(z_{i+1})) / 2 + Δ_iᵀ (C(z_i) + C(z_{i+1})) Δ_i / 4,

with Δ_i = z_{i+1} - z_i, the disagreement D = mean_{k≠l} KL(f_k ‖ f_l) and the metric between
decoders C = mean_{k≠l} J_kᵀ V_k J_l (for one decoder D = 0 and C is the Fisher-Rao metric): half
the symmetric KL of a step. One evaluation of the decoders on a grid gives these fields for every
pair of points, every curve family and every prefix of the decoders, and minimising the
interpolated energy takes no decoder at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import isqrt

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from scipy.interpolate import make_interp_spline
from scipy.ndimage import spline_filter
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from torch import Tensor, nn

from . import continuous_bernoulli as cb
from .energy import POINTS_AT_ONCE, FisherRao, Hessian

_NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (1, -2), (2, -1))
"""Half of the sixteen directions in which a node of the grid has edges."""


@dataclass(frozen=True)
class LatentGrid:
    """D and C on a square lattice, row m - 1 for the first m decoders; all in nats.

    Shapes, for G nodes an axis and M decoders: `lower` and `spacing` (2,), `disagreement`
    (M, G, G), `metric` (M, G, G, 2, 2), and `entropy` (M, G, G), the entropy of the decoders'
    output a pixel, mean over pixels and decoders.
    """

    lower: np.ndarray
    spacing: np.ndarray
    disagreement: np.ndarray
    metric: np.ndarray
    entropy: np.ndarray

    @property
    def nodes(self) -> int:
        return self.disagreement.shape[1]

    def thinned(self, every: int) -> LatentGrid:
        """The grid of every n-th row and column."""
        fields = self.disagreement, self.metric, self.entropy
        return LatentGrid(
            self.lower, self.spacing * every, *(field[:, ::every, ::every] for field in fields)
        )


PIXELS_AT_ONCE = 112
"""Pixels that are interpolated together: more leave the processor's cache."""


def evaluate_grid(objective: FisherRao, latents: np.ndarray, nodes: int) -> LatentGrid:
    """D, C and entropy on a lattice over latents (n, 2), with a margin of 5 % on every side.

    On each axis the outermost 0.1 % of the latents are left out at both ends: they would take up
    much of the lattice.

    Every decoder is evaluated once at each of nodes² points. D and C are products of its means
    and natural parameters and have finer features than these; hence they are taken from quintic
    splines through means and natural parameters, on a lattice that is finer by a third.
    """
    low, high = np.quantile(latents, [0.001, 0.999], axis=0)
    lower, extent = low - 0.05 * (high - low), 1.1 * (high - low)
    points = torch.from_numpy(_points(lower, extent / (nodes - 1), nodes))
    spline = _Refinement(nodes, 4 * nodes // 3)
    spacing = extent / (spline.fine - 1)
    scale = torch.from_numpy(spacing[:, None] * spacing)
    disagreements, metrics, entropies = [], [], []
    normalizer, own, sums = 0.0, 0.0, None
    for count, decoder in enumerate(objective.decoders, start=1):
        mean, eta, own_normalizer = _decoded(objective, decoder, points)
        normalizer = normalizer + spline(own_normalizer[..., None])[..., 0, 0]
        fields = [spline(part) for part in torch.stack([mean, eta]).split(PIXELS_AT_ONCE, dim=-1)]
        sums = fields if count == 1 else [a.add_(b) for a, b in zip(sums, fields, strict=True)]
        own = own + _products(fields)
        entropies.append((normalizer - own[..., 0, 0]) / (count * eta.shape[-1]))
        between = own if count == 1 else (_products(sums) - own) / (count * (count - 1))
        disagreements.append(own[..., 0, 0] / count - between[..., 0, 0])
        metrics.append((between + between.mT)[..., 1:, 1:] / (2 * scale))
    stacks = (torch.stack(field).numpy() for field in (disagreements, metrics, entropies))
    return LatentGrid(lower, spacing, *stacks)


def _points(lower: np.ndarray, spacing: np.ndarray, nodes: int) -> np.ndarray:
    return lower + np.indices((nodes, nodes)).reshape(2, -1).T * spacing


@torch.no_grad()
def _decoded(objective: FisherRao, decoder: nn.Sequential, points: Tensor) -> list[Tensor]:
    """A', eta (G, G, D) and A summed over pixels (G, G), in the decoder's own precision."""
    nodes, dtype = isqrt(len(points)), next(decoder.parameters()).dtype
    parts = []
    for part in points.split(POINTS_AT_ONCE):
        eta = decoder(part.to(dtype))
        parts.append((cb.mean(eta), eta, cb.log_normalizer(eta).sum(-1)))
    objective.evaluations += len(points)
    return [torch.cat(part).unflatten(0, (nodes, nodes)) for part in zip(*parts, strict=True)]


class _Refinement:
    """Quintic splines through fields on G² nodes, seen on a finer lattice over the same square."""

    def __init__(self, nodes: int, fine: int):
        self.fine = fine
        spline = make_interp_spline(np.linspace(0, fine - 1, nodes), np.eye(nodes), k=5)
        self.value, self.slope = (
            torch.from_numpy(spline(np.arange(fine), nu=order)) for order in (0, 1)
        )

    def __call__(self, field: Tensor) -> Tensor:
        """Values and slopes a step of the lattice, (..., F, F, 3, D), of (..., G, G, D)."""
        value, slope = self.value.to(field.dtype), self.slope.to(field.dtype)
        columns = field.flatten(-2)  # … × G × G·D
        along_x = [(m @ columns).unflatten(-1, field.shape[-2:]) for m in (value, slope)]
        return torch.stack([value @ along_x[0], value @ along_x[1], slope @ along_x[0]], dim=-2)


def _products(fields: list[Tensor]) -> Tensor:
    """Sums over pixels of mean and slopes of the mean times eta and its slopes: (F, F, 3, 3)."""
    return sum((mean @ eta.mT).double() for mean, eta in fields)


class InterpolatedEnergy:
    """The energy that cubic splines of D and C give, for the first `decoders` decoders.

    An `Objective` like the Fisher-Rao energy itself. Beyond the grid the fields are constant.
    """

    curves_at_once = 512
    resolution = 1e-10

    def __init__(self, grid: LatentGrid, decoders: int):
        self.lower, self.spacing = torch.from_numpy(grid.lower), torch.from_numpy(grid.spacing)
        self.nodes = grid.nodes
        self.upper = self.lower + self.spacing * (grid.nodes - 1)
        c = _semidefinite(grid.metric[decoders - 1])
        fields = [grid.disagreement[decoders - 1], c[..., 0, 0], c[..., 0, 1], c[..., 1, 1]]
        coefficients = np.stack([spline_filter(f, mode="mirror") for f in fields], axis=-1)
        ring = np.pad(coefficients, ((1, 1), (1, 1), (0, 0)), mode="reflect")
        self.coefficients = torch.from_numpy(ring).flatten(0, 1)
        self.taps = (torch.arange(4)[:, None] * (grid.nodes + 2) + torch.arange(4)).flatten()

    def covers(self, points: Tensor) -> Tensor:
        """Whether all points of curves (B, T, 2) are on the grid: (B,)."""
        return ((points >= self.lower) & (points <= self.upper)).all(-1).all(-1)

    def expand(self, points: Tensor) -> InterpolatedExpansion:
        return InterpolatedExpansion(self, points)

    def fields(self, points: Tensor) -> list[tuple[Tensor, Tensor]]:
        """(D, C) at points (..., 2), then their first derivatives, then their second.

        Shapes: D (...), (2, ...), (2, 2, ...), and C the same with a trailing (2, 2).
        """
        position = (points - self.lower) / self.spacing
        inside = position.nan_to_num().clamp(0, self.nodes - 1)
        cell = inside.floor().clamp(max=self.nodes - 2)
        moving = (position == inside).double()[..., None] / self.spacing[:, None]
        value, first, second = _spline_weights(inside - cell)
        orders = torch.stack([value, first * moving, second * moving**2])  # 3×…×2×4
        x, y = orders[_ORDERS[0], ..., 0, :], orders[_ORDERS[1], ..., 1, :]
        weights = (x[..., :, None] * y[..., None, :]).flatten(-2).movedim(0, -2)  # …×6×16
        corner = cell.long() @ torch.tensor([self.nodes + 2, 1])
        near = self.coefficients[corner[..., None] + self.taps]  # …×16×4
        d, xx, xy, yy = (weights @ near).movedim(-2, 0).unbind(-1)
        c = torch.stack([xx, xy, xy, yy], -1).unflatten(-1, (2, 2))
        second = torch.tensor([[3, 4], [4, 5]])
        return [(d[0], c[0]), (d[1:3], c[1:3]), (d[second], c[second])]


_ORDERS = [0, 1, 0, 2, 1, 0], [0, 0, 1, 0, 1, 2]
"""Of the value, the two first and the three second derivatives, in x and in y."""


def _semidefinite(metric: np.ndarray) -> np.ndarray:
    """Metrics (..., 2, 2) without negative eigenvalues, which between few decoders may occur."""
    values, vectors = np.linalg.eigh(metric)
    return (vectors * values.clip(min=0)[..., None, :]) @ np.swapaxes(vectors, -1, -2)


def _spline_weights(u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Weights of the uniform cubic B-spline's four taps at u in [0, 1], and two derivatives."""
    v = 1 - u
    value = [v**3, 4 - 3 * u**2 * (1 + v), 4 - 3 * v**2 * (1 + u), u**3]
    first = [-(v**2), u * (3 * u - 4), v * (4 - 3 * v), u**2]
    second = [v, 3 * u - 2, 3 * v - 2, u]
    return torch.stack(value, -1) / 6, torch.stack(first, -1) / 2, torch.stack(second, -1)


class InterpolatedExpansion:
    """The interpolated energy around given points; see `energy.Expansion`."""

    def __init__(self, objective: InterpolatedEnergy, points: Tensor):
        self.steps = points.diff(dim=1)  # B×N×2
        (self.d, c), (self.d1, self.c1), (self.d2, self.c2) = objective.fields(points)
        self.between = (c[:, :-1] + c[:, 1:]) / 2
        self.pull = _apply(self.between, self.steps)
        ends = (self.d[:, 0] + self.d[:, -1]) / 2
        self.energy = self.d.sum(-1) - ends + (self.pull * self.steps).sum((-1, -2)) / 2

    @cached_property
    def _squares(self) -> Tensor:
        """Δ_{j-1} Δ_{j-1}ᵀ + Δ_j Δ_jᵀ at the inner points: (B, N - 1, 2, 2)."""
        outer = self.steps[..., :, None] * self.steps[..., None, :]
        return outer[:, :-1] + outer[:, 1:]

    def gradient(self) -> Tensor:
        bend = torch.einsum("abnxy,bnxy->bna", self.c1[:, :, 1:-1], self._squares) / 4
        slope = self.d1[:, :, 1:-1].permute(1, 2, 0)
        return slope + bend + self.pull[:, :-1] - self.pull[:, 1:]

    def hessian(self, curves: Tensor) -> Hessian:
        steps, between = self.steps[curves], self.between[curves]
        c1, squares = self.c1[:, curves], self._squares[curves]
        c2, d2 = self.c2[:, :, curves, 1:-1], self.d2[:, :, curves, 1:-1]
        bend = torch.einsum("acbnxy,bnxy->bnac", c2, squares) / 4
        turn = steps[:, :-1] - steps[:, 1:]
        cross = torch.einsum("abnxy,bny->bnax", c1[:, :, 1:-1], turn) / 2
        own = d2.permute(2, 3, 0, 1) + bend + between[:, :-1] + between[:, 1:] + cross + cross.mT
        along = steps[:, 1:-1]
        here = torch.einsum("abnxy,bny->bnax", c1[:, :, 1:-2], along) / 2
        there = torch.einsum("abnxy,bny->bnxa", c1[:, :, 2:-1], along) / 2
        return Hessian(own, here - there - between[:, 1:-1])


def _apply(matrices: Tensor, vectors: Tensor) -> Tensor:
    return (matrices @ vectors[..., None])[..., 0]


@dataclass(frozen=True)
class Path:
    """A path through points (n, 2) with the duration of each of its n - 1 pieces."""

    points: np.ndarray
    durations: np.ndarray

    def __call__(self, t: np.ndarray) -> np.ndarray:
        """Points at times t in [0, 1], (T,): (T, 2)."""
        times = np.concatenate([[0.0], np.cumsum(self.durations)])
        if times[-1] == 0:
            return self.points[0] + t[:, None] * (self.points[-1] - self.points[0])
        return np.stack([np.interp(t, times / times[-1], axis) for axis in self.points.T], axis=1)


class PathFinder:
    """Shortest paths over a grid for the energy of the first `decoders` decoders in N steps.

    The energy of N steps is the action of a particle with mass C in the potential -D. By
    Maupertuis' principle its path minimises the integral of √(2 (D + h)) |dz|_C, where the
    constant h is such that the path takes N steps; without disagreement that is the shortest path
    under √(symmetric KL).
    """

    def __init__(self, grid: LatentGrid, decoders: int, segments: int):
        self.grid, self.segments = grid, segments
        self.nodes = _points(grid.lower, grid.spacing, grid.nodes)
        self.potential = grid.disagreement[decoders - 1].ravel()
        self.edges = _edges(grid.nodes)
        i, j = self.edges.T
        metric = grid.metric[decoders - 1].reshape(-1, 2, 2)
        step = self.nodes[j] - self.nodes[i]
        squares = np.einsum("ex,exy,ey->e", step, (metric[i] + metric[j]) / 2, step)
        self.lengths = np.sqrt(squares.clip(min=0))
        self.on_edges = (self.potential[i] + self.potential[j]) / 2
        size = len(self.nodes)
        self.graph = csr_array((self.lengths, (i, j)), shape=(size, size))

    def __call__(self, start: np.ndarray, end: np.ndarray) -> Path:
        """The path from start to end, (2,) each, by way of their nearest nodes."""
        ends = self._nearest(start), self._nearest(end)
        excess = np.ones(len(self.edges))
        for _ in range(3 if self.potential.any() else 1):
            nodes = self._shortest(self.lengths * np.sqrt(excess), *ends)
            if len(nodes) == 1:
                return Path(np.stack([start, end]), np.ones(1))
            used = self._edges_between(nodes)
            speed = self.lengths[used].sum() / self.segments
            # no edge may become free of cost
            h = max(speed**2 / 2 - self.on_edges[used].mean(), -0.9 * self.potential.min())
            excess = self.on_edges + h
        durations = self.lengths[used] / np.sqrt(excess[used].clip(min=1e-300))
        points = np.concatenate([start[None], self.nodes[nodes], end[None]])
        return Path(points, np.concatenate([[0.0], durations, [0.0]]))

    def _nearest(self, point: np.ndarray) -> int:
        position = np.rint((point - self.grid.lower) / self.grid.spacing)
        i, j = position.clip(0, self.grid.nodes - 1).astype(int)
        return int(i * self.grid.nodes + j)

    def _edges_between(self, nodes: list[int]) -> np.ndarray:
        """The numbers of the edges between consecutive nodes of a path."""
        code, neighbours = [len(self.nodes), 1], np.sort(sliding_window_view(nodes, 2))
        return np.searchsorted(self.edges @ code, neighbours @ code)

    def _shortest(self, weights: np.ndarray, start: int, end: int) -> list[int]:
        # a weight of 0 would be no edge
        self.graph.data = weights.clip(min=1e-12)
        _, predecessors = dijkstra(self.graph, False, start, return_predecessors=True)
        path = [end]
        while path[-1] != start:
            path.append(int(predecessors[path[-1]]))
        return path[::-1]


def _edges(nodes: int) -> np.ndarray:
    """Pairs of neighbouring nodes, each once, ascending and in lexical order: (E, 2)."""
    i, j = np.indices((nodes, nodes))
    edges = []
    for di, dj in _NEIGHBOURS:
        inside = (i + di < nodes) & (j + dj >= 0) & (j + dj < nodes)
        here = (i * nodes + j)[inside]
        edges.append(np.stack([here, here + di * nodes + dj], axis=1))
    edges = np.concatenate(edges)
    return edges[np.lexsort(edges.T[::-1])]
