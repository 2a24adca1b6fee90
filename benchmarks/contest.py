"""Runs all contestants on the same curves; one row a curve, then one a contestant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import restarts
from contestants import RATES, Adam, Stochman, l_bfgs_b, study
from latentgeo.curves import CubicSpline, Family, PiecewiseLinear, Polynomial
from latentgeo.geodesics import streams_of
from latentgeo.solvers.problem import Problem
from latentgeo.starts.base import one_each
from latentgeo.starts.line import line
from latentgeo.starts.random import random
from minima import Known, Ours, ours, with_actions
from models import GRID_PAIRS, Model
from ours import evaluate_grid, newton, newton_from_graph
from traces import LEVELS, Budget, Trace, costs

FAMILY = {
    "polynomial": Polynomial(3),
    "piecewise-linear": PiecewiseLinear(16),
    "cubic-spline": CubicSpline(8),
}
OURS, ESCAPING, STUDY = "newton", "newton-escapes", "study"
OTHERS = {"l-bfgs-b": l_bfgs_b, "adam": Adam(RATES), "stochman": Stochman()}
SEED = 0
QUICK, DEFAULT, FULL = "quick", "default", "full"


@dataclass(frozen=True)
class Limits:
    """How many of the pairs a contestant gets, and how far it may go."""

    curves: int
    budget: Budget


def limits(contestant: str, vae: str, family: str, effort: str) -> Limits:
    """Pairs and budgets; by default what would take hours gets fewer pairs, see README.md."""
    ensemble, polynomial = vae == "ensemble", family == "polynomial"
    if effort == QUICK:
        return Limits(2 if contestant == STUDY else 4, Budget(40))
    if contestant == STUDY:
        return Limits(6 if polynomial else 3, Budget(2000, cpu=10.0))
    if contestant == "l-bfgs-b":
        return Limits(50, restarts.BUDGETS[vae][contestant])
    curves = 50 if effort == FULL else 8 if ensemble else 25
    return Limits(curves, restarts.BUDGETS[vae][contestant])


def random_starts(vae: str, effort: str) -> tuple[int, int]:
    """How many random bows and curves of normal weights look for lower minima."""
    if effort == QUICK:
        return 2, 1
    return (15, 5) if vae == "single" or effort == FULL else (5, 1)


def run(
    model: Model, segments: int, grid_nodes: int, effort: str, log: Callable, studied: bool
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """All contestants on one model: for each family one row a curve, and one a curve of restarts.

    The study's recipe, which takes longest, takes part only if `studied`.
    """
    whole = model.problem(FAMILY["polynomial"], segments)
    pairs, spread = len(whole), model.latents.std(0)
    _warm_up(model, segments, grid_nodes)
    grid, grid_cpu, _ = evaluate_grid(whole, model.latents, grid_nodes)
    log(f"{model.vae} {model.seed}: grid {grid_cpu:.2f} s")
    for name, family in FAMILY.items():
        problem = model.problem(family, segments)
        randoms = random_starts(model.vae, effort)
        own = ours(problem, grid, grid_cpu / GRID_PAIRS, spread, randoms)
        log(f"{model.vae} {model.seed} {name}: minima")
        runs = _contest(model, problem, name, own, effort, studied)
        log(f"{model.vae} {model.seed} {name}: contest")
        attempts = restarts.attempts(model, problem, runs, own, OTHERS, effort)
        log(f"{model.vae} {model.seed} {name}: restarts")
        others = [run for again in attempts.values() for run in again]
        known = Known.of([*own, *runs.values(), *others], pairs)
        rows = _rows(runs, known, own.limit)
        again = restarts.rows(runs, attempts, known)
        yield _told(rows, model, name), _told(again, model, name)


def _contest(
    model: Model, problem: Problem, name: str, own: Ours, effort: str, studied: bool
) -> dict[tuple[str, str], list[Trace]]:
    """The runs of all contestants, by contestant and start, of a family by name."""
    runs = {
        (OURS, "graph"): own.runs["graph"][0],
        (OURS, "line"): own.runs["line"][0],
        (OURS, "random"): own.runs["bow"][0],
        (ESCAPING, "graph"): own.runs["graph, escapes"][0],
        (ESCAPING, "line"): own.runs["line, escapes"][0],
    }
    cold = line(problem.family, len(problem), 2)
    entered = {(other, "line"): (solve, cold) for other, solve in OTHERS.items()}
    if studied and name == "polynomial":
        streams = streams_of(SEED, range(len(problem)))("random start")
        entered[STUDY, "random"] = study, random(problem.family, 2, streams)
    elif studied:
        entered[STUDY, "line"] = study, cold
    for (contestant, start), (solve, weights) in entered.items():
        limit = limits(contestant, model.vae, name, effort)
        part = problem.select(list(range(min(limit.curves, len(problem)))))
        found = solve(part, weights[: len(part)], limit.budget)
        runs[contestant, start] = with_actions(found, problem, own.routes)
    return runs


def _told(table: pd.DataFrame, model: Model, family: str) -> pd.DataFrame:
    table = table.assign(vae=model.vae, seed=model.seed, family=family)
    return table[[*KEY, *table.columns.difference(KEY, sort=False)]]


def _warm_up(model: Model, segments: int, grid_nodes: int) -> None:
    """torch's first calls are slow, and so is memory that is new: nobody is charged for them."""
    family: Family = FAMILY["polynomial"]
    problem = model.problem(family, segments, model.rows[:2])
    weights = line(family, 2, 2)
    newton(problem, one_each(weights))
    for solve in (study, *OTHERS.values()):
        solve(problem, weights, Budget(2))
    grid, *_ = evaluate_grid(problem, model.latents, grid_nodes)
    newton_from_graph(problem, grid)


