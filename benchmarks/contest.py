"""Runs all contestants on the same curves; one row a curve, then one a contestant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import restarts
import torch
from contestants import (
    Adam,
    Budget,
    Stochman,
    Trace,
    bows,
    certified,
    charged,
    evaluate_grid,
    l_bfgs_b,
    newton,
    newton_from_graph,
    study,
)
from latentgeo.curves import CubicSpline, Family, PiecewiseLinear, Polynomial
from latentgeo.geodesics import streams_of
from latentgeo.solvers.problem import Problem
from latentgeo.starts.base import one_each
from latentgeo.starts.grid.fields import LatentGrid
from latentgeo.starts.grid.routes import Routes
from latentgeo.starts.line import line
from latentgeo.starts.random import random
from models import Model
from torch import Tensor

FAMILY = {
    "polynomial": Polynomial(3),
    "piecewise-linear": PiecewiseLinear(16),
    "cubic-spline": CubicSpline(8),
}
LEVELS = {"1pct": 0.01, "0.1pct": 0.001}
OURS, ESCAPING = "newton", "newton-escapes"
ESCAPES = 4
SAME = 1e-3
"""Share by which an action may be above another that counts as no higher."""
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


def random_starts(vae: str, effort: str) -> int:
    """How many random starts of ours look for lower minima."""
    return {QUICK: 2, FULL: 20}.get(effort, 6 if vae == "ensemble" else 20)


@dataclass(frozen=True)
class Known:
    """The minima that ours found between the pairs of a model, from anywhere.

    The lowest energy of N steps need not be a geodesic's: a curve that jumps where the decoders
    change most may have less. It gives itself away by its action, the energy that it has as its
    steps are divided ever more finely.
    """

    energy: np.ndarray  # (K, B), in the order of `traces`
    action: np.ndarray
    traces: dict[str, list[list[Trace]]]
    """Of each start ("graph", "random", ...) the runs."""
    limit: list[str]
    """What limits the curves from the graph start (`certificates.base.Certificate`)."""

    def best_geodesic(self) -> np.ndarray:
        """The lowest energies of curves of no higher action than those from the graph start."""
        no_longer = self.action <= self.action[0] * (1 + SAME)
        return np.where(no_longer, self.energy, np.inf).min(0)


def known_minima(
    model: Model, problem: Problem, grid: LatentGrid, share: float, effort: str
) -> Known:
    """Ours from the graph start and the line, without and with escapes, and from random starts.

    `share` is what the grid cost a pair.
    """
    graph, routes = newton_from_graph(problem, grid)
    graph, limit = certified(graph, problem, routes)
    straight = one_each(line(problem.family, len(problem), 2))
    traces = {
        "graph": [charged(graph, share, 0.0)],
        "graph, escapes": [charged(newton_from_graph(problem, grid, ESCAPES)[0], share, 0.0)],
        "line": [newton(problem, straight)],
        "line, escapes": [newton(problem, straight, ESCAPES)],
        "random": [
            newton(problem, one_each(weights))
            for weights in bows(problem, model.latents.std(0), random_starts(model.vae, effort))
        ],
    }
    runs = [run for own in traces.values() for run in own]
    weights = [torch.stack([trace.weights for trace in run]) for run in runs]
    energy = np.array([[trace.energy[-1] for trace in run] for run in runs])
    action = np.stack([_actions(problem, routes, own) for own in weights])
    return Known(energy, action, traces, limit)


def _actions(problem: Problem, routes: Routes, weights: Tensor) -> np.ndarray:
    """Actions (B,): of one decoder by fine steps, else from the grid, infinite beyond it."""
    if len(problem.objective.decoders) > 1:
        return routes.actions(problem, weights).nan_to_num(nan=torch.inf).numpy()
    fine = replace(problem, segments=16 * problem.segments)
    with torch.no_grad():
        return 16 * fine.energies(weights).numpy()


def run(
    model: Model, segments: int, grid_nodes: int, effort: str, log: Callable, studied: bool
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """All contestants on one model: for each family one row a curve, and one a curve of restarts.

    The study's recipe, which takes longest, takes part only if `studied`.
    """
    whole = model.problem(FAMILY["polynomial"], segments)
    pairs = len(whole)
    _warm_up(model, segments, grid_nodes)
    grid, grid_cpu, _ = evaluate_grid(whole, model.latents, grid_nodes)
    log(f"{model.vae} {model.seed}: grid {grid_cpu:.2f} s")
    for name, family in FAMILY.items():
        problem = model.problem(family, segments)
        known = known_minima(model, problem, grid, grid_cpu / pairs, effort)
        log(f"{model.vae} {model.seed} {name}: minima")
        own = known.traces
        runs = {
            (OURS, "graph"): own["graph"][0],
            (OURS, "line"): own["line"][0],
            (OURS, "random"): own["random"][0],
            (ESCAPING, "graph"): own["graph, escapes"][0],
            (ESCAPING, "line"): own["line, escapes"][0],
        }
        cold = line(family, pairs, 2)
        for contestant, solve in OTHERS.items():
            runs[contestant, "line"] = _limited(model, problem, cold, contestant, solve, effort)
        if studied:
            weights = (
                random(family, 2, streams_of(SEED, range(pairs))("random start"))
                if name == "polynomial"
                else cold
            )
            start = "random" if name == "polynomial" else "line"
            runs["study", start] = _limited(model, problem, weights, "study", study, effort)
        log(f"{model.vae} {model.seed} {name}: contest")
        table = _rows(runs, known, pairs)
        again = restarts.run(model, problem, runs, known, OTHERS, effort)
        log(f"{model.vae} {model.seed} {name}: restarts")
        yield _told(table, model, name), _told(again, model, name)


OTHERS = {"l-bfgs-b": l_bfgs_b, "adam": Adam(0.1), "stochman": Stochman()}


def _limited(
    model: Model, problem: Problem, weights: Tensor, name: str, solve: Callable, effort: str
) -> list[Trace]:
    """A contestant on the first pairs, as many as its limit is."""
    family = next(key for key, value in FAMILY.items() if value == problem.family)
    limit = limits(name, model.vae, family, effort)
    curves = range(min(limit.curves, len(problem)))
    return solve(problem.select(list(curves)), weights[: len(curves)], limit.budget)


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


def _rows(runs: dict[tuple[str, str], list[Trace]], known: Known, pairs: int) -> pd.DataFrame:
    """One row a curve; costs to a level are NaN where it was not reached."""
    energies = np.full((len(runs), pairs), np.inf)
    for row, traces in enumerate(runs.values()):
        energies[row, : len(traces)] = [np.nanmin(trace.energy) for trace in traces]
    best = np.minimum(energies.min(0), known.energy.min(0))
    geodesic = known.best_geodesic()
    rows = []
    for (contestant, start), traces in runs.items():
        for pair, trace in enumerate(traces):
            row = {"contestant": contestant, "start": start, "pair": pair}
            for level, tolerance in LEVELS.items():
                at = trace.reached(geodesic[pair] * (1 + tolerance))
                row[f"cpu_{level}"] = np.nan if at is None else trace.cpu[at]
                row[f"evaluations_{level}"] = np.nan if at is None else trace.evaluations[at]
            row |= {
                "cpu_total": trace.cpu[-1],
                "evaluations_total": trace.evaluations[-1],
                "energy": trace.energy[-1],
                "best_geodesic": geodesic[pair],
                "best_energy": best[pair],
                "steps": trace.steps,
                "converged": trace.converged,
                "limit": known.limit[pair] if (contestant, start) == (OURS, "graph") else "",
            }
            rows.append(row)
    return pd.DataFrame(rows)


KEY = ["vae", "seed", "family", "contestant", "start"]
RUN = ["vae", "family", "contestant", "start"]
WRONG = ["segments", "valley"]


def summarise(curves: pd.DataFrame) -> pd.DataFrame:
    """contest.csv: one row a contestant and start, over all models.

    Costs a curve are over those that got there; `lowest` and `highest` are of single models.
    """

    def one(group: pd.DataFrame) -> pd.Series:
        excess = group.energy / group.best_geodesic - 1
        by_model = group.assign(there=group["cpu_0.1pct"].notna()).groupby("seed")
        shares, costs = by_model.there.mean(), by_model.cpu_total.mean()
        row = {"models": group.seed.nunique(), "curves": len(group)}
        for level, tolerance in LEVELS.items():
            cpu = group[f"cpu_{level}"]
            row[f"share_{level}"] = cpu.notna().mean()
            row[f"share_{level}_of_all"] = (
                group.energy <= group.best_energy * (1 + tolerance)
            ).mean()
            row[f"cpu_{level}_median"] = cpu.median()
            row[f"cpu_{level}_mean"] = cpu.mean()
            row[f"evaluations_{level}_mean"] = group[f"evaluations_{level}"].mean()
        row |= {
            "share_0.1pct_lowest": shares.min(),
            "share_0.1pct_highest": shares.max(),
            "cpu_total_mean": group.cpu_total.mean(),
            "cpu_total_lowest": costs.min(),
            "cpu_total_highest": costs.max(),
            "evaluations_total_mean": group.evaluations_total.mean(),
            "excess_mean": excess.mean(),
            "excess_worst": excess.max(),
            "excess_worst_of_all": (group.energy / group.best_energy - 1).max(),
            "unmarked_above_1pct": ((excess > 0.01) & ~group.limit.isin(WRONG)).sum(),
            "converged": group.converged.mean(),
            "steps_median": group.steps.median(),
            "steps_max": group.steps.max(),
        }
        return pd.Series(row)

    table = curves.groupby(RUN, sort=False)[curves.columns.difference(RUN)].apply(one)
    whole = ["models", "curves", "steps_max", "unmarked_above_1pct"]
    return table.astype(dict.fromkeys(whole, int)).reset_index()


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
