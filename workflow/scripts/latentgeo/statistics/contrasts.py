"""How much more one group of models varies than another, over the same pairs.

Models are the random unit: pairs share them. The effect is the mean over pairs of the logarithm of
the ratio of two coefficients of variation (CV).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from .intervals import LEVEL
from .variation import correction

RESAMPLED = 2000
"""How many times models and pairs are drawn anew, and labels of models are permuted."""


@dataclass(frozen=True)
class Contrast:
    """The ratio of the CVs of a group of models to those of another, geometric mean over pairs."""

    ratio: float
    low: float
    high: float
    """The interval over models."""
    wide_low: float
    wide_high: float
    """The interval over models and pairs."""
    error: float
    """The standard error of the ratio's logarithm, by the jackknife over models."""
    p: float
    """How often a permutation of models between the groups has an effect as large."""
    share_lower: float
    """The share of pairs in which the first group's CV is the lower one."""


def log_cv(values: np.ndarray) -> np.ndarray:
    """Logarithms of CVs over n models of values (..., n, P): (..., P).

    σ has n - 1, and the bias of few models is corrected.
    """
    n = values.shape[-2]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(values.std(-2, ddof=1) / values.mean(-2) * correction(n))


def effect(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of values (..., n, P) of two groups: (...)."""
    with np.errstate(invalid="ignore"):
        return (log_cv(a) - log_cv(b)).mean(-1)


def contrast(a: np.ndarray, b: np.ndarray, same: bool, random: np.random.Generator) -> Contrast:
    """Of positive values (n, P) and (m, P) of two groups of models for the same P pairs.

    `same` says that the groups are the same models, row by row. What cannot be said is NaN: nothing
    of fewer than three models, or of values that are not positive.
    """
    if min(len(a), len(b)) < 3 or not (a > 0).all() or not (b > 0).all():
        return Contrast(*[float("nan")] * 8)
    each = log_cv(a) - log_cv(b)
    if not np.isfinite(each).all():  # models that are all alike
        return Contrast(*[float("nan")] * 8)
    low, high, error = over_models(a, b, same)
    wide = over_models_and_pairs(a, b, same, random)
    return Contrast(
        float(np.exp(each.mean())),
        *(float(np.exp(bound)) for bound in (low, high, *wide)),
        float(error),
        permutation(a, b, same, random),
        float((each < 0).mean()),
    )


def over_models(
    a: np.ndarray, b: np.ndarray, same: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The interval of the effect for values (..., n, P), and its standard error: (...) each.

    Student's, with the jackknife's variances over the models of each group and the degrees of
    freedom of Welch and Satterthwaite. Percentiles of a bootstrap are too narrow for a few dozen
    models, and for five they are those of how often one model is drawn five times.
    """
    if same:
        parts = [_jackknife(effect(*(_without_each(x) for x in (a, b))))]
    else:
        parts = [_jackknife(log_cv(_without_each(x)).mean(-1)) for x in (a, b)]
    variances, counts = zip(*parts, strict=True)
    total = sum(variances)
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = total**2 / sum(
            v**2 / (count - 1) for v, count in zip(variances, counts, strict=True)
        )
        half = stats.t.ppf((1 + LEVEL) / 2, freedom) * np.sqrt(total)
    middle = effect(a, b)
    return middle - half, middle + half, np.sqrt(total)


def _without_each(values: np.ndarray) -> np.ndarray:
    """Values (..., n, P) without one model at a time: (..., n, n - 1, P)."""
    n = values.shape[-2]
    kept = np.nonzero(~np.eye(n, dtype=bool))[1].reshape(n, n - 1)
    return values[..., kept, :]


def _jackknife(left_out: np.ndarray) -> tuple[np.ndarray, int]:
    """The variance of a statistic, of which one model was left out at a time, (..., n); and n."""
    n = left_out.shape[-1]
    spread = left_out - left_out.mean(-1, keepdims=True)
    return (n - 1) / n * (spread**2).sum(-1), n


def over_models_and_pairs(
    a: np.ndarray, b: np.ndarray, same: bool, random: np.random.Generator
) -> tuple[float, float]:
    """The interval of the effect by the pigeonhole bootstrap: models and pairs are drawn anew.

    Source: Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1 (2007). Draws in which
    all models of a group are the same one, which have no CV, are left out.
    """
    found = []
    for _ in range(RESAMPLED):
        rows = [random.integers(len(x), size=len(x)) for x in (a, b)]
        pairs = random.integers(a.shape[1], size=a.shape[1])
        first, second = a[rows[0]], b[rows[0] if same else rows[1]]
        found.append(effect(first[:, pairs], second[:, pairs]))
    ends = (1 - LEVEL) / 2, (1 + LEVEL) / 2
    return tuple(np.quantile(np.array(found)[np.isfinite(found)], ends))


def permutation(a: np.ndarray, b: np.ndarray, same: bool, random: np.random.Generator) -> float:
    """Two-sided, of the mean log ratio of the deviations of log values, centred by group and pair.

    Models change places between the groups at random, or, where both groups are the same models,
    a model's two rows.
    """
    centred = [np.log(x) - np.log(x).mean(0) for x in (a, b)]
    every, count = np.concatenate(centred), len(a)

    def statistic(first: np.ndarray, second: np.ndarray) -> float:
        with np.errstate(divide="ignore", invalid="ignore"):
            return abs(np.log(first.std(0, ddof=1) / second.std(0, ddof=1)).mean())

    own, as_large = statistic(*centred), 0
    for _ in range(RESAMPLED):
        if same:
            change = random.random(count)[:, None] < 0.5
            parts = [np.where(change, x, y) for x, y in (centred[::-1], centred)]
        else:
            order = random.permutation(len(every))
            parts = [every[order[:count]], every[order[count:]]]
        as_large += statistic(*parts) >= own * (1 - 1e-12)
    return float((as_large + 1) / (RESAMPLED + 1))