def _rows(runs: dict[tuple[str, str], list[Trace]], known: Known, limit: list[str]) -> pd.DataFrame:
    """One row a curve; costs to a level are NaN where it was not reached."""
    rows = []
    for (contestant, start), traces in runs.items():
        certified = (contestant, start) == (OURS, "graph")
        for pair, trace in enumerate(traces):
            best = known.geodesic(pair, trace.action)
            row = {"contestant": contestant, "start": start, "pair": pair}
            row |= costs(trace, best, "cpu", "evaluations")
            row |= {
                "cpu_total": trace.cpu[-1],
                "evaluations_total": trace.evaluations[-1],
                "energy": trace.energy[-1],
                "action": trace.action,
                "best_energy": known.lowest(pair),
                "best_geodesic": best,
                "steps": trace.steps,
                "converged": trace.converged,
                "limit": limit[pair] if certified else "",
            }
            rows.append(row)
    return pd.DataFrame(rows)


KEY = ["vae", "seed", "family", "contestant", "start"]
RUN = ["vae", "family", "contestant", "start"]
WRONG = ["segments", "valley"]
"""Limits by which a certificate says that a curve is no geodesic, or not the lowest."""


def summarise(curves: pd.DataFrame) -> pd.DataFrame:
    """contest.csv: one row a contestant and start, over all models.

    Costs a curve are over those that got there; `lowest` and `highest` are of single models.
    """
    table = curves.groupby(RUN, sort=False)[curves.columns.difference(RUN)].apply(_summary)
    whole = ["models", "curves", "steps_max"]
    return table.astype(dict.fromkeys(whole, int)).reset_index()


def _summary(group: pd.DataFrame) -> pd.Series:
    energy, geodesic = (group.energy / group[f"best_{kind}"] - 1 for kind in ("energy", "geodesic"))
    there = {"": energy <= 0.001, "_geodesics": group["cpu_0.1pct"].notna()}
    row = {"models": group.seed.nunique(), "curves": len(group)}
    for kind, reached in there.items():
        models = reached.groupby(group.seed).mean()
        row |= {
            f"share_0.1pct{kind}": reached.mean(),
            f"share_0.1pct{kind}_lowest": models.min(),
            f"share_0.1pct{kind}_highest": models.max(),
        }
    row |= {
        "excess_worst": energy.max(),
        "excess_worst_geodesics": geodesic.max(),
        "excess_mean_geodesics": geodesic.mean(),
    }
    if group.limit.any():  # of those alone that have certificates
        row["unmarked"] = ((geodesic > 0.01) & ~group.limit.isin(WRONG)).mean()
    for level in LEVELS:
        cpu = group[f"cpu_{level}"]
        row |= {
            f"cpu_{level}_median": cpu.median(),
            f"cpu_{level}_mean": cpu.mean(),
            f"evaluations_{level}_mean": group[f"evaluations_{level}"].mean(),
        }
    costs = group.groupby("seed").cpu_total.mean()
    row |= {
        "cpu_total_mean": group.cpu_total.mean(),
        "cpu_total_lowest": costs.min(),
        "cpu_total_highest": costs.max(),
        "evaluations_total_mean": group.evaluations_total.mean(),
        "converged": group.converged.mean(),
        "steps_median": group.steps.median(),
        "steps_max": group.steps.max(),
    }
    return pd.Series({"unmarked": np.nan} | row)


def ratios(curves: pd.DataFrame) -> pd.DataFrame:
    """ratios.csv: CPU to 0.1 % of every other contestant over that of ours, both curve for curve.

    `ratio` is of the means over the curves that both reach, with the lowest and highest of single
    models; `ratio_whole` charges ours with the whole solve, its proof of convergence included.
    Where the other contestant reaches none of ours, it is charged with all that it spent, and
    `lower_bound` says so.
    """
    rows = []
    index = ["seed", "pair"]
    for (vae, family), group in curves.groupby(["vae", "family"], sort=False):
        by_run = {key: g.set_index(index) for key, g in group.groupby(["contestant", "start"])}
        for (contestant, start), other in by_run.items():
            if contestant in (OURS, ESCAPING):
                continue
            for own_start in ("graph", "line", "random"):
                ours = by_run[OURS, own_start].reindex(other.index)
                there = ours["cpu_0.1pct"].notna()
                reached = other["cpu_0.1pct"].notna() & there
                compared = reached if reached.any() else there
                cost = other["cpu_0.1pct" if reached.any() else "cpu_total"][compared]
                own = ours["cpu_0.1pct"][compared]
                models = (cost.groupby("seed").mean() / own.groupby("seed").mean()).dropna()
                rows.append(
                    {
                        "vae": vae,
                        "family": family,
                        "contestant": contestant,
                        "start": start,
                        "our_start": own_start,
                        "curves": len(other),
                        "compared": int(compared.sum()),
                        "ratio": cost.mean() / own.mean(),
                        "ratio_lowest": models.min(),
                        "ratio_highest": models.max(),
                        "ratio_median": (cost / own).median(),
                        "ratio_whole": cost.mean() / ours.cpu_total[compared].mean(),
                        "lower_bound": not reached.any(),
                    }
                )
    return pd.DataFrame(rows)
