"""What a curve costs in the end: until it is within 0.1 % of the best known, restarts included.

A local method ends in some valley, and nothing tells it that there is a deeper one. What it may be
expected to cost is its first attempt, and where that missed, random ones until one does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from contestants import Budget, Trace, bows
from latentgeo.solvers.problem import Problem
from models import Model

if TYPE_CHECKING:
    from contest import Known

LEVEL = 1e-3
ATTEMPTS = {"quick": 1, "default": 5, "full": 12}
"""Random starts of each of the others; of ours are more."""
PAIRS = {"single": 16, "ensemble": 6}
"""How many of the pairs take part."""
BUDGETS = {"l-bfgs-b": Budget(500), "adam": Budget(150), "stochman": Budget(150)}


def run(
    model: Model,
    problem: Problem,
    runs: dict[tuple[str, str], list[Trace]],
    known: Known,
    others: dict[str, Callable],
    effort: str,
) -> pd.DataFrame:
    """One row a contestant and pair: from the graph or the line first, then from random starts.

    All have the same random starts, and a level is reached below as well as at it: by a curve that
    jumps, too.
    """
    count = min(PAIRS[model.vae], len(problem), len(runs["adam", "line"]))
    levels = known.best_geodesic()[:count] * (1 + LEVEL)
    part = problem.select(list(range(count)))
    begun = bows(problem, model.latents.std(0), ATTEMPTS[effort])
    attempts = {"newton": ("graph", known.traces["random"])}
    for name, solve in others.items():
        again = [solve(part, weights[:count], BUDGETS[name]) for weights in begun]
        attempts[name] = ("line", again)
    rows = []
    for name, (start, again) in attempts.items():
        for pair, level in enumerate(levels):
            first = runs[name, start][pair]
            rows.append(
                {"contestant": name, "start": start, "pair": pair}
                | expected(first, [run[pair] for run in again], level)
            )
    return pd.DataFrame(rows)


def expected(first: Trace, again: list[Trace], level: float) -> dict[str, float | bool]:
    """The expected CPU until a level is reached, of a first attempt and random ones after it.

    Random attempts are repeated until one gets there, 1 / share of them on average. Where none of
    those that were made did, all that they cost is a lower bound.
    """
    cost, there = _cost(first, level)
    costs, hits = zip(*(_cost(trace, level) for trace in again), strict=True)
    spent = 0.0 if there else sum(costs) / max(sum(hits), 1)
    return {
        "reached_first": there,
        "reached_again": np.mean(hits),
        "cpu_expected": cost + spent,
        "lower_bound": not there and not any(hits),
    }


def _cost(trace: Trace, level: float) -> tuple[float, bool]:
    """What an attempt cost until it got there, or altogether."""
    at = trace.reached(level)
    return (float(trace.cpu[-1]), False) if at is None else (float(trace.cpu[at]), True)


def summarise(curves: pd.DataFrame, ours: str) -> pd.DataFrame:
    """restarts.csv: expected CPU a curve of each contestant, and how many times that of ours."""
    rows = []
    for (vae, family), group in curves.groupby(["vae", "family"], sort=False):
        by_model = group.groupby(["contestant", "seed"], sort=False).cpu_expected.mean()
        for contestant, own in group.groupby("contestant", sort=False):
            models = by_model[contestant]
            ratio = models / by_model[ours]
            rows.append(
                {
                    "vae": vae,
                    "family": family,
                    "contestant": contestant,
                    "start": own.start.iloc[0],
                    "models": own.seed.nunique(),
                    "curves": len(own),
                    "share_first": own.reached_first.mean(),
                    "share_again": own.reached_again.mean(),
                    "cpu_expected": own.cpu_expected.mean(),
                    "cpu_expected_lowest": models.min(),
                    "cpu_expected_highest": models.max(),
                    "lower_bounds": int(own.lower_bound.sum()),
                    "ratio": models.mean() / by_model[ours].mean(),
                    "ratio_lowest": ratio.min(),
                    "ratio_highest": ratio.max(),
                }
            )
    return pd.DataFrame(rows)
