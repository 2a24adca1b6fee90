"""Curve families between two fixed ends, each a straight line plus a basis that vanishes at both.

    c(t) = (1 - t) z0 + t z1 + Phi(t) w,   t in [0, 1],   Phi(0) = Phi(1) = 0

A family is nothing but its basis Phi, so that one solver serves all of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from scipy.interpolate import CubicSpline as _Spline
from torch import Tensor

from .errors import StudyError


class Family(Protocol):
    """A curve family; `size` is the number P of its weights a dimension."""

    @property
    def size(self) -> int: ...

    def basis(self, t: Tensor) -> Tensor:
        """Phi at times t in [0, 1], shape (T,): (T, P), 0 at both ends."""


MOST_DEGREE = 12
"""Of polynomials: above it powers can hardly be told apart."""


def _check_whole(family: str, size: int, most: float = math.inf) -> None:
    """Raise StudyError when a degree, or a number of pieces, is none."""
    if isinstance(size, bool) or not isinstance(size, int) or not 2 <= size <= most:
        ends = "2 or more" if most == math.inf else f"2 to {most}"
        raise StudyError(f"{family}({size!r}): a whole number, {ends}, is wanted")


@dataclass(frozen=True)
class Polynomial:
    """The study's polynomials: Phi_k(t) = t^k - t^degree for k = 1 ... degree - 1."""

    degree: int

    def __post_init__(self):
        _check_whole("Polynomial", self.degree, MOST_DEGREE)

    @property
    def size(self) -> int:
        return self.degree - 1

    def basis(self, t: Tensor) -> Tensor:
        """Phi at times t, shape (T,): (T, degree - 1)."""
        powers = torch.arange(1, self.degree, dtype=t.dtype)
        return t[:, None] ** powers - t[:, None] ** self.degree


@dataclass(frozen=True)
class PiecewiseLinear:
    """Straight pieces of equal duration: Phi holds the hat functions of the inner knots."""

    pieces: int

    def __post_init__(self):
        _check_whole("PiecewiseLinear", self.pieces)

    @property
    def size(self) -> int:
        return self.pieces - 1

    def basis(self, t: Tensor) -> Tensor:
        """Phi at times t, shape (T,): (T, pieces - 1)."""
        knots = torch.arange(1, self.pieces, dtype=t.dtype)
        return (1 - (t[:, None] * self.pieces - knots).abs()).clamp(min=0)


@dataclass(frozen=True)
class CubicSpline:
    """Natural cubic spline: Phi holds the splines that are 1 at one inner knot, 0 at the others."""

    pieces: int

    def __post_init__(self):
        _check_whole("CubicSpline", self.pieces)

    @property
    def size(self) -> int:
        return self.pieces - 1

    def basis(self, t: Tensor) -> Tensor:
        """Phi at times t, shape (T,): (T, pieces - 1)."""
        cardinal = np.eye(self.pieces + 1)[:, 1:-1]
        spline = _Spline(np.linspace(0, 1, self.pieces + 1), cardinal, bc_type="natural")
        inside = ((t > 0) & (t < 1))[:, None]
        return torch.from_numpy(spline(t.double().numpy())).to(t) * inside


FAMILIES: dict[str, type[Family]] = {
    "polynomial": Polynomial,
    "piecewise-linear": PiecewiseLinear,
    "cubic-spline": CubicSpline,
}
"""The families by the names that `curves.families` in the config gives them."""


def make_family(family: str, **size: int) -> Family:
    """A family by name, with its degree or number of pieces."""
    return FAMILIES[family](**size)


@dataclass(frozen=True)
class Curves:
    """A batch of curves of one family; `curves(t)` gives their points.

    Shapes: `start` and `end` (B, d), `weights` (B, P, d), where P is the size of the basis.
    """

    family: Family
    start: Tensor
    end: Tensor
    weights: Tensor

    def __call__(self, t: Tensor) -> Tensor:
        """Points at times t, shape (T,): (B, T, d); the ends are exact at t = 0 and t = 1."""
        t = t.to(self.weights)
        return straight(self.start, self.end, t) + self.family.basis(t) @ self.weights


def straight(start: Tensor, end: Tensor, t: Tensor) -> Tensor:
    """The straight lines from start to end, (B, d) each, at times t, (T,): (B, T, d)."""
    t = t[:, None]
    return (1 - t) * start[:, None] + t * end[:, None]


def bow(t: Tensor) -> Tensor:
    """The parabola that is 0 at the ends and 1 in the middle, at times t, (T,): (T, 1)."""
    return (4 * t * (1 - t))[:, None]


def uniform_times(segments: int) -> Tensor:
    """The segments + 1 times of a curve's points, float64, equally spaced in [0, 1]."""
    return torch.linspace(0, 1, segments + 1, dtype=torch.float64)


def fit(family: Family, t: Tensor, points: Tensor) -> Tensor:
    """Weights of the family's curves closest to points (B, T, d), in least squares: (B, P, d).

    The ends of the fitted curves are the first and last points.
    """
    deviation = points - straight(points[:, 0], points[:, -1], t)
    return torch.linalg.pinv(family.basis(t)) @ deviation
