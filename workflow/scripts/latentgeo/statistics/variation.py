"""How much measures of the same pairs vary over retrained models."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .counts import COUNTS, counted


def coefficient_of_variation(values: np.ndarray) -> float:
    """Standard deviation (with n - 1) over mean; NaN for fewer than two values or a mean of 0."""
    mean = np.mean(values)
    return float(np.std(values, ddof=1) / mean) if len(values) > 1 and mean != 0 else float("nan")


def variation(geodesics: pd.DataFrame, measures: list[str]) -> pd.DataFrame:
    """Mean, std (with n - 1) and CV over models of each measure of each pair of a type and metric.

    Columns: vae, metric, pair, measure, n, mean, std, cv, and how many of the n geodesics did not
    converge or are not the lowest (`COUNTS`).
    """
    long = counted(geodesics).melt(["vae", "metric", "pair", *COUNTS], measures, "measure")
    long["measure"] = pd.Categorical(long["measure"], measures)
    groups = long.groupby(["vae", "metric", "pair", "measure"], observed=True)
    result = groups["value"].agg(n="count", mean="mean", std="std", cv=coefficient_of_variation)
    return result.join(groups[COUNTS].sum()).reset_index()
