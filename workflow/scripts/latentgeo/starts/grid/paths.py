"""Shortest paths over a latent grid, from which the graph start's curves are made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from .fields import LatentGrid, node_positions

NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (1, -2), (2, -1))
"""Half of the sixteen directions in which a node has edges: lengths are at most 2.8 % too long."""
ROUNDS = 3
"""How many times a path and the constant h, which depends on the path, are found in turn."""
LEAST_EXCESS = 0.1
"""Share of the lowest disagreement that D + h keeps at least: no edge may become free of cost."""
NO_COST = 1e-12
"""Stands for a weight of 0, which would be no edge."""
ROUTES = 6
"""How many ways from one point to another are found at most ..."""
DETOUR = 0.5
"""... none of them by more than this share longer than the shortest, ..."""
ROUTES_APART = 0.12
"""... whose middles are at least this share of the points' distance apart."""


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
    """Shortest paths over a grid for the energy of the first `decoder_count` decoders in N steps.

    The energy of N steps is the action of a particle with mass C in the potential -D. By
    Maupertuis' principle its path minimises the integral of √(2 (D + h)) |dz|_C, where the
    constant h is such that the path takes N steps; without disagreement that is the shortest path
    under √(symmetric KL).
    """

    def __init__(self, grid: LatentGrid, decoder_count: int, segments: int):
        self.grid, self.segments = grid, segments
        self.nodes = node_positions(grid.axes)
        self.potential = grid.disagreement[decoder_count - 1].ravel()
        self.edges = _edges(grid.nodes)
        i, j = self.edges.T
        metric = grid.metric[decoder_count - 1].reshape(-1, 2, 2)
        step = self.nodes[j] - self.nodes[i]
        squares = np.einsum("ex,exy,ey->e", step, (metric[i] + metric[j]) / 2, step)
        self.lengths = np.sqrt(squares.clip(min=0))
        self.on_edges = (self.potential[i] + self.potential[j]) / 2
        size = len(self.nodes)
        self.graph = csr_array((self.lengths, (i, j)), shape=(size, size))

    def __call__(self, start: np.ndarray, end: np.ndarray) -> list[Path]:
        """Different ways from start to end, (2,) each, by their nearest nodes, shortest first.

        Each is the shortest of those by way of its middle, a node that is as far from the one end
        as from the other: the ways of least cost through one valley of the metric or another.
        """
        first, last = self._nearest(start), self._nearest(end)
        if first == last:
            return [Path(np.stack([start, end]), np.ones(1))]
        excess = self._excess(first, last)
        weights = self.lengths * np.sqrt(excess)
        fields = [self._field(weights, node) for node in (first, last)]
        if not np.isfinite(fields[0][0][last]):  # no way is of finite cost
            return [Path(np.stack([start, end]), np.ones(1))]
        paths = []
        for middle in self._middles(*(costs for costs, _ in fields), first, last):
            back, on = (_trace(before, middle) for _, before in fields)
            nodes = back[::-1] + on[1:]
            used = self._edges_between(nodes)
            durations = self.lengths[used] / np.sqrt(excess[used].clip(min=1e-300))
            points = np.concatenate([start[None], self.nodes[nodes], end[None]])
            paths.append(Path(points, np.concatenate([[0.0], durations, [0.0]])))
        return paths

    def _excess(self, first: int, last: int) -> np.ndarray:
        """D + h on every edge, with h of the shortest path between two nodes: (E,)."""
        excess = np.ones(len(self.edges))
        for _ in range(ROUNDS if self.potential.any() else 0):
            costs, before = self._field(self.lengths * np.sqrt(excess), first)
            if not np.isfinite(costs[last]):
                return excess
            used = self._edges_between(_trace(before, last))
            speed = self.lengths[used].sum() / self.segments
            least = (LEAST_EXCESS - 1) * self.potential.min()
            h = max(speed**2 / 2 - self.on_edges[used].mean(), least)
            excess = self.on_edges + h
        return excess

    def _middles(self, there: np.ndarray, back: np.ndarray, first: int, last: int) -> list[int]:
        """Nodes where the costs from one end and from the other cross, the least in sum first."""
        near = (there <= back).reshape(self.grid.nodes, self.grid.nodes)
        crossed = np.zeros_like(near)
        crossed[:-1] |= near[:-1] != near[1:]
        crossed[:, :-1] |= near[:, :-1] != near[:, 1:]
        total = there + back
        candidates = np.nonzero(crossed.ravel() & (total <= (1 + DETOUR) * total.min()))[0]
        apart = ROUTES_APART * np.linalg.norm(self.nodes[last] - self.nodes[first])
        chosen: list[int] = []
        for node in candidates[np.argsort(total[candidates], kind="stable")].tolist():
            gaps = np.linalg.norm(self.nodes[chosen] - self.nodes[node], axis=1)
            if len(chosen) < ROUTES and (gaps >= apart).all():
                chosen.append(node)
        return chosen

    def _nearest(self, point: np.ndarray) -> int:
        i, j = np.abs(self.grid.axes - point[:, None]).argmin(axis=1)
        return int(i * self.grid.nodes + j)

    def _edges_between(self, nodes: list[int]) -> np.ndarray:
        """The numbers of the edges between consecutive nodes of a path."""
        code, neighbours = [len(self.nodes), 1], np.sort(sliding_window_view(nodes, 2))
        return np.searchsorted(self.edges @ code, neighbours @ code)

    def _field(self, weights: np.ndarray, node: int) -> tuple[np.ndarray, np.ndarray]:
        """The least costs from a node to all nodes, and the node before each on the way: (G²,)."""
        self.graph.data = weights.clip(min=NO_COST)
        return dijkstra(self.graph, False, node, return_predecessors=True)


def _trace(before: np.ndarray, node: int) -> list[int]:
    """The nodes from a node back to where a field began."""
    path = [node]
    while before[path[-1]] >= 0:
        path.append(int(before[path[-1]]))
    return path


def _edges(nodes: int) -> np.ndarray:
    """Pairs of neighbouring nodes, each once, ascending and in lexical order: (E, 2)."""
    i, j = np.indices((nodes, nodes))
    edges = []
    for di, dj in NEIGHBOURS:
        inside = (i + di < nodes) & (j + dj >= 0) & (j + dj < nodes)
        here = (i * nodes + j)[inside]
        edges.append(np.stack([here, here + di * nodes + dj], axis=1))
    edges = np.concatenate(edges)
    return edges[np.lexsort(edges.T[::-1])]
