"""How much measures of the same pairs vary over retrained models."""

from __future__ import annotations

import numpy as np
import pandas as pd

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


def variation(geodesics: pd.DataFrame, measures: list[str]) -> pd.DataFrame:
    """Mean, std (with n - 1) and CV over models of each measure of each pair of a group.

    Columns: those of `GROUP`, pair, measure, n, mean, std, cv, cv_corrected (for the bias of few
    models), and how many of the n geodesics did not converge or are not the lowest (`COUNTS`).
    """
    long = counted(geodesics).melt([*GROUP, "pair", *COUNTS], measures, "measure")
    long["measure"] = pd.Categorical(long["measure"], measures)
    groups = long.groupby([*GROUP, "pair", "measure"], observed=True)
    result = groups["value"].agg(n="count", mean="mean", std="std", cv=coefficient_of_variation)
    result["cv_corrected"] = result["cv"] * correction(result["n"])
    return result.join(groups[COUNTS].sum()).reset_index()
