"""Straight pieces of ways over a latent grid, each with samples of what it costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

SIMPSON = np.array([1, 4, 2, 4, 1]) / 12
"""Weights of the samples along a piece: its ends, its middle, and its quarters."""
PARTS = len(SIMPSON) - 1
NO_COST = 1e-12
"""Stands for a cost of 0, which would be no edge."""


@dataclass(frozen=True)
class Pieces:
    """Samples along n pieces of ways: speeds |Δ|_C and disagreement, (n, 5) each.

    `shrunk`, (n,), is by what a piece's cost is multiplied, see `Network`.
    """

    speed: np.ndarray
    potential: np.ndarray
    shrunk: np.ndarray

    @classmethod
    def joined(cls, parts: Iterable[Pieces]) -> Pieces:
        """One after the other."""
        fields = zip(*((p.speed, p.potential, p.shrunk) for p in parts), strict=True)
        return cls(*(np.concatenate(field) for field in fields))

    def select(self, numbers: np.ndarray) -> Pieces:
        return Pieces(self.speed[numbers], self.potential[numbers], self.shrunk[numbers])

    def lengths(self) -> np.ndarray:
        return self.speed @ SIMPSON

    def costs(self, h: float | None) -> np.ndarray:
        """What the pieces cost, (n,); their lengths when h is None."""
        speed = self.speed if h is None else self.speed * np.sqrt((self.potential + h).clip(min=0))
        costs = np.full(len(speed), np.inf)  # and 0 times infinity is that, too
        return np.multiply(speed @ SIMPSON, self.shrunk, out=costs, where=np.isfinite(self.shrunk))

    def durations(self, h: float | None) -> np.ndarray:
        """How many steps the pieces take, (n,), by √(2 (D + h)) each, or by √2 when h is None."""
        excess = 1.0 if h is None else (self.potential + h).clip(min=NO_COST)
        return self.speed / np.sqrt(2 * excess) @ SIMPSON

    def constant(self, steps: int, least: float) -> float:
        """The h at which the pieces take so many steps together, but not less than a value."""
        most = (self.lengths().sum() / steps) ** 2 / 2 - self.potential.min()
        if most <= least or self.durations(least).sum() <= steps:
            return least
        if self.durations(most).sum() >= steps:  # all disagreement is the same
            return most
        return brentq(lambda h: self.durations(h).sum() - steps, least, most)


def speed_of(metric: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Lengths of steps (..., 2) in metrics (..., 3) of components xx, xy and yy."""
    x, y = step[..., 0], step[..., 1]
    squares = metric[..., 0] * x * x + 2 * metric[..., 1] * x * y + metric[..., 2] * y * y
    return np.sqrt(squares.clip(min=0))
