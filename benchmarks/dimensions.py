"""The project against its peers in two and more dimensions: benchmarks/results/dimensions*.csv.

python benchmarks/dimensions.py [--results FOLDER] [--dimensions 2 8 32] [--quick]

The models of d dimensions lie in FOLDER/d-<d>/results (see README.md).
"""

import environment  # noqa: F401

# isort: split
import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import process_time

import dimensions_figure
import machine
import models
import pandas as pd
import torch
from job import keep_freed_memory
from contestants import RATES, Adam, Stochman, l_bfgs_b
from georce import georce
from latentgeo.curves import CubicSpline
from latentgeo.objectives.fisher_rao import BETWEEN, WITHIN
from latentgeo.solvers.problem import Problem
from latentgeo.starts.base import one_each
from latentgeo.starts.line import line
from latentgeo.starts.roadmap.landmarks import COUNT
from latentgeo.starts.roadmap.roadmap import Roadmap, make_roadmap
from minima import ACTION_STEPS, ESCAPES, Known, bows
from ours import newton, newton_from_landmarks
from traces import Budget, Trace, charged, costs

HERE = Path(__file__).resolve().parent
SEED = 30
FAMILY = CubicSpline(8)
OURS, ESCAPING = "newton", "newton-escapes"
LOCAL = {"l-bfgs-b": l_bfgs_b, "adam": Adam(RATES), "stochman": Stochman()}
QUICK_LANDMARKS = 100
FINE = 4
"""Into how many every step is divided for a length."""
SHARED = 50
"""Pairs that share the cost of a model's roadmap: those that the study has of a model."""
KEY = ["dimensions", "likelihood", "vae", "coupling"]


@dataclass(frozen=True)
class Setting:
    """One part of the contest: a model and how its decoders are coupled."""

    dimensions: int
    likelihood: str
    vae: str
    coupling: str

    @property
    def type(self) -> str:
        """The VAE type's name in dimensions.yaml."""
        return self.vae if self.likelihood == "continuous-bernoulli" else f"gaussian-{self.vae}"

    def __str__(self) -> str:
        return f"d = {self.dimensions}, {self.likelihood}, {self.vae}, {self.coupling}"


def settings(dimensions: list[int]) -> list[Setting]:
    """One decoder is coupled with itself either way."""
    return [
        Setting(d, likelihood, vae, coupling)
        for d in dimensions
        for likelihood in ("continuous-bernoulli", "gaussian")
        for vae, couplings in (("single", [BETWEEN]), ("ensemble", [WITHIN, BETWEEN]))
        for coupling in couplings
    ]


@dataclass(frozen=True)
class Effort:
    """How many pairs take part, those of them that local methods get, random starts, budgets."""

    pairs: int
    local: int
    randoms: int
    steps: int


def effort(setting: Setting, quick: bool) -> Effort:
    """What would take hours gets fewer pairs; see README.md."""
    if quick:
        return Effort(3, 2, 1, 20)
    if setting.vae == "single":
        return Effort(50, 12, 12, 300) if setting.dimensions < 32 else Effort(12, 6, 4, 200)
    return Effort(12, 4, 6, 200) if setting.dimensions < 32 else Effort(4, 2, 2, 100)


def contest(setting: Setting, results: Path, quick: bool, segments: int = 32) -> pd.DataFrame:
    """One row a contestant, start and pair: what it cost, and how far it got."""
    asked = effort(setting, quick)
    model = models.load(results, setting.type, SEED, asked.pairs)
    problem = model.problem(FAMILY, segments)
    objective = replace(problem.objective, coupling=setting.coupling)
    problem = replace(problem, objective=objective)
    _warm_up(problem, model)
    begun = process_time()
    count = QUICK_LANDMARKS if quick else COUNT
    roadmap = make_roadmap(model.decoders, model.likelihood, model.latents.numpy(), count=count)
    _log(f"{setting}: roadmap {process_time() - begun:.1f} s")
    share = (process_time() - begun) / SHARED
    runs = dict(_runs(problem, roadmap, share, asked, setting))
    spread = model.latents.std(0)
    others = [newton(problem, one_each(w)) for w in bows(problem, spread, asked.randoms)]
    _log(f"{setting}: random starts")
    runs = {name: _with_actions(run, problem) for name, run in runs.items()}
    others = [_with_actions(run, problem) for run in others]
    known = Known.of([*runs.values(), *others], len(problem))
    lengths = {name: _lengths(run, problem) for name, run in runs.items()}
    table = _rows(runs, known, lengths)
    return table.assign(**{name: getattr(setting, name) for name in KEY})[[*KEY, *table]]


def _runs(
    problem: Problem, roadmap: Roadmap, share: float, asked: Effort, setting: Setting
) -> Iterator[tuple[tuple[str, str], list[Trace]]]:
    """The runs of all contestants, by contestant and start."""
    cold = line(problem.family, len(problem), problem.start.shape[1])
    found = newton_from_landmarks(problem, roadmap)
    yield (OURS, "landmarks"), charged(found, share, 0.0)
    yield (OURS, "line"), newton(problem, one_each(cold))
    yield (ESCAPING, "line"), newton(problem, one_each(cold), ESCAPES)
    _log(f"{setting}: ours")
    part = problem.select(list(range(min(asked.local, len(problem)))))
    contestants = dict(LOCAL)
    if setting.vae == "single" or setting.coupling == WITHIN:
        contestants["georce"] = georce  # it is for metrics
    for name, solve in contestants.items():
        budget = Budget(min(asked.steps, {"l-bfgs-b": 500, "georce": 100}.get(name, 300)))
        yield (name, "line"), solve(part, cold[: len(part)], budget)
        _log(f"{setting}: {name}")


