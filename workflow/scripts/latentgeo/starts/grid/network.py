"""The nodes of a latent grid with straight edges in many directions, and what ways along them cost.

What steps cost is said in `starts.ways`; h is a constant that a way is asked for with.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from ..ways import NO_COST
from .fields import LatentGrid
from .interpolation import semidefinite
from .pieces import PARTS, Pieces, speed_of

REACH = 5
"""Length of the longest edges in steps of the grid: they have 48 directions."""
DIRECTIONS = sorted(
    (
        (x, y)
        for x in range(-REACH, REACH + 1)
        for y in range(-REACH, REACH + 1)
        if gcd(x, y) == 1 and x * x + y * y <= REACH * REACH
    ),
    key=lambda step: np.arctan2(step[1], step[0]),
)
"""The directions by angle: steps that do not pass by another node."""
AROUND = 8
"""A point is joined to the AROUND² nodes around it."""


@dataclass(frozen=True)
class End:
    """A point, in steps of the grid (2,), and its pieces to the nodes (AROUND²,) around it."""

    position: np.ndarray
    nodes: np.ndarray
    pieces: Pieces


@dataclass(frozen=True)
class Field:
    """Least costs from a point to all nodes, (G²,), and the node before each on the way there.

    Before the first node of a way stands G².
    """

    costs: np.ndarray
    before: np.ndarray


class Network:
    """Edges between the nodes of a grid, for the first `decoder_count` decoders.

    Ways along edges in a few directions are too long. In the plane that the metric makes round,
    unit steps in those directions are the corners of a polygon within the unit circle, and so far
    as the metric is constant over an edge, what a way costs is its length in that polygon's norm.
    Therefore an edge's cost is multiplied by cos(γ / 2), with γ the larger of the angles, in the
    metric, to the next directions on both sides: this moves the polygon's sides out of the circle,
    and the least cost from point to point is a lower bound for that of any curve.
    """

    def __init__(self, grid: LatentGrid, decoder_count: int):
        self.nodes, self.size = grid.nodes, grid.nodes**2
        self.centre, self.scale = grid.centre, grid.scale
        ends = np.arcsinh((grid.axes[:, [0, -1]] - self.centre[:, None]) / self.scale[:, None])
        self.first, self.spacing = ends[:, 0], (ends[:, 1] - ends[:, 0]) / (grid.nodes - 1)
        steps = np.hypot(grid.axes - self.centre[:, None], self.scale[:, None])
        steps = steps * self.spacing[:, None]  # dz by steps of the grid, (2, G)
        metric = semidefinite(grid.metric[decoder_count - 1])
        x, y = steps[0][:, None], steps[1][None]
        metric = np.stack(
            [metric[..., 0, 0] * x * x, metric[..., 0, 1] * x * y, metric[..., 1, 1] * y * y], -1
        )
        potential = grid.disagreement[decoder_count - 1]
        self.least = float(potential.min())
        self.flat = not potential.any()
        self.metric, self.potential = _refined(metric), _refined(potential)
        self._join(_shrinking(metric))

    def _join(self, shrunk: np.ndarray) -> None:
        """Make the edges: those of half the directions, each once, and a graph of both ways."""
        edges = [
            self._edges(step, own)
            for step, own in zip(DIRECTIONS, shrunk, strict=True)
            if step > (0, 0)
        ]
        self.ends = np.concatenate([ends for ends, _ in edges], axis=1)
        self.pieces = Pieces.joined(pieces for _, pieces in edges)
        rows, columns = np.concatenate([self.ends, self.ends[::-1]], axis=1)
        order = np.lexsort([columns, rows])
        self.edge_of = order % len(self.pieces.shrunk)
        self.columns = columns[order].astype(np.int32)
        self.starts = np.concatenate([[0], np.bincount(rows, minlength=self.size).cumsum()])
        self.codes = rows[order] * self.size + self.columns

    def _edges(self, step: tuple[int, int], shrunk: np.ndarray) -> tuple[np.ndarray, Pieces]:
        """The edges in a direction: their nodes, (2, n), and the pieces."""
        here = np.indices((self.nodes, self.nodes)).reshape(2, -1)
        there = here + np.array(step)[:, None]
        inside = ((there >= 0) & (there < self.nodes)).all(axis=0)
        here, there = here[:, inside], there[:, inside]
        at = PARTS * here[..., None] + np.multiply.outer(step, np.arange(PARTS + 1))[:, None]
        speed = speed_of(self.metric[*at], np.array(step))
        least = np.minimum(shrunk[*here], shrunk[*there])
        ends = np.stack([nodes[0] * self.nodes + nodes[1] for nodes in (here, there)])
        return ends, Pieces(speed, self.potential[*at], least)

    def end(self, point: np.ndarray) -> End:
        """Joins a point (2,) to the nodes around it."""
        position = (np.arcsinh((point - self.centre) / self.scale) - self.first) / self.spacing
        position = position.clip(0, self.nodes - 1)
        corner = (position.astype(int) - (AROUND // 2 - 1)).clip(0, self.nodes - AROUND)
        near = corner + np.stack(np.indices((AROUND, AROUND)), -1).reshape(-1, 2)
        return End(position, near @ [self.nodes, 1], self.straight(position, near))

    def straight(self, start: np.ndarray, ends: np.ndarray) -> Pieces:
        """Straight pieces from one position, (2,), to others, (n, 2), in steps of the grid."""
        step = ends - start
        at = start + np.linspace(0, 1, PARTS + 1)[:, None] * step[:, None]
        metric, potential = (_between(field, at) for field in (self.metric, self.potential))
        speed = speed_of(metric, step[:, None])
        return Pieces(speed, potential, np.ones(len(ends)))

    def field(self, h: float | None, costs: np.ndarray, start: End, limit: float = np.inf) -> Field:
        """Least costs to all nodes from a point, for edges that cost so much, (E,).

        Infinite where they are above a limit.
        """
        entry = start.pieces.costs(h)
        data = np.concatenate([costs[self.edge_of], entry]).clip(min=NO_COST)
        columns = np.concatenate([self.columns, start.nodes.astype(np.int32)])
        starts = np.append(self.starts, len(data)).astype(np.int32)
        graph = csr_array((data, columns, starts), shape=(self.size + 1, self.size + 1))
        costs, before = dijkstra(graph, True, self.size, return_predecessors=True, limit=limit)
        return Field(costs[:-1], before[:-1])

    def touches(self, inside: np.ndarray) -> np.ndarray:
        """Whether an edge has an end among some nodes, (G²,): (E,)."""
        return inside[self.ends].any(axis=0)

    def lowest(self, inside: np.ndarray) -> float:
        """The lowest disagreement along the edges that have an end among some nodes."""
        return float(self.pieces.potential[self.touches(inside)].min())

    def edges_between(self, nodes: list[int]) -> np.ndarray:
        """The numbers of the edges between consecutive nodes of a way."""
        way = np.array(nodes, dtype=np.int64)
        return self.edge_of[np.searchsorted(self.codes, way[:-1] * self.size + way[1:])]


def _refined(field: np.ndarray) -> np.ndarray:
    """A field (G, G, ...) with PARTS times as many steps, never beyond its neighbours' values."""
    for axis in (0, 1):
        count = field.shape[axis]
        at = np.linspace(0, count - 1, PARTS * (count - 1) + 1)
        field = PchipInterpolator(np.arange(count), field, axis=axis)(at)
    return field


