"""Ways of least cost between points by landmarks.

A piece of a step Δ costs √(D + h) |Δ|_C, and without disagreement |Δ|_C, as in `starts.grid.paths`,
which has Maupertuis' principle and what h is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

NO_COST = 1e-12
"""Stands for a cost of 0, which would be no edge."""
ROUNDS = 4
"""How many times the constant h and a way, on which it depends, are found in turn."""
ROUTES = 3
"""How many ways from one point to another are found at most ..."""
DETOUR = 0.3
"""... none of them by more than this share longer than the shortest, ..."""
APART = 0.25
"""... whose middles are at least this share of the points' distance apart."""


@dataclass(frozen=True)
class Way:
    """A way through points (n, d), with the duration of each of its n - 1 steps."""

    points: np.ndarray
    durations: np.ndarray

    def __call__(self, t: np.ndarray) -> np.ndarray:
        """Points at times t in [0, 1], (T,): (T, d)."""
        times = np.concatenate([[0.0], np.cumsum(self.durations)])
        return np.stack([np.interp(t, times / times[-1], axis) for axis in self.points.T], axis=1)


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

    def ways(self, start: int, end: int, steps: int) -> list[Way]:
        """Different ways from a node to another in so many steps, the shortest first."""
        h = None if self.flat else self._constant(start, end, steps)
        costs = self._costs(h)
        there, back = (self._field(costs, node) for node in (start, end))
        found = []
        for middle in self._middles(there[0], back[0], start, end):
            nodes = _trace(there[1], middle)[::-1] + _trace(back[1], middle)[1:]
            found.append(self._way(nodes, h))
        return found

    def _constant(self, start: int, end: int, steps: int) -> float:
        """The h for which the shortest way takes so many steps."""
        floor = -float(self.level.min()) * (1 - 0.02)
        h = max(floor, 0.0)
        for _ in range(ROUNDS):
            costs, before = self._field(self._costs(h), start)
            if not np.isfinite(costs[end]):
                break
            chosen = self._numbers(_trace(before, end)[::-1])
            length, level = self.length[chosen], self.level[chosen]

            def excess(h: float, length: np.ndarray = length, level: np.ndarray = level) -> float:
                return float(_durations(length, level, h).sum()) - steps

            most = (length.sum() / steps) ** 2 / 2 - level.min()
            h = floor
            if most > floor and excess(floor) > 0:
                h = brentq(excess, floor, most) if excess(most) < 0 else most
        return h

    def _costs(self, h: float | None) -> np.ndarray:
        costs = self.length if h is None else self.length * np.sqrt((self.level + h).clip(min=0))
        return costs.sum(axis=1).clip(min=NO_COST)

    def _field(self, costs: np.ndarray, start: int) -> tuple[np.ndarray, np.ndarray]:
        """Least costs from a node to all others, and the node before each on the way."""
        size = len(self.positions)
        graph = csr_array((costs, self.edges.T), shape=(size, size))
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
        apart = APART * np.linalg.norm(self.positions[start] - self.positions[end])
        chosen: list[int] = []
        for node in candidates[np.argsort(total[candidates], kind="stable")].tolist():
            gaps = np.linalg.norm(self.positions[chosen] - self.positions[node], axis=1)
            if len(chosen) < ROUTES and (gaps >= apart).all():
                chosen.append(node)
        return chosen

    def _way(self, nodes: list[int], h: float | None) -> Way:
        chosen = self._numbers(nodes)
        durations = _durations(self.length[chosen], self.level[chosen], h).sum(axis=1)
        return Way(self.positions[nodes], durations.clip(min=NO_COST))

    def _numbers(self, nodes: list[int]) -> np.ndarray:
        """The numbers of the edges between consecutive nodes."""
        pairs = np.sort(np.stack([nodes[:-1], nodes[1:]], axis=1), axis=1)
        return self._order[np.searchsorted(self._codes, self._code(pairs))]

    def _code(self, edges: np.ndarray) -> np.ndarray:
        return edges[:, 0] * len(self.positions) + edges[:, 1]


def _durations(length: np.ndarray, level: np.ndarray, h: float | None) -> np.ndarray:
    """How many steps pieces take, by √(2 (D + h)) each, or by √2 when h is None."""
    excess = 1.0 if h is None else (level + h).clip(min=NO_COST)
    return length / np.sqrt(2 * excess)


def _trace(before: np.ndarray, node: int) -> list[int]:
    """The nodes from one back to where the costs begin."""
    way = [node]
    while (last := int(before[way[-1]])) >= 0:
        way.append(last)
    return way
