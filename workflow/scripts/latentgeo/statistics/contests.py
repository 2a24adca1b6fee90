"""Starts against one another: which ends lowest, and what a hot one saves."""

from __future__ import annotations

import pandas as pd

from .counts import COUNTS, counted
from .intervals import of_ratio, of_share

SAME = 1e-3
"""Share above the best known energy of a pair up to which a curve has reached it."""
GROUP = ["vae", "metric", "curve", "solver"]


def contest(geodesics: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    """One row a start, in an order, for each of `GROUP`.

    The best known energy of a pair is the lowest from any start and solver. Columns: n curves,
    `reached`, the share within 0.1 % of it, with Wilson's interval; `excess_worst`; the median of
    the steps; and, each as geometric mean over pairs with Student's interval, `initial`, the
    initial energy over the best known.
    """
    table = counted(geodesics)
    table["start"] = pd.Categorical(table["start"], order)
    pairs = ["vae", "metric", "curve", "pair"]
    best = table.groupby(pairs, observed=True)["energy"].transform("min")
    table["excess_of_best"] = table["energy"] / best - 1
    table["initial"] = table["initial_energy"] / best
    rows = []
    for key, own in table.groupby([*GROUP, "start"], observed=True):
        reached = of_share(int((own["excess_of_best"] <= SAME).sum()), len(own))
        initial = of_ratio(own["initial"].to_numpy())
        row = dict(zip([*GROUP, "start"], key, strict=True)) | {"n": len(own)}
        row |= {"reached": reached.estimate, "reached_low": reached.low}
        row |= {"reached_high": reached.high, "excess_worst": own["excess_of_best"].max()}
        row |= {"steps": own["steps"].median(), "initial": initial.estimate}
        row |= {"initial_low": initial.low, "initial_high": initial.high}
        rows.append(row | own[COUNTS].sum().to_dict())
    return pd.DataFrame(rows)


def against(geodesics: pd.DataFrame, first: str, second: str, measure: str) -> pd.DataFrame:
    """The ratio of a measure from one start over that from another, for each of `GROUP`.

    Geometric mean over pairs with Student's interval: ratio, low, high and n.
    """
    rows = []
    for key, own in geodesics.groupby(GROUP):
        wide = own.pivot(index="pair", columns="start", values=measure)
        found = of_ratio((wide[first] / wide[second]).to_numpy())
        row = dict(zip(GROUP, key, strict=True)) | {"n": len(wide)}
        rows.append(row | {"ratio": found.estimate, "low": found.low, "high": found.high})
    return pd.DataFrame(rows)
