"""What ways of least cost have in common, whether over a grid or by landmarks.

A step Δ of a curve at a point with metric C and disagreement D costs √(D + h) |Δ|_C, where h is a
constant; without disagreement it costs its length. See `grid.paths` for what h is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

NO_COST = 1e-12
"""Stands for a cost of 0, which would be no edge."""
LEAST_EXCESS = 0.02
"""Share of the lowest disagreement that D + h keeps at least: no edge may become free of cost."""


@dataclass(frozen=True)
class Path:
    """A path through points (n, d) with the duration of each of its n - 1 pieces."""

    points: np.ndarray
    durations: np.ndarray

    def __call__(self, t: np.ndarray) -> np.ndarray:
        """Points at times t in [0, 1], (T,): (T, d)."""
        times = np.concatenate([[0.0], np.cumsum(self.durations)])
        if times[-1] == 0:
            return self.points[0] + t[:, None] * (self.points[-1] - self.points[0])
        return np.stack([np.interp(t, times / times[-1], axis) for axis in self.points.T], axis=1)


def least_constant(lowest: float) -> float:
    """The least h where the lowest disagreement is that."""
    return (LEAST_EXCESS - 1) * lowest


def constant(
    duration: Callable[[float], float], length: float, lowest: float, steps: int, least: float
) -> float:
    """The h at which a way takes so many steps, but not less than a value.

    `duration` is how many steps it takes for an h, `length` its length and `lowest` the lowest
    disagreement along it.
    """
    most = (length / steps) ** 2 / 2 - lowest
    if most <= least or duration(least) <= steps:
        return least
    if duration(most) >= steps:  # all disagreement is the same
        return most
    return brentq(lambda h: duration(h) - steps, least, most)


def durations(length: np.ndarray, level: np.ndarray, h: float | None) -> np.ndarray:
    """How many steps are taken along lengths at a disagreement, by √(2 (D + h)), or by √2, each."""
    excess = 1.0 if h is None else (level + h).clip(min=NO_COST)
    return length / np.sqrt(2 * excess)


def costs(length: np.ndarray, level: np.ndarray, h: float | None) -> np.ndarray:
    """What lengths at a disagreement cost; themselves when h is None."""
    return length if h is None else length * np.sqrt((level + h).clip(min=0))


def trace(before: np.ndarray, node: int) -> list[int]:
    """The nodes from one back to the first, before which stands the number of no node."""
    way = [node]
    while 0 <= (last := int(before[way[-1]])) < len(before):
        way.append(last)
    return way


def apart(positions: np.ndarray, nodes: Iterable[int], gap: float, most: int) -> list[int]:
    """The first so many of some nodes, in order, that are so far from those before them."""
    chosen: list[int] = []
    for node in nodes:
        gaps = np.linalg.norm(positions[chosen] - positions[node], axis=1)
        if len(chosen) < most and (gaps >= gap).all():
            chosen.append(node)
    return chosen
