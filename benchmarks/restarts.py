"""What a curve costs in the end: until it is within 0.1 % of the best known, restarts included.

A local method ends in some valley, and nothing tells it that there is a deeper one. What it may be
expected to cost is its first attempt, and where that missed, random ones until one does not.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from latentgeo.solvers.problem import Problem
from minima import Known, Ours, bows, with_actions
from models import Model
from traces import Budget, Trace

LEVEL = 1e-3
OURS = "newton"
FIRST = {OURS: "graph"}
"""Where a contestant's first attempt starts, if not at the line."""
PAIRS = {"single": 12, "ensemble": 5}
"""How many of the pairs take part."""
ATTEMPTS = {
    "single": {"l-bfgs-b": 8, "adam": 3, "stochman": 3},
    "ensemble": {"l-bfgs-b": 5, "adam": 3, "stochman": 3},
}
"""Random starts of each of the others; of ours are more."""
FULL_ATTEMPTS = 15
BUDGETS = {
    "single": {"l-bfgs-b": Budget(500), "adam": Budget(200), "stochman": Budget(300)},
    "ensemble": {"l-bfgs-b": Budget(500), "adam": Budget(150), "stochman": Budget(150)},
}


def attempts(
    model: Model,
    problem: Problem,
    runs: dict[tuple[str, str], list[Trace]],
    own: Ours,
    others: dict[str, Callable],
    effort: str,
) -> dict[str, list[list[Trace]]]:
    """Every contestant's runs from the same random bows, on the first pairs."""
    count = min(PAIRS[model.vae], *(len(runs[name, "line"]) for name in others))
    part = problem.select(list(range(count)))
    found = {OURS: [run[:count] for run in own.runs["bow"]]}
    for name, solve in others.items():
        counts = {"quick": 1, "default": ATTEMPTS[model.vae][name], "full": FULL_ATTEMPTS}
        begun = bows(problem, model.latents.std(0), counts[effort])
        budget = BUDGETS[model.vae][name] if effort != "quick" else Budget(40)
        again = [solve(part, weights[:count], budget) for weights in begun]
        found[name] = [with_actions(run, problem, own.routes) for run in again]
    return found


def rows(
    runs: dict[tuple[str, str], list[Trace]], attempts: dict[str, list[list[Trace]]], known: Known
) -> pd.DataFrame:
    """One row a contestant, pair and goal: the first attempt and then the random ones.

    The goal is the lowest energy of curves of no higher action (`geodesic`), or of all (`energy`).
    """
    goals = {
        "geodesic": lambda pair, trace: known.geodesic(pair, trace.action),
        "energy": lambda pair, trace: known.lowest(pair),
    }
    found = []
    for name, again in attempts.items():
        start = FIRST.get(name, "line")
        for pair in range(len(again[0])):
            traces = [runs[name, start][pair], *(run[pair] for run in again)]
            for goal, best in goals.items():
                levels = [best(pair, trace) * (1 + LEVEL) for trace in traces]
                key = {"contestant": name, "start": start, "pair": pair, "goal": goal}
                found.append(key | expected(traces, levels))
    return pd.DataFrame(found)


def expected(traces: list[Trace], levels: list[float]) -> dict[str, float | bool]:
    """The expected CPU until an attempt reaches its level: the first, or random ones after it.

    Random attempts are repeated until one gets there, 1 / share of them on average. Where none of
    those that were made did, all that they cost is a lower bound.
    """
    costs, hits = zip(*map(_cost, traces, levels), strict=True)
    spent = 0.0 if hits[0] else sum(costs[1:]) / max(sum(hits[1:]), 1)
    return {
        "reached_first": hits[0],
        "reached_again": np.mean(hits[1:]),
        "cpu_first": costs[0],
        "cpu_expected": costs[0] + spent,
        "lower_bound": not any(hits),
    }


def _cost(trace: Trace, level: float) -> tuple[float, bool]:
    """What an attempt cost until it got there, or altogether."""
    at = trace.reached(level)
    return (float(trace.cpu[-1]), False) if at is None else (float(trace.cpu[at]), True)


def summarise(curves: pd.DataFrame) -> pd.DataFrame:
    """restarts.csv: expected CPU a curve of each contestant, and how many times that of ours."""
    found = []
    for (vae, family, goal), group in curves.groupby(["vae", "family", "goal"], sort=False):
        by_model = group.groupby(["contestant", "seed"], sort=False).cpu_expected.mean()
        for contestant, own in group.groupby("contestant", sort=False):
            models = by_model[contestant]
            ratio = models / by_model[OURS]
            found.append(
                {
                    "vae": vae,
                    "family": family,
                    "goal": goal,
                    "contestant": contestant,
                    "start": own.start.iloc[0],
                    "models": own.seed.nunique(),
                    "curves": len(own),
                    "share_first": own.reached_first.mean(),
                    "share_again": own.reached_again.mean(),
                    "cpu_first": own.cpu_first.mean(),
                    "cpu_expected": own.cpu_expected.mean(),
                    "cpu_expected_lowest": models.min(),
                    "cpu_expected_highest": models.max(),
                    "lower_bounds": int(own.lower_bound.sum()),
                    "ratio": own.cpu_expected.mean() / by_model[OURS].mean(),
                    "ratio_lowest": ratio.min(),
                    "ratio_highest": ratio.max(),
                }
            )
    return pd.DataFrame(found)