def _between(field: np.ndarray, at: np.ndarray) -> np.ndarray:
    """A refined field at positions (..., 2) in steps of the grid, bilinearly."""
    cell = (PARTS * at).astype(int).clip(max=np.array(field.shape[:2]) - 2)
    x, y = (
        part.reshape(*at.shape[:-1], *[1] * (field.ndim - 2))
        for part in np.moveaxis(PARTS * at - cell, -1, 0)
    )
    i, j = np.moveaxis(cell, -1, 0)
    below = (1 - y) * field[i, j] + y * field[i, j + 1]
    above = (1 - y) * field[i + 1, j] + y * field[i + 1, j + 1]
    return (1 - x) * below + x * above


def _shrinking(metric: np.ndarray) -> np.ndarray:
    """By what costs of edges are multiplied, see `Network`: (directions, G, G).

    Metrics (G, G, 3) by steps of the grid have components xx, xy and yy.
    """
    xx, xy, yy = np.moveaxis(metric, -1, 0)
    along = np.sqrt(xx.clip(min=NO_COST))
    tilt = xy / along
    across = np.sqrt((yy - tilt**2).clip(min=NO_COST))
    angles = np.stack([np.arctan2(across * y, along * x + tilt * y) for x, y in DIRECTIONS])
    gaps = (np.roll(angles, -1, axis=0) - angles) % (2 * np.pi)
    return np.cos(np.maximum(gaps, np.roll(gaps, 1, axis=0)).clip(max=np.pi) / 2)
