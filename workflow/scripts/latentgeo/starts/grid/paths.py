"""Ways of least cost over a latent grid, and what no curve can be below."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..ways import Path, apart, least_constant, trace
from .fields import LatentGrid, node_positions
from .network import REACH, End, Field, Network
from .pieces import Pieces

ROUNDS = 6
"""How many times the constant h and a path, on which it depends, are found in turn at most ..."""
CLOSE = 0.01
"""... or until the bound for the action cannot become better by more than this share."""
NARROWED = 5
"""How many times the nodes where curves may go are narrowed at most."""
ROUTES = 6
"""How many ways from one point to another are found at most ..."""
DETOUR = 0.5
"""... none of them by more than this share longer than the shortest, ..."""
ROUTES_APART = 0.12
"""... whose middles are at least this share of the points' distance apart."""


@dataclass(frozen=True)
class Ways:
    """Different paths from a point to another, the one of least cost first.

    No curve has a lower action than `least`, in nats, as far as the network can tell.
    """

    paths: list[Path]
    least: float


@dataclass(frozen=True)
class Way:
    """The shortest way for some h, what it costs, and the least costs from where it begins."""

    h: float | None
    field: Field
    cost: float
    pieces: Pieces

    def bound(self, steps: int) -> float:
        """What no action of so many steps is below."""
        return float(np.sqrt(2) * self.cost - self.h * steps)


class PathFinder:
    """Shortest paths over a grid for the energy of the first `decoder_count` decoders in N steps.

    The energy of N steps is the action N ∫ D dt + ∫ |dz/dt|²_C dt / 2N of a particle with mass C in
    the potential -D. As (D + h) N + v² / 2N is at least v √(2 (D + h)), it is for every h at least

        min ∫ √(2 (D + h)) |dz|_C - h N,

    by Maupertuis' principle with equality for the h with which the shortest path of this integral
    takes N steps. Without disagreement that is L² / 2N, with the length L under √(symmetric KL).
    """

    def __init__(self, grid: LatentGrid, decoder_count: int, segments: int):
        self.segments = segments
        self.network = Network(grid, decoder_count)
        self.nodes = node_positions(grid.axes)

    def __call__(self, start: np.ndarray, end: np.ndarray) -> Ways:
        """Ways from start to end, (2,) each, shortest first.

        Each is the shortest of those by way of its middle, a node that is as far from the one end
        as from the other: the ways of least cost through one valley of the metric or another.
        """
        ends = self.network.end(start), self.network.end(end)
        direct = self._direct(*ends)
        top, least = self._top(*ends, direct)
        h, there = top.h, top.field
        straight = Path(np.stack([start, end]), np.ones(1))
        if not np.isfinite(top.cost) or direct.costs(h)[0] <= top.cost:
            return Ways([straight], least)
        costs = self.network.pieces.costs(h)
        back = self.network.field(h, costs, ends[1], (1 + DETOUR) * top.cost)
        paths = []
        for middle in self._middles(there.costs, back.costs, np.linalg.norm(end - start)):
            nodes = trace(there.before, middle)[::-1] + trace(back.before, middle)[1:]
            durations = self._pieces(*ends, nodes).durations(h)
            points = np.concatenate([start[None], self.nodes[nodes], end[None]])
            paths.append(Path(points, durations))
        return Ways(paths or [straight], least)

    def _top(self, start: End, end: End, direct: Pieces) -> tuple[Way, float]:
        """The shortest way for the h of the highest bound, and that bound.

        The bound is concave in h, and its slope is the steps that the way takes less N. The next h
        is where the tangents on both sides of the top cross. Without disagreement there is no h.
        """
        steps = self.segments
        way = self._way(None, start, end, direct)
        if self.network.flat:
            return way, way.cost**2 / (2 * steps)
        floor = least_constant(self.network.least)
        h, least, tangents = way.pieces.constant(steps, floor), -np.inf, {}
        for _ in range(ROUNDS):
            way = self._way(h, start, end, direct)
            bound, slope = way.bound(steps), way.pieces.durations(h).sum() - steps
            least, tangents[slope > 0] = max(least, bound), (h, bound, slope)
            if len(tangents) < 2:
                h = way.pieces.constant(steps, floor)
            else:
                (low, below, rise), (high, above, fall) = tangents[True], tangents[False]
                h = low + (above - below + fall * (low - high)) / (rise - fall)
            if bound + slope * (h - way.h) - least <= CLOSE * abs(least):
                break
        return way, least

    def narrowed(self, start: np.ndarray, end: np.ndarray, least: float, upper: float) -> float:
        """A better bound for the action, given one and the action of some curve.

        h cannot be below -D, wherever a curve may go. But curves that are no worse than a known one
        do not go everywhere: only to nodes by way of which the bound is not above its action.
        """
        network, steps = self.network, self.segments
        ends = network.end(start), network.end(end)
        direct, floor, inside = self._direct(*ends), network.least, np.ones(network.size, bool)
        for _ in range(NARROWED if not network.flat and np.isfinite(upper) else 0):
            if least >= (1 - CLOSE) * upper:
                break
            h = least_constant(floor)
            costs = np.where(network.touches(inside), network.pieces.costs(h), np.inf)
            total = sum(network.field(h, costs, point).costs for point in ends)
            bound = np.sqrt(2) * total - h * steps
            way = np.sqrt(2) * direct.costs(h)[0] - h * steps
            least = max(least, min(bound.min(), way, upper))
            inside = bound <= upper
            for point in ends:
                inside[point.nodes] = True
            before, floor = floor, network.lowest(inside)
            if floor <= before * (1 + CLOSE):
                break
        return least

    def _way(self, h: float | None, start: End, end: End, direct: Pieces) -> Way:
        """The shortest way from an end to the other."""
        field = self.network.field(h, self.network.pieces.costs(h), start)
        on = field.costs[end.nodes] + end.pieces.costs(h)
        last, straight = int(on.argmin()), float(direct.costs(h)[0])
        if not on[last] < straight:
            return Way(h, field, straight, direct)
        nodes = trace(field.before, int(end.nodes[last]))[::-1]
        return Way(h, field, float(on[last]), self._pieces(start, end, nodes))

    def _direct(self, start: End, end: End) -> Pieces:
        """The straight line, which costs infinitely much where it is too long for its samples."""
        direct = self.network.straight(start.position, end.position[None])
        far = np.abs(end.position - start.position).max() > REACH
        return Pieces(direct.speed, direct.potential, np.array([np.inf])) if far else direct

    def _pieces(self, start: End, end: End, nodes: list[int]) -> Pieces:
        """The pieces of a way by nodes from a point to another."""
        edges = self.network.pieces.select(self.network.edges_between(nodes))
        first, last = (
            point.pieces.select(np.nonzero(point.nodes == node)[0][:1])
            for point, node in ((start, nodes[0]), (end, nodes[-1]))
        )
        return Pieces.joined([first, edges, last])

    def _middles(self, there: np.ndarray, back: np.ndarray, distance: float) -> list[int]:
        """Nodes where the costs from one end and from the other cross, the least in sum first."""
        near = (there <= back).reshape(self.network.nodes, self.network.nodes)
        crossed = np.zeros_like(near)
        crossed[:-1] |= near[:-1] != near[1:]
        crossed[:, :-1] |= near[:, :-1] != near[:, 1:]
        total = there + back
        candidates = np.nonzero(crossed.ravel() & (total <= (1 + DETOUR) * total.min()))[0]
        ordered = candidates[np.argsort(total[candidates], kind="stable")]
        return apart(self.nodes, ordered.tolist(), ROUTES_APART * distance, ROUTES)
