"""Straight pieces of ways over a latent grid, each with samples of what it costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .. import ways

SIMPSON = np.array([1, 4, 2, 4, 1]) / 12
"""Weights of the samples along a piece: its ends, its middle, and its quarters."""
PARTS = len(SIMPSON) - 1


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
        whole = ways.costs(self.speed, self.potential, h) @ SIMPSON
        found = np.full(len(whole), np.inf)  # and 0 times infinity is that, too
        return np.multiply(whole, self.shrunk, out=found, where=np.isfinite(self.shrunk))

    def durations(self, h: float | None) -> np.ndarray:
        """How many steps the pieces take, (n,), by √(2 (D + h)) each, or by √2 when h is None."""
        return ways.durations(self.speed, self.potential, h) @ SIMPSON

    def constant(self, steps: int, least: float) -> float:
        """The h at which the pieces take so many steps together, but not less than a value."""
        return ways.constant(
            lambda h: self.durations(h).sum(),
            self.lengths().sum(),
            self.potential.min(),
            steps,
            least,
        )


def speed_of(metric: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Lengths of steps (..., 2) in metrics (..., 3) of components xx, xy and yy."""
    x, y = step[..., 0], step[..., 1]
    squares = metric[..., 0] * x * x + 2 * metric[..., 1] * x * y + metric[..., 2] * y * y
    return np.sqrt(squares.clip(min=0))
