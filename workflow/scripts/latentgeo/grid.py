"""What the decoders say on a grid of the latent space, and the energy interpolated from it.

The Fisher-Rao energy of a curve with steps Δ_i = z_{i+1} - z_i is, to third order in them,

    E ≈ sum over i of (F(z_i, Δ_i) + F(z_{i+1}, Δ_i)) / 2,
    F(z, Δ) = D + a·Δ / 2 + Δᵀ C Δ / 2 + S(Δ, Δ, Δ) / 12.

With <·> the mean over pairs of decoders k ≠ l (k = l if there is but one), and a sum over pixels
implied, its fields are

    disagreement  D    = <KL(f_k ‖ f_l)>
    drift         a_i  = cov(mu, ∂_i eta) - cov(∂_i mu, eta), covariances among the decoders
    metric        C_ij = <J_kᵀ V_k J_l>_ij = <∂_i mu_k ∂_j eta_l>, symmetrised
    skewness      S_ijk = <∂_i mu_k ∂_jk eta_l - ∂_jk mu_k ∂_i eta_l>, symmetrised.

For one decoder D = a = 0, C is the Fisher-Rao metric and -S the skewness (Amari-Chentsov) tensor.
The sum of the even terms is half the symmetric KL of a step, the odd ones are what makes a curve
and its reverse differ. (Left out, of third order as well, is the curvature of a.)

One evaluation of the decoders on a grid gives these fields for every pair of points, every curve
family and every prefix of the decoders, and minimising the interpolated energy takes no decoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from scipy.interpolate import PchipInterpolator, make_interp_spline
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
    """The fields on a lattice over the latent space, row m - 1 for the first m decoders; in nats.

    Along each axis the nodes are equidistant in u, with z = centre + scale sinh(u).

    Shapes, for G nodes an axis and M decoders: `axes` (2, G) the nodes' coordinates, `centre` and
    `scale` (2,), `disagreement` (M, G, G), `drift` (M, G, G, 2), `metric` (M, G, G, 2, 2),
    `skewness` (M, G, G, 2, 2, 2), and `entropy` (M, G, G), the entropy of the decoders' output a
    pixel, mean over pixels and decoders.
    """

    axes: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    disagreement: np.ndarray
    drift: np.ndarray
    metric: np.ndarray
    skewness: np.ndarray
    entropy: np.ndarray

    @property
    def nodes(self) -> int:
        return self.axes.shape[1]

    def thinned(self, every: int) -> LatentGrid:
        """The grid of every n-th row and column."""
        whole = ("axes", "centre", "scale")
        fields = {
            name: f[:, ::every, ::every] for name, f in vars(self).items() if name not in whole
        }
        return LatentGrid(self.axes[:, ::every], self.centre, self.scale, **fields)


_SCALE = 0.6
"""Within how many standard deviations of the latents' median the nodes are dense."""
PIXELS_AT_ONCE = 112
"""Pixels that are interpolated together: more only take memory."""
_ORDERS = [0, 1, 0, 2, 1, 0], [0, 0, 1, 0, 1, 2]
"""Of a value, its two first and its three second derivatives: how often in x and in y."""
_SECOND = torch.tensor([[3, 4], [4, 5]])
"""Where the second derivatives stand among them."""