def _with_actions(run: list[Trace], problem: Problem) -> list[Trace]:
    """Traces with the energies of their curves in many steps; what is no metric has none."""
    if problem.objective.coupling == BETWEEN and len(problem.objective.decoders) > 1:
        return [replace(trace, action=0.0) for trace in run]
    fine = replace(problem, segments=ACTION_STEPS * problem.segments)
    weights = torch.stack([trace.weights for trace in run])
    actions = ACTION_STEPS * fine.select(list(range(len(run)))).energies(weights)
    return [replace(trace, action=float(a)) for trace, a in zip(run, actions, strict=True)]


def _lengths(run: list[Trace], problem: Problem) -> list[float]:
    """The lengths of the curves that a contestant ends with, in fine steps."""
    weights = torch.stack([trace.weights for trace in run])
    fine = replace(problem.select(list(range(len(run)))), segments=FINE * problem.segments)
    return problem.objective.measures(fine.points(weights))["length"].tolist()


def _warm_up(problem: Problem, model: models.Model) -> None:
    """torch's first calls are slow: nobody is charged for them."""
    some = problem.select([0, 1])
    cold = line(problem.family, 2, problem.start.shape[1])
    newton(some, one_each(cold))
    for solve in (georce, *LOCAL.values()):
        solve(some, cold, Budget(1))
    few = make_roadmap(model.decoders, model.likelihood, model.latents[:40].numpy())
    newton_from_landmarks(some, few)


def _rows(
    runs: dict[tuple[str, str], list[Trace]],
    known: Known,
    lengths: dict[tuple[str, str], list[float]],
) -> pd.DataFrame:
    rows = []
    for (contestant, start), traces in runs.items():
        for pair, trace in enumerate(traces):
            best = known.geodesic(pair, trace.action)
            row = {"contestant": contestant, "start": start, "pair": pair}
            row |= costs(trace, best, "cpu")
            row |= {"cpu_total": trace.cpu[-1], "energy": trace.energy[-1], "best": best}
            shortest = min(own[pair] for own in lengths.values() if pair < len(own))
            row["longer"] = lengths[contestant, start][pair] / shortest - 1
            rows.append(row | {"steps": trace.steps, "converged": trace.converged})
    return pd.DataFrame(rows)


def summarise(curves: pd.DataFrame) -> pd.DataFrame:
    """dimensions.csv: one row a setting, contestant and start.

    `longer` is by what share the curve that it ends with is longer than the shortest that a
    contestant found. `cpu_expected` is the mean CPU until 0.1 % of those that got there, over their
    share: what a curve costs if attempts like these were repeated until one gets there; `ratio` is
    that over ours from landmarks on the same pairs, a `lower_bound` where none got there.
    """
    rows = []
    for key, group in curves.groupby(KEY, sort=False):
        ours = group[(group.contestant == OURS) & (group.start == "landmarks")]
        ours = ours.set_index("pair")
        for (contestant, start), own in group.groupby(["contestant", "start"], sort=False):
            there = own["cpu_0.1pct"].notna()
            row = dict(zip(KEY, key, strict=True)) | {"contestant": contestant, "start": start}
            row |= {"curves": len(own), "share_0.1pct": there.mean()}
            row |= {"share_1pct": own["cpu_1pct"].notna().mean()}
            row |= {"excess_worst": (own.energy / own.best - 1).max()}
            row |= {"longer_median": own.longer.median()}
            row |= {"converged": own.converged.mean(), "steps_median": own.steps.median()}
            row |= {"cpu_total": own.cpu_total.mean(), "cpu_expected": expected(own)}
            row |= {"ratio": expected(own) / expected(ours.loc[own.pair])}
            rows.append(row | {"lower_bound": not there.any()})
    return pd.DataFrame(rows)


def expected(own: pd.DataFrame) -> float:
    """Mean CPU of a curve until it is there, attempts that fail included.

    All that was spent, until they were there or in vain, over how many got there.
    """
    spent = own["cpu_0.1pct"].fillna(own.cpu_total)
    return float(spent.sum() / max(own["cpu_0.1pct"].notna().sum(), 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=HERE / "models")
    parser.add_argument("--output", type=Path, default=HERE / "results")
    parser.add_argument("--dimensions", nargs="+", type=int, default=[2, 8, 32])
    parser.add_argument("--quick", action="store_true", help="to see that it works")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    asked.output.mkdir(parents=True, exist_ok=True)
    path, tables = asked.output / "dimensions_curves.csv", []
    if path.exists():
        kept = pd.read_csv(path)
        tables.append(kept[~kept.dimensions.isin(asked.dimensions)])
    for setting in settings(asked.dimensions):
        folder = asked.results / f"d-{setting.dimensions}" / "results"
        tables.append(contest(setting, folder, asked.quick))
        curves = pd.concat(tables).sort_values(["dimensions"], kind="stable")
        curves.to_csv(path, index=False, float_format="%.6g")
    table = summarise(curves)
    table.to_csv(asked.output / "dimensions.csv", index=False, float_format="%.6g")
    about = json.dumps(machine.describe(), indent=2) + "\n"
    (asked.output / "dimensions_machine.json").write_text(about)
    dimensions_figure.draw(table, asked.output)
    print(table.round(3).to_string(index=False))


def _log(message: str) -> None:
    print(f"{process_time():7.1f} s  {message}", flush=True)


if __name__ == "__main__":
    main()
