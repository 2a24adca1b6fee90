"""Means with intervals, and shares with theirs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats

LEVEL = 0.95
"""Of all intervals."""


class Interval(NamedTuple):
    """An estimate and the ends of its interval; NaN where there is none."""

    estimate: float
    low: float
    high: float


def of_mean(values: np.ndarray) -> Interval:
    """The mean of n values with Student's interval; without one for fewer than two values."""
    values = np.asarray(values, dtype=np.float64)
    if len(values) < 2:
        return Interval(float(values.mean()) if len(values) else np.nan, np.nan, np.nan)
    mean, error = float(values.mean()), stats.sem(values)
    half = float(stats.t.ppf((1 + LEVEL) / 2, len(values) - 1) * error)
    return Interval(mean, mean - half, mean + half)


def of_ratio(ratios: np.ndarray) -> Interval:
    """The geometric mean of n positive ratios, with Student's interval of their logarithms."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithms = np.log(ratios)
    if not np.isfinite(logarithms).all():
        return Interval(np.nan, np.nan, np.nan)
    return Interval(*(float(np.exp(value)) for value in of_mean(logarithms)))


def of_share(hits: int, count: int) -> Interval:
    """A share with Wilson's interval."""
    found = stats.binomtest(hits, count).proportion_ci(LEVEL, method="wilson")
    return Interval(hits / count, float(found.low), float(found.high))