def evaluate_grid(objective: FisherRao, latents: np.ndarray, nodes: int) -> LatentGrid:
    """The fields and the entropy on a lattice over latents (n, 2), with a margin of 5 % all round.

    On each axis the outermost 0.1 % of the latents are left out at both ends: they would take up
    much of the lattice. It is dense near the median of the latents, where the decoders change
    most.

    Every decoder is evaluated once at each of nodes² points. The fields are products of its means
    and natural parameters and have finer features than these; hence they are taken from quintic
    splines through means and natural parameters, on a lattice that is finer by a third. Far out,
    where nodes are sparse, these may oscillate; the entropy, which figures show, does not.
    """
    centre, scale = np.median(latents, axis=0), _SCALE * latents.std(axis=0)
    low, high = np.quantile(latents, [0.001, 0.999], axis=0)
    box = np.stack([low, high]) + 0.05 * np.outer([-1, 1], high - low)
    ends = np.arcsinh((box - centre) / scale)
    coarse, fine = (
        (centre + scale * np.sinh(np.linspace(*ends, count))).T for count in (nodes, 4 * nodes // 3)
    )
    spline = _Refinement(nodes, fine.shape[1])
    points = torch.from_numpy(_points(coarse))
    decoded = [_decoded(objective, decoder, points) for decoder in objective.decoders]
    own, every = _products(spline, [parts[:2] for parts in decoded])
    chain = _chain(torch.from_numpy(fine), torch.from_numpy(centre), torch.from_numpy(scale))
    own, every = (chain @ products @ chain.mT for products in (own.cumsum(0), every))
    count = torch.arange(1, len(own) + 1)[:, None, None, None, None]
    between = torch.where(count > 1, (every - own) / (count * (count - 1)).clamp(min=1), own)
    among = own / count - between  # the covariance of mu and its slopes with eta and its slopes
    entropy = torch.stack([parts[2] for parts in decoded]).double().cumsum(0) / count[..., 0, 0]
    bend = between[..., 1:3, _SECOND] - between[..., _SECOND, 1:3].movedim(-1, -3)
    fields = {
        "disagreement": among[..., 0, 0],
        "drift": among[..., 0, 1:3] - among[..., 1:3, 0],
        "metric": (between + between.mT)[..., 1:3, 1:3] / 2,
        "skewness": (bend + bend.transpose(-3, -2) + bend.transpose(-3, -1)) / 3,
        "entropy": torch.from_numpy(_between_nodes(entropy.numpy(), spline.fine)),
    }
    return LatentGrid(fine, centre, scale, **{name: f.numpy() for name, f in fields.items()})


def _points(axes: np.ndarray) -> np.ndarray:
    """The positions of the nodes with coordinates (2, G) along the axes, row by row: (G², 2)."""
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)


@torch.no_grad()
def _decoded(objective: FisherRao, decoder: nn.Sequential, points: Tensor) -> list[Tensor]:
    """A', eta (G, G, D) and the entropy a pixel (G, G), in the decoder's own precision."""
    nodes, dtype = isqrt(len(points)), next(decoder.parameters()).dtype
    parts = []
    for part in points.split(POINTS_AT_ONCE):
        eta = decoder(part.to(dtype))
        mean = cb.mean(eta)
        parts.append((mean, eta, (cb.log_normalizer(eta) - mean * eta).mean(-1)))
    objective.evaluations += len(points)
    return [torch.cat(part).unflatten(0, (nodes, nodes)) for part in zip(*parts, strict=True)]


def _between_nodes(field: np.ndarray, fine: int) -> np.ndarray:
    """A field (M, G, G) on the finer lattice, (M, F, F), never beyond its neighbours' values."""
    at = np.linspace(0, fine - 1, field.shape[-1])
    for axis in (1, 2):
        field = PchipInterpolator(at, field, axis=axis)(np.arange(fine))
    return field


class _Refinement:
    """Quintic splines through fields on G² nodes, seen on a finer lattice over the same square."""

    def __init__(self, nodes: int, fine: int):
        self.fine = fine
        spline = make_interp_spline(np.linspace(0, fine - 1, nodes), np.eye(nodes), k=5)
        self.matrices = [torch.from_numpy(spline(np.arange(fine), nu=order)) for order in range(3)]

    def __call__(self, field: Tensor) -> Tensor:
        """Values and derivatives a step of the lattice, (6, ..., F, F, D), of (..., G, G, D)."""
        matrices = [matrix.to(field.dtype) for matrix in self.matrices]
        columns = field.flatten(-2)  # … × G × G·D
        along_x = [(m @ columns).unflatten(-1, field.shape[-2:]) for m in matrices]
        found = field.new_empty(6, *field.shape[:-3], self.fine, self.fine, field.shape[-1])
        for out, x, y in zip(found, *_ORDERS, strict=True):
            torch.matmul(matrices[y], along_x[x], out=out)
        return found


def _products(spline: _Refinement, decoded: list[list[Tensor]]) -> tuple[Tensor, Tensor]:
    """Sums over pixels of mean and its derivatives times eta and its derivatives.

    Of each decoder, and of the sums of the first 2, 3, ... decoders, (M, F, F, 6, 6) both, for
    every decoder's mean and eta, (G, G, D).
    """
    own, every = torch.zeros(2, len(decoded), spline.fine, spline.fine, 6, 6, dtype=torch.float64)
    for first in range(0, decoded[0][0].shape[-1], PIXELS_AT_ONCE):
        pixels, sums = slice(first, first + PIXELS_AT_ONCE), None
        for k, parts in enumerate(decoded):
            fields = [spline(part[..., pixels].contiguous()).movedim(0, -2) for part in parts]
            own[k] += fields[0] @ fields[1].mT
            if sums is None:
                sums = fields
                continue
            sums = [a.add_(b) for a, b in zip(sums, fields, strict=True)]
            every[k] += sums[0] @ sums[1].mT
    return own, every


