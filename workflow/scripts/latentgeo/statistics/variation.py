"""How much measures of the same pairs vary over retrained models."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import chi2

from .counts import COUNTS, counted

GROUP = ["vae", "decoders", "metric", "curve"]
"""What models and geodesics have in common whose variation is taken."""


def coefficient_of_variation(values: np.ndarray) -> float:
    """Standard deviation (with n - 1) over mean; NaN for fewer than two values or a mean of 0."""
    mean = np.mean(values)
    return float(np.std(values, ddof=1) / mean) if len(values) > 1 and mean != 0 else float("nan")


def correction(n: float) -> float:
    """By what a CV of n values is to be multiplied: it is too low by about 1 / 4n of itself.

    Source: Sokal and Rohlf, "Biometry", 3rd edition (1995), for normal values.
    """
    return 1 + 1 / (4 * n)


def interval(log_std: pd.Series, n: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The 95 % interval of a CV, from the standard deviation (n - 1) of n logarithms.

    Exact for log-normal values, whose CV is √(exp σ² - 1), with σ² between (n - 1) s² / χ² of its
    two quantiles; of nearly normal values it covers as much while their CV is below a half.
    """
    squares = (n - 1) * log_std**2
    ends = [squares / chi2.ppf(quantile, n - 1) for quantile in (0.975, 0.025)]
    with np.errstate(over="ignore"):  # of two models a CV may be anything
        low, high = (np.sqrt(np.expm1(end)) for end in ends)
    return low, high


def log_deviation(values: np.ndarray) -> float:
    """Standard deviation (n - 1) of logarithms; NaN of fewer than two, or where one is not > 0."""
    known = len(values) > 1 and np.min(values) > 0
    return float(np.std(np.log(values), ddof=1)) if known else float("nan")


def variation(geodesics: pd.DataFrame, measures: list[str]) -> pd.DataFrame:
    """Mean, std (with n - 1) and CV over models of each measure of each pair of a group.

    Columns: those of `GROUP`, pair, measure, n, mean, std, cv, cv_corrected (for the bias of few
    models), cv_low and cv_high (its 95 % `interval` over models), and how many of the n geodesics
    did not converge or are not the lowest (`COUNTS`).
    """
    long = counted(geodesics).melt([*GROUP, "pair", *COUNTS], measures, "measure")
    long["measure"] = pd.Categorical(long["measure"], measures)
    groups = long.groupby([*GROUP, "pair", "measure"], observed=True)
    how = {"n": "count", "mean": "mean", "std": "std", "cv": coefficient_of_variation}
    result = groups["value"].agg(**how, logs=log_deviation)
    result["cv_corrected"] = result["cv"] * correction(result["n"])
    result["cv_low"], result["cv_high"] = interval(result.pop("logs"), result["n"])
    return result.join(groups[COUNTS].sum()).reset_index()
