"""Runs all contestants on the same curves; one row a curve, then one a contestant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from contestants import (
    Adam,
    Budget,
    Stochman,
    Trace,
    charged,
    evaluate_grid,
    l_bfgs_b,
    newton,
    newton_from_graph,
    study,
)
from latentgeo.curves import CubicSpline, Family, PiecewiseLinear, Polynomial
from latentgeo.geodesics import streams_of
from latentgeo.starts.base import one_each
from latentgeo.starts.line import line
from latentgeo.starts.random import random
from models import Model

FAMILY = {
    "polynomial": Polynomial(3),
    "piecewise-linear": PiecewiseLinear(16),
    "cubic-spline": CubicSpline(8),
}
LEVELS = {"1pct": 0.01, "0.1pct": 0.001}
OURS, ESCAPING = "newton", "newton-escapes"
ESCAPES = 2
SEED = 0


@dataclass(frozen=True)
class Limits:
    """How many of the pairs a contestant gets, and how far it may go."""

    curves: int
    budget: Budget


QUICK, DEFAULT, FULL = "quick", "default", "full"


def limits(contestant: str, vae: str, family: str, effort: str) -> Limits:
    """Pairs and budgets; by default what would take hours gets fewer pairs, see README.md."""
    ensemble, polynomial = vae == "ensemble", family == "polynomial"
    if effort == QUICK:
        return Limits(2 if contestant == "study" else 4, Budget(40))
    if contestant == "study":
        return Limits(8 if polynomial else 4, Budget(2000, cpu=10.0))
    if contestant == "l-bfgs-b":
        return Limits(50, Budget(500))
    if effort == FULL or not ensemble:
        return Limits(50, Budget(150))
    return Limits(16 if polynomial else 8, Budget(150))


def run(
    model: Model, segments: int, grid_nodes: int, effort: str, log: Callable
) -> Iterator[pd.DataFrame]:
    """All contestants on one model, a table for each family: one row a curve, see `_rows`."""
    whole = model.problem(FAMILY["polynomial"], segments)
    pairs = len(whole)
    _warm_up(model, segments, grid_nodes)
    grid, *grid_cost = evaluate_grid(whole, model.latents, grid_nodes)
    grid_share = [cost / pairs for cost in grid_cost]
    log(f"{model.name}: grid {grid_cost[0]:.2f} s")
    for name, family in FAMILY.items():
        cold = {
            "line": line(family, pairs, 2),
            "random": random(family, 2, streams_of(SEED, range(pairs))("random start")),
        }
        study_start = "random" if name == "polynomial" else "line"
        problem = model.problem(family, segments)
        runs = {
            (OURS, "graph"): charged(newton_from_graph(problem, grid), *grid_share),
            (OURS, "line"): newton(problem, one_each(cold["line"])),
            (OURS, "random"): newton(problem, one_each(cold["random"])),
            (ESCAPING, "graph"): charged(newton_from_graph(problem, grid, ESCAPES), *grid_share),
            (ESCAPING, study_start): newton(
                problem,
                one_each(cold[study_start]),
                ESCAPES,
            ),
        }
        for contestant, solve, start in (
            ("l-bfgs-b", l_bfgs_b, "line"),
            ("adam", Adam(0.1), "line"),
            ("stochman", Stochman(), "line"),
            ("study", study, study_start),
        ):
            limit = limits(contestant, model.name, name, effort)
            part = model.problem(family, segments, model.rows[: limit.curves])
            weights = cold[start][: limit.curves]
            runs[contestant, start] = solve(part, weights, limit.budget)
            spent = sum(trace.cpu[-1] for trace in runs[contestant, start])
            log(f"{model.name} {name} {contestant}: {spent:.1f} s")
        table = _rows(runs, pairs).assign(vae=model.name, family=name)
        yield table[[*KEY, *table.columns.difference(KEY, sort=False)]]


def _warm_up(model: Model, segments: int, grid_nodes: int) -> None:
    """torch's first calls are slow, and so is memory that is new: nobody is charged for them."""
    family: Family = FAMILY["polynomial"]
    problem = model.problem(family, segments, model.rows[:2])
    weights = line(family, 2, 2)
    newton(problem, one_each(weights))
    Adam(0.1)(problem, weights, Budget(2))
    study(problem, weights, Budget(2))
    l_bfgs_b(problem, weights, Budget(2))
    Stochman()(problem, weights, Budget(2))
    grid, *_ = evaluate_grid(problem, model.latents, grid_nodes)
    newton_from_graph(problem, grid)