def _chain(axes: Tensor, centre: Tensor, scale: Tensor) -> Tensor:
    """The chain rule from derivatives a step of a lattice to derivatives in z: (F, F, 6, 6)."""
    u, first, second = _unwarped(axes.T, centre, scale)
    spacing = (u[-1] - u[0]) / (len(u) - 1)
    rule = torch.zeros(*u.shape, 3, 3, dtype=u.dtype)
    rule[..., 0, 0], rule[..., 1, 1] = 1, first / spacing
    rule[..., 2, 1], rule[..., 2, 2] = second / spacing, (first / spacing) ** 2
    x, y = (rule[:, axis][:, orders][..., orders] for axis, orders in enumerate(_ORDERS))
    return x[:, None] * y


def _unwarped(z: Tensor, centre: Tensor, scale: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """u with z = centre + scale sinh(u), and its first two derivatives; all of z's shape."""
    offset = z - centre
    slope = (offset.square() + scale**2).rsqrt()
    return torch.asinh(offset / scale), slope, -offset * slope**3


class InterpolatedEnergy:
    """The energy that cubic splines of the fields give, for the first `decoders` decoders.

    An `Objective` like the Fisher-Rao energy itself; with `steps` every segment stands for so many
    equal ones. Beyond the grid the fields are constant.
    """

    curves_at_once = 512
    resolution = 1e-10

    def __init__(self, grid: LatentGrid, decoders: int, steps: float = 1.0):
        self.centre, self.scale = torch.from_numpy(grid.centre), torch.from_numpy(grid.scale)
        self.lower, self.upper = torch.from_numpy(grid.axes[:, [0, -1]]).T
        self.nodes = grid.nodes
        ends = [_unwarped(z, self.centre, self.scale)[0] for z in (self.lower, self.upper)]
        self.first, self.spacing = ends[0], (ends[1] - ends[0]) / (grid.nodes - 1)
        row = decoders - 1
        c, s = _semidefinite(grid.metric[row]), grid.skewness[row]
        d, a = grid.disagreement[row, ..., None], grid.drift[row]
        parts = d, a, *(c[..., 0, :], c[..., 1, 1:]), *(s[..., 0, 0, :], s[..., [0, 1], 1, 1])
        fields = np.moveaxis(np.concatenate(parts, axis=-1), -1, 0)
        fields = [
            f * steps ** (1 - sum(powers)) for f, *powers in zip(fields, *_POWERS, strict=True)
        ]
        self.terms = [number for number, field in enumerate(fields) if field.any()]
        fields = [fields[number] for number in self.terms]
        coefficients = np.stack([spline_filter(f, mode="mirror") for f in fields], axis=-1)
        ring = np.pad(coefficients, ((1, 1), (1, 1), (0, 0)), mode="reflect")
        self.coefficients = torch.from_numpy(ring).flatten(0, 1)
        self.taps = (torch.arange(4)[:, None] * (grid.nodes + 2) + torch.arange(4)).flatten()

    def covers(self, points: Tensor) -> Tensor:
        """Whether all points of curves (B, T, 2) are on the grid: (B,)."""
        return ((points >= self.lower) & (points <= self.upper)).all(-1).all(-1)

    def expand(self, points: Tensor) -> InterpolatedExpansion:
        return InterpolatedExpansion(self, points)

    def fields(self, points: Tensor) -> Tensor:
        """D, a_x, a_y, C_xx, C_xy, C_yy, S_xxx, S_xxy, S_xyy, S_yyy at points (..., 2).

        Only the n of them that `terms` names, which are not 0 everywhere; each with its derivatives
        in z, in the order of `_ORDERS`: (..., 6, n).
        """
        u, slope, bend = (
            part / self.spacing for part in _unwarped(points, self.centre, self.scale)
        )
        position = u - self.first / self.spacing
        inside = position.nan_to_num().clamp(0, self.nodes - 1)
        cell = inside.floor().clamp(max=self.nodes - 2)
        moving = (position == inside).double()[..., None]
        slope, bend = moving * slope[..., None], moving * bend[..., None]
        value, first, second = _spline_weights(inside - cell)
        along = [value, first * slope, second * slope**2 + first * bend]
        weights = _products_of(torch.stack(along, dim=-2), *_TAPS)  # …×6×16
        corner = cell.long() @ torch.tensor([self.nodes + 2, 1])
        near = corner[..., None] + self.taps
        return weights @ self.coefficients.index_select(0, near.flatten()).unflatten(0, near.shape)


_POWERS = [0, 1, 0, 2, 1, 0, 3, 2, 1, 0], [0, 0, 1, 0, 1, 2, 0, 1, 2, 3]
_FACTORS = torch.tensor([12, 6, 6, 6, 12, 6, 1, 3, 3, 1], dtype=torch.float64) / 12
"""F's monomials in Δ, one a field: powers of Δ_x and of Δ_y, and factors."""


_TAPS = [
    4 * torch.tensor(orders)[:, None] + taps
    for orders, taps in zip(_ORDERS, (torch.arange(16) // 4, torch.arange(16) % 4), strict=True)
]
"""For `_products_of`: all orders (rows) of all pairs of taps (columns) of the splines ..."""
_TERMS = [
    4 * torch.tensor(orders) + torch.tensor(powers)[:, None]
    for orders, powers in zip(_ORDERS, _POWERS, strict=True)
]
"""... and of all of F's monomials (rows) all orders (columns)."""


def _monomials(steps: Tensor, terms: list[int]) -> Tensor:
    """Some of F's n monomials at steps (..., 2) and their derivatives in Δ: (..., n, 6)."""
    one, zero, square = torch.ones_like(steps), torch.zeros_like(steps), steps**2
    value = [one, steps, square, steps * square]
    first = [zero, one, 2 * steps, 3 * square]
    second = [zero, zero, 2 * one, 6 * steps]
    along = torch.stack([*value, *first, *second], dim=-1).unflatten(-1, (3, 4))
    return _products_of(along, *(table[terms] for table in _TERMS)) * _FACTORS[terms, None]


def _products_of(along: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Products of a function of x and one of y, by number, of functions `along` x and y.

    Of four functions each `along` (..., 2, 3, 4) has the values and two derivatives; x and y are
    two tables of numbers below 12.
    """
    of_x, of_y = (
        along[..., axis, :, :].flatten(-2).index_select(-1, numbers.flatten())
        for axis, numbers in enumerate((x, y))
    )
    return (of_x * of_y).unflatten(-1, x.shape)


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
    """The interpolated energy around given points; see `energy.Expansion`.

    F / 2 at the start and at the end of every segment is kept with its derivatives, by z along
    the rows and by Δ along the columns, in the order of `_ORDERS`: (B, N, 6, 6).
    """

    def __init__(self, objective: InterpolatedEnergy, points: Tensor):
        fields = objective.fields(points)
        monomials = _monomials(points.diff(dim=1), objective.terms) / 2
        both = torch.cat([fields[:, :-1], fields[:, 1:]], dim=-2) @ monomials
        self.start, self.end = both.split(6, dim=-2)
        self.energy = (self.start + self.end)[..., 0, 0].sum(-1)

    def gradient(self) -> Tensor:
        own = self.start[:, 1:, 1:3, 0] + self.end[:, :-1, 1:3, 0]
        pull = (self.start + self.end)[..., 0, 1:3]
        return own + pull[:, :-1] - pull[:, 1:]

    def hessian(self, curves: Tensor) -> Hessian:
        start, end = self.start[curves], self.end[curves]
        own = (start[:, 1:, :, 0] + end[:, :-1, :, 0])[..., _SECOND]
        stiffness = (start + end)[:, :, 0][..., _SECOND]
        cross = end[:, :-1, 1:3, 1:3] - start[:, 1:, 1:3, 1:3]
        diagonal = own + cross + cross.mT + stiffness[:, :-1] + stiffness[:, 1:]
        mixed = start[..., 1:3, 1:3] - end[..., 1:3, 1:3].mT
        return Hessian(diagonal, (mixed - stiffness)[:, 1:-1])


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
        self.nodes = _points(grid.axes)
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
        i, j = np.abs(self.grid.axes - point[:, None]).argmin(axis=1)
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
