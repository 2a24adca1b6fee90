"""Ways of least cost between points by landmarks.

Costs are those of `starts.ways`; `starts.grid.paths` has Maupertuis' principle and what h is.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from ..ways import NO_COST, Path, apart, constant, costs, durations, least_constant, trace

ROUNDS = 4
"""How many times the constant h and a way, on which it depends, are found in turn."""
ROUTES = 3
"""How many ways from one point to another are found at most ..."""
DETOUR = 0.3
"""... none of them by more than this share longer than the shortest, ..."""
APART = 0.25
"""... whose middles are at least this share of the points' distance apart."""


class Graph:
    """Nodes at positions (V, d) with edges (E, 2); lengths and disagreement (E, pieces)."""

    def __init__(
        self, positions: np.ndarray, edges: np.ndarray, length: np.ndarray, level: np.ndarray
    ):
        self.positions, self.edges = positions, edges
        self.length, self.level = length, level
        self.flat = not level.any()
        order = np.lexsort([edges[:, 1], edges[:, 0]])
        self._codes, self._order = self._code(edges)[order], order

    def ways(self, start: int, end: int, steps: int) -> list[Path]:
        """Different ways from a node to another in so many steps, the shortest first."""
        h = None if self.flat else self._constant(start, end, steps)
        edges = self._costs(h)
        there, back = (self._field(edges, node) for node in (start, end))
        ways = [
            tuple(trace(there[1], middle)[::-1] + trace(back[1], middle)[1:])
            for middle in self._middles(there[0], back[0], start, end)
        ]
        return [self._way(list(nodes), h) for nodes in dict.fromkeys(ways)]

    def _constant(self, start: int, end: int, steps: int) -> float:
        """The h for which the shortest way takes so many steps."""
        floor = least_constant(float(self.level.min()))
        h = max(floor, 0.0)
        for _ in range(ROUNDS):
            field, before = self._field(self._costs(h), start)
            if not np.isfinite(field[end]):
                break
            chosen = self._numbers(trace(before, end)[::-1])
            way = self.length[chosen], self.level[chosen]
            duration = partial(_duration, *way)
            h = constant(duration, way[0].sum(), way[1].min(), steps, floor)
        return h

    def _costs(self, h: float | None) -> np.ndarray:
        return costs(self.length, self.level, h).sum(axis=1).clip(min=NO_COST)

    def _field(self, edges: np.ndarray, start: int) -> tuple[np.ndarray, np.ndarray]:
        """Least costs to all nodes from one, for what edges cost, and the node before each."""
        size = len(self.positions)
        graph = csr_array((edges, self.edges.T), shape=(size, size))
        return dijkstra(graph, False, start, return_predecessors=True)

    def _middles(self, there: np.ndarray, back: np.ndarray, start: int, end: int) -> list[int]:
        """Nodes where the costs from one end and from the other cross, the least in sum first."""
        total = there + back
        if not np.isfinite(total[end]):
            return []
        near = there <= back
        crossing = self.edges[near[self.edges[:, 0]] != near[self.edges[:, 1]]]
        candidates = np.unique(crossing)
        candidates = candidates[total[candidates] <= (1 + DETOUR) * total[end]]
        gap = APART * np.linalg.norm(self.positions[start] - self.positions[end])
        ordered = candidates[np.argsort(total[candidates], kind="stable")]
        return apart(self.positions, ordered.tolist(), gap, ROUTES)

    def _way(self, nodes: list[int], h: float | None) -> Path:
        chosen = self._numbers(nodes)
        taken = durations(self.length[chosen], self.level[chosen], h).sum(axis=1)
        return Path(self.positions[nodes], taken.clip(min=NO_COST))

    def _numbers(self, nodes: list[int]) -> np.ndarray:
        """The numbers of the edges between consecutive nodes."""
        pairs = np.sort(np.stack([nodes[:-1], nodes[1:]], axis=1), axis=1)
        return self._order[np.searchsorted(self._codes, self._code(pairs))]

    def _code(self, edges: np.ndarray) -> np.ndarray:
        return edges[:, 0] * len(self.positions) + edges[:, 1]


def _duration(length: np.ndarray, level: np.ndarray, h: float) -> float:
    return float(durations(length, level, h).sum())