def _rows(runs: dict[tuple[str, str], list[Trace]], pairs: int) -> pd.DataFrame:
    """One row a curve; costs to a level are NaN where it was not reached."""
    energies = np.full((len(runs), pairs), np.inf)
    for row, traces in enumerate(runs.values()):
        energies[row, : len(traces)] = [np.nanmin(trace.energy) for trace in traces]
    best = energies.min(0)
    rows = []
    for (contestant, start), traces in runs.items():
        for pair, trace in enumerate(traces):
            row = {"contestant": contestant, "start": start, "pair": pair}
            for level, tolerance in LEVELS.items():
                at = trace.reached(best[pair] * (1 + tolerance))
                row[f"cpu_{level}"] = np.nan if at is None else trace.cpu[at]
                row[f"evaluations_{level}"] = np.nan if at is None else trace.evaluations[at]
            row |= {
                "cpu_total": trace.cpu[-1],
                "evaluations_total": trace.evaluations[-1],
                "energy": trace.energy[-1],
                "best_energy": best[pair],
                "steps": trace.steps,
                "converged": trace.converged,
            }
            rows.append(row)
    return pd.DataFrame(rows)


KEY = ["vae", "family", "contestant", "start"]


def summarise(curves: pd.DataFrame) -> pd.DataFrame:
    """contest.csv: one row a contestant and start; costs a curve, over those that got there."""

    def one(group: pd.DataFrame) -> pd.Series:
        row = {"curves": len(group)}
        for level in LEVELS:
            cpu = group[f"cpu_{level}"]
            row[f"share_{level}"] = cpu.notna().mean()
            row[f"cpu_{level}_median"] = cpu.median()
            row[f"cpu_{level}_mean"] = cpu.mean()
            row[f"evaluations_{level}_mean"] = group[f"evaluations_{level}"].mean()
        row |= {
            "cpu_total_mean": group.cpu_total.mean(),
            "evaluations_total_mean": group.evaluations_total.mean(),
            "energy_mean": group.energy.mean(),
            "excess_energy_mean": (group.energy / group.best_energy - 1).mean(),
            "converged": group.converged.mean(),
            "steps_median": group.steps.median(),
            "steps_max": group.steps.max(),
        }
        return pd.Series(row)

    table = curves.groupby(KEY, sort=False)[curves.columns.difference(KEY)].apply(one)
    whole = ["curves", "steps_max"]
    return table.astype(dict.fromkeys(whole, int)).reset_index()


def ratios(curves: pd.DataFrame) -> pd.DataFrame:
    """ratios.csv: CPU to 0.1 % of every other contestant over that of ours, both curve for curve.

    `ratio` is of the means over the curves that both reach, `ratio_whole` charges ours with the
    whole solve, its proof of convergence included. Where the other contestant reaches none of
    ours, it is charged with all that it spent, and `lower_bound` says so.
    """
    rows = []
    for (vae, family), group in curves.groupby(["vae", "family"], sort=False):
        by_run = {key: g.set_index("pair") for key, g in group.groupby(["contestant", "start"])}
        for (contestant, start), other in by_run.items():
            if contestant in (OURS, ESCAPING):
                continue
            for own_start in ("graph", "line", "random"):
                ours = by_run[OURS, own_start]
                reached = (
                    other["cpu_0.1pct"].notna() & ours["cpu_0.1pct"].reindex(other.index).notna()
                )
                compared = ours["cpu_0.1pct"].reindex(other.index).dropna().index
                cost = other.cpu_total[compared]
                if reached.any():
                    compared = reached[reached].index
                    cost = other["cpu_0.1pct"][compared]
                rows.append(
                    {
                        "vae": vae,
                        "family": family,
                        "contestant": contestant,
                        "start": start,
                        "our_start": own_start,
                        "curves": len(other),
                        "compared": len(compared),
                        "ratio": cost.mean() / ours["cpu_0.1pct"][compared].mean(),
                        "ratio_median": (cost / ours["cpu_0.1pct"][compared]).median(),
                        "ratio_whole": cost.mean() / ours.cpu_total[compared].mean(),
                        "lower_bound": not reached.any(),
                    }
                )
    return pd.DataFrame(rows)
