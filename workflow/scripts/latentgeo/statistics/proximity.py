"""How close geodesics stay to the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from .counts import COUNTS, counted
from .intervals import Interval, of_mean

LEAST_MODELS = 3
"""From how many models on an interval is one over models, and not over pairs of images."""


def proximity(points: np.ndarray, latents: np.ndarray) -> np.ndarray:
    """The largest distance from a point of a curve to its nearest latent, max_t min_n ‖c(t) - x_n‖.

    Shapes: points (B, T, d), latents (n, d); result (B,). In units of the latent space.
    Source: the study, part B (printed with min_t, which is 0 for curves between latents).
    """
    distances, _ = KDTree(latents).query(points.reshape(-1, points.shape[-1]))
    return distances.reshape(points.shape[:2]).max(axis=1)


def spread(latents: np.ndarray) -> float:
    """The root of the mean variance of latents (n, d) over the axes: a unit for distances."""
    return float(np.sqrt(latents.var(axis=0).mean()))


def by_decoders(geodesics: pd.DataFrame) -> pd.DataFrame:
    """Proximity by metric, curve family and number of decoders, and against one decoder.

    Of geodesics with columns proximity and scaled (by the `spread` of the model's latents). `n`
    curves, of so many models, pairs, and orders in which decoders are counted up, have `mean` and
    `std`; `scaled` is the mean of the scaled ones. `difference` is the mean of scaled proximity
    less that of the fewest decoders in the same model, for the same pair and on average over
    orders, with an interval (`low`, `high`) over models, `over` which pairs are averaged, or, of
    fewer than three models, over pairs.
    """
    table = counted(geodesics)
    fewest = table["decoders"].min()
    same = ["vae", "seed", "curve", "pair"]
    # one decoder has the same geodesics under all metrics
    first = table[table["decoders"] == fewest].drop_duplicates([*same, "order"])
    first = first.groupby(same)["scaled"].mean()
    rows = []
    for key, own in table.groupby(["metric", "curve", "decoders"]):
        row = dict(zip(("metric", "curve", "decoders"), key, strict=True))
        row |= {"models": own["seed"].nunique(), "pairs": own["pair"].nunique()}
        row |= {"orders": own["order"].nunique(), "n": len(own)}
        row |= {"mean": own["proximity"].mean(), "std": own["proximity"].std()}
        found, over = _difference(own.groupby(same)["scaled"].mean() - first)
        row |= {"scaled": own["scaled"].mean(), "difference": found.estimate}
        row |= {"low": found.low, "high": found.high, "over": over}
        rows.append(row | own[COUNTS].sum().to_dict())
    return pd.DataFrame(rows)


def _difference(each: pd.Series) -> tuple[Interval, str]:
    """Of differences by model and pair, some of them missing, the mean and what it is over."""
    each = each.dropna()
    models = each.index.get_level_values("seed").nunique()
    over = "seed" if models >= LEAST_MODELS else "pair"
    values = each.groupby(level=over).mean().to_numpy()
    return of_mean(values), {"seed": "models", "pair": "pairs"}[over]
