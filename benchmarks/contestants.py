"""The contestants. Each minimises the energy of a batch of curves and leaves a trace of each curve.

All take the same problem (decoders, curve family, ends, segments) and starting weights (B, P, d).
A trace says how much CPU and how many decoder evaluations a curve had cost at which exact energy.
The clock is CPU time of the process, on one thread; it stands still while a trace is written and
while an energy is evaluated that the contestant itself does not ask for. A batch's costs are
divided equally among its curves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from time import process_time

import numpy as np
import scipy.optimize
import torch
import torch.distributions as td
from latentgeo.certificates.fisher_rao import certify
from latentgeo.curves import CubicSpline, PiecewiseLinear, fit, straight
from latentgeo.geodesics import streams_of
from latentgeo.objectives.fisher_rao import FisherRao
from latentgeo.solvers.newton import Newton
from latentgeo.solvers.problem import Problem
from latentgeo.solvers.solution import lowest
from latentgeo.starts import base as starts
from latentgeo.starts import graph
from latentgeo.starts.grid import evaluation
from latentgeo.starts.grid.fields import LatentGrid
from latentgeo.starts.grid.routes import Routes
from stochman.curves import BasicCurve, DiscreteCurve
from stochman.curves import CubicSpline as StochmanSpline
from stochman.geodesic import geodesic_minimizing_energy
from stochman.manifold import Manifold
from torch import Tensor


@dataclass(frozen=True)
class Trace:
    """One curve's history: CPU seconds, decoder evaluations and exact energy in nats, (S,) each."""

    cpu: np.ndarray
    evaluations: np.ndarray
    energy: np.ndarray
    steps: int
    converged: bool
    """What the contestant itself says; False for those that never say so."""
    weights: Tensor | None = None
    """Of the curve that it ends with, (P, d), where it is ours."""

    def reached(self, energy: float) -> int | None:
        """The first entry at or below an energy."""
        below = np.flatnonzero(self.energy <= energy)
        return int(below[0]) if len(below) else None


class Recorder:
    """The clock of a batch of curves, and what it showed at which energies."""

    def __init__(self, curves: int):
        self.curves = curves
        self.cpu, self.evaluations, self.energy = [], [], []
        self.elapsed = 0.0
        self.since = process_time()

    def stop(self) -> None:
        self.elapsed += process_time() - self.since

    def note(self, energy: Tensor, evaluations: int) -> None:
        """Write down energies (B,); the clock is stopped before and runs afterwards."""
        self.cpu.append(self.elapsed / self.curves)
        self.evaluations.append(evaluations / self.curves)
        self.energy.append(energy.detach().numpy().copy())
        self.since = process_time()

    def traces(self, steps: int, converged: bool = False) -> list[Trace]:
        cpu, evaluations = np.array(self.cpu), np.array(self.evaluations)
        curves = np.stack(self.energy, axis=1)
        return [Trace(cpu, evaluations, energy, steps, converged) for energy in curves]


@dataclass(frozen=True)
class Budget:
    """Where a contestant stops at the latest, for each of its batches."""

    steps: int
    cpu: float = np.inf


def _points(problem: Problem) -> Callable[[Tensor], Tensor]:
    """Weights to points, with everything constant computed once."""
    line = straight(problem.start, problem.end, problem.times)
    basis = problem.family.basis(problem.times)
    return lambda weights: line + basis.to(weights) @ weights


def _batches(problem: Problem, weights: Tensor) -> Iterator[tuple[Problem, Tensor]]:
    """Parts that fit into the memory budget, each with its own count of evaluations."""
    for curves in problem.chunks():
        part = problem.select(curves)
        yield replace(part, objective=replace(part.objective, evaluations=0)), weights[curves]


# ── 1: the study's recipe ───────────────────────────────────────────────────────────────────────

MC_SAMPLES = 4
NOTED_EVERY = 10


def study(problem: Problem, weights: Tensor, budget: Budget) -> list[Trace]:
    """One curve at a time: torch's KL in float32, Adam at 1e-2, 4 samples for ensembles.

    The energy that it follows is an estimate; every tenth step the exact one is noted.
    """
    curves = [problem.select([i]) for i in range(len(problem))]
    return [_study_one(c, w[None], budget) for c, w in zip(curves, weights, strict=True)]


def _study_one(problem: Problem, weights: Tensor, budget: Budget) -> Trace:
    recorder = Recorder(1)
    decoders, points = _bounded_logits(problem.objective), _points(problem)
    line = points(torch.zeros_like(weights)).float()
    basis = problem.family.basis(problem.times).float()
    estimate = _single_estimate if len(decoders) == 1 else _ensemble_estimate
    variables = weights[0].float().requires_grad_()
    optimizer = torch.optim.Adam([variables], lr=1e-2)
    evaluations = 0
    for step in range(budget.steps + 1):
        if step % NOTED_EVERY == 0:
            recorder.stop()
            with torch.no_grad():
                exact = problem.objective.energy(points(variables.detach().double()[None]))
            recorder.note(exact, evaluations)
            if recorder.elapsed > budget.cpu:
                break
        optimizer.zero_grad()
        energy, passes = estimate(decoders, line[0] + basis @ variables)
        energy.backward()
        optimizer.step()
        evaluations += 2 * passes  # with the gradient
    return recorder.traces(step)[0]


Logits = Callable[[Tensor], Tensor]
"""A decoder's logits (R, D) at points (R, d), in its own precision."""


def _bounded_logits(objective: FisherRao) -> list[Logits]:
    link = objective.likelihood.link
    return [lambda points, d=decoder: link(d(points).flatten(1)) for decoder in objective.decoders]


def _single_estimate(decoders: list[Logits], points: Tensor) -> tuple[Tensor, int]:
    """The study's first listing, and its decoder evaluations."""
    d1 = td.Independent(td.ContinuousBernoulli(logits=decoders[0](points[:-1])), 1)
    d2 = td.Independent(td.ContinuousBernoulli(logits=decoders[0](points[1:])), 1)
    return td.kl_divergence(d1, d2).sum(), 2 * (len(points) - 1)


def _ensemble_estimate(decoders: list[Logits], points: Tensor) -> tuple[Tensor, int]:
    """The study's third listing with its formula's consecutive points, and its evaluations."""
    probs = torch.stack([torch.sigmoid(decoder(points)) for decoder in decoders])
    segments = len(points) - 1
    pairs = torch.stack(
        [
            torch.stack([torch.randperm(len(decoders))[:2] for _ in range(MC_SAMPLES)])
            for _ in range(segments)
        ],
        dim=-1,
    )  # S×2×N
    here = torch.arange(segments)
    energies = []
    for first, second in pairs:
        d1 = td.Independent(td.ContinuousBernoulli(probs=probs[first, here]), 1)
        d2 = td.Independent(td.ContinuousBernoulli(probs=probs[second, here + 1]), 1)
        energies.append(td.kl_divergence(d1, d2).sum())
    return torch.stack(energies).mean(), len(decoders) * len(points)


# ── 2: the same, tuned ──────────────────────────────────────────────────────────────────────────

PATIENCE = 20


@dataclass(frozen=True)
class Adam:
    """Adam on the exact energy, batched; a batch ends when no curve of it gets any better."""

    learning_rate: float
    decay: float = 1.0

    def __call__(self, problem: Problem, weights: Tensor, budget: Budget) -> list[Trace]:
        return [
            trace for part in _batches(problem, weights) for trace in self._batch(*part, budget)
        ]

    def _batch(self, problem: Problem, weights: Tensor, budget: Budget) -> list[Trace]:
        recorder = Recorder(len(problem))
        points, objective = _points(problem), problem.objective
        variables = weights.clone().requires_grad_()
        optimizer = torch.optim.Adam([variables], lr=self.learning_rate)
        schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, self.decay)
        for _ in range(budget.steps + 1):
            optimizer.zero_grad()
            energy = objective.energy(points(variables))
            recorder.stop()
            recorder.note(energy, 2 * objective.evaluations)
            if _is_over(recorder.energy) or recorder.elapsed > budget.cpu:
                break
            energy.sum().backward()
            optimizer.step()
            schedule.step()
        return recorder.traces(len(recorder.cpu) - 1)


def _is_over(energies: list[np.ndarray]) -> bool:
    """Whether no curve's best energy fell by 1e-5 of itself in the last steps."""
    if len(energies) <= PATIENCE:
        return False
    before = np.min(energies[:-PATIENCE], axis=0)
    return bool((np.min(energies[-PATIENCE:], axis=0) > before * (1 - 1e-5)).all())


# ── 3: scipy ────────────────────────────────────────────────────────────────────────────────────


def l_bfgs_b(problem: Problem, weights: Tensor, budget: Budget) -> list[Trace]:
    """scipy's L-BFGS-B on the exact energy, one curve at a time, with our closed-form gradient."""
    curves = [problem.select([i]) for i in range(len(problem))]
    return [_l_bfgs_b_one(c, w[None], budget) for c, w in zip(curves, weights, strict=True)]


def _l_bfgs_b_one(problem: Problem, weights: Tensor, budget: Budget) -> Trace:
    recorder = Recorder(1)
    points, objective = _points(problem), replace(problem.objective, evaluations=0)
    basis = problem.family.basis(problem.times)[1:-1]

    def energy(flat: np.ndarray) -> tuple[float, np.ndarray]:
        expansion = objective.expand(points(torch.from_numpy(flat).view_as(weights)))
        recorder.stop()
        recorder.note(expansion.energy, objective.evaluations)
        gradient = basis.T @ expansion.gradient()
        return expansion.energy.item(), gradient.flatten().numpy()

    found = scipy.optimize.minimize(
        energy,
        weights.flatten().numpy(),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": budget.steps, "ftol": 1e-7, "gtol": 1e-6},
    )
    recorder.stop()
    recorder.note(torch.tensor([found.fun]), objective.evaluations)
    trace = recorder.traces(found.nit, bool(found.success))[0]
    return replace(trace, energy=np.minimum.accumulate(trace.energy))


# ── 4: stochman ─────────────────────────────────────────────────────────────────────────────────


class DecoderManifold(Manifold):
    """A stochman manifold whose curve energy is the exact sum of KL divergences."""

    def __init__(self, problem: Problem, recorder: Recorder):
        self.objective, self.recorder = problem.objective, recorder

    def curve_energy(self, curve: Tensor, reduction: str | None = "sum") -> Tensor:
        energy = self.objective.energy(curve if curve.dim() == 3 else curve[None])
        self.recorder.stop()
        self.recorder.note(energy, 2 * self.objective.evaluations)
        return energy.sum()

    def metric(self, points: Tensor) -> Tensor:
        raise NotImplementedError("minimising an energy takes no metric")


@dataclass(frozen=True)
class Stochman:
    """stochman's `geodesic_minimizing_energy` on curves of its own of the same family, batched.

    Its spline through one piece is our cubic polynomial, its discrete curve our piecewise-linear
    one; its spline with more pieces is given the basis of natural splines, so that all contestants
    look for the same minima. Where it does not begin at straight lines its own `fit` has brought
    its curves near the starts, for which it is not charged.
    """

    optimizer: type[torch.optim.Optimizer] = torch.optim.Adam

    def __call__(self, problem: Problem, weights: Tensor, budget: Budget) -> list[Trace]:
        return [
            trace for part in _batches(problem, weights) for trace in self._batch(*part, budget)
        ]

    def _batch(self, problem: Problem, weights: Tensor, budget: Budget) -> list[Trace]:
        curve = stochman_curve(problem)
        if weights.any():
            curve.fit(problem.times.expand(len(problem), -1), problem.points(weights))
        recorder = Recorder(len(problem))
        success = geodesic_minimizing_energy(
            curve,
            DecoderManifold(problem, recorder),
            optimizer=self.optimizer,
            max_iter=budget.steps,
            eval_grid=problem.segments + 1,
        )
        return recorder.traces(len(recorder.cpu), bool(success))


def stochman_curve(problem: Problem) -> BasicCurve:
    """Straight lines between the problem's ends as a stochman curve of the problem's family."""
    ends, family = (problem.start, problem.end), problem.family
    if isinstance(family, PiecewiseLinear):
        return DiscreteCurve(*ends, num_nodes=family.pieces + 1)
    if isinstance(family, CubicSpline):
        free = StochmanSpline(*ends, num_nodes=family.pieces + 1)
        basis = _natural_basis(free.constraints, family.pieces)
        return StochmanSpline(*ends, num_nodes=family.pieces + 1, basis=basis)
    if family.degree == 3:
        return StochmanSpline(*ends, num_nodes=2)
    raise ValueError(f"stochman has no polynomials of degree {family.degree}")


def _natural_basis(constraints: Tensor, pieces: int) -> Tensor:
    """An orthonormal basis of the splines under stochman's constraints that are natural as well."""
    natural = torch.zeros(2, 4 * pieces, dtype=constraints.dtype)
    natural[0, 2] = 2.0
    natural[1, -2:] = torch.tensor([2.0, 6.0])
    _, values, rows = torch.linalg.svd(torch.cat([constraints, natural]))
    return rows[len(values) :].T.contiguous()


# ── 5: ours ─────────────────────────────────────────────────────────────────────────────────────


class _Watched(FisherRao):
    """An objective that writes down what every pair had cost when an energy of it was known."""

    def __init__(self, problem: Problem):
        super().__init__(problem.objective.decoders, problem.objective.likelihood)
        self.ends = torch.cat([problem.start, problem.end], dim=1)
        self.cost = np.zeros((len(self.ends), 2))  # CPU seconds and evaluations of every pair
        self.rows: list[list[tuple[float, float, float]]] = [[] for _ in self.ends]
        self.pairs = torch.arange(len(self.ends))
        self.since, self.evaluated = process_time(), 0

    def expand(self, points: Tensor):
        """Charge the work since the last call to its curves, and this one's energies to these."""
        self.charge()
        expansion = super().expand(points)
        ends = torch.cat([points[:, 0], points[:, -1]], dim=1)
        self.pairs = torch.cdist(ends, self.ends).argmin(1)
        self.charge()
        for pair in self.pairs.unique().tolist():
            energy = expansion.energy[self.pairs == pair].nan_to_num(torch.inf).min()
            self.rows[pair].append((*self.cost[pair], float(energy)))
        return expansion

    def charge(self) -> None:
        """Divide the costs since the last call equally among the curves that were worked on."""
        now, evaluations = process_time(), self.evaluations
        spent = np.array([now - self.since, evaluations - self.evaluated])
        np.add.at(self.cost, self.pairs.numpy(), spent / len(self.pairs))
        self.since, self.evaluated = process_time(), evaluations

    def finish(self) -> None:
        """Add what was spent after a pair's last energy, its proof of convergence."""
        self.charge()
        for rows, cost in zip(self.rows, self.cost, strict=True):
            rows.append((*cost, rows[-1][-1]))


def newton(problem: Problem, start: starts.Starts, escapes: int = 0) -> list[Trace]:
    """The library's solver on all curves at once; one entry a step, with its whole cost.

    A pair with several starts pays for all of them.
    """
    watched = _Watched(problem)
    batch = replace(problem.select(start.owner), objective=watched)
    solution = Newton(escapes=escapes).solve(batch, start.weights, start.owner, start.hessian)
    watched.finish()
    solution = solution.select(lowest(solution.energy, start.owner))
    traces = []
    for rows, steps, converged, weights in zip(
        watched.rows,
        solution.steps.tolist(),
        solution.converged.tolist(),
        solution.weights,
        strict=True,
    ):
        cpu, evaluations, energy = np.array(rows).T
        least = np.minimum.accumulate(energy)
        traces.append(Trace(cpu, evaluations, least, steps, converged, weights))
    return traces


def newton_from_graph(
    problem: Problem, grid: LatentGrid, escapes: int = 0
) -> tuple[list[Trace], Routes]:
    """The same from the graph start, with the routes that it was made of.

    Its cost is charged, and that of the certificates; the grid's is not (see `charged`).
    """
    begun = process_time()
    routes = Routes.of(problem, grid, len(problem.objective.decoders))
    streams = streams_of(0, range(len(problem)))  # of which it draws nothing
    start = graph.make(problem, starts.Ingredients(streams, routes))
    cpu = (process_time() - begun) / len(problem)
    return charged(newton(problem, start, escapes), cpu, 0.0), routes


def certified(traces: list[Trace], problem: Problem, routes: Routes) -> tuple[list[Trace], list]:
    """Traces that are charged with their certificates as well, and what limits the curves."""
    begun = process_time()
    weights = torch.stack([trace.weights for trace in traces])
    energies = torch.tensor([trace.energy[-1] for trace in traces], dtype=torch.float64)
    limit = certify(problem, weights, energies, routes).limit
    cpu = (process_time() - begun) / len(problem)
    # after an energy is reached, which a certificate comes too late for
    ends = [np.append(trace.cpu[:-1], trace.cpu[-1] + cpu) for trace in traces]
    return [replace(trace, cpu=end) for trace, end in zip(traces, ends, strict=True)], limit


def bows(problem: Problem, spread: Tensor, count: int) -> list[Tensor]:
    """Random smooth curves to start from, (B, P, d) each: sums of three sines across the line.

    Their amplitudes are normal, with a deviation of 0.6 of the latents' `spread`, (d,), over the
    sine's number.
    """
    generator = torch.Generator().manual_seed(5)
    t, k = problem.times, torch.arange(1, 4)
    lines, found = straight(problem.start, problem.end, t), []
    for _ in range(count):
        shape = (len(problem), 3, problem.start.shape[1])
        heights = torch.randn(shape, generator=generator, dtype=torch.float64)
        heights *= (0.6 / k[:, None]) * spread
        found.append(fit(problem.family, t, lines + torch.sin(torch.pi * t[:, None] * k) @ heights))
    return found


def charged(traces: list[Trace], cpu: float, evaluations: float) -> list[Trace]:
    """Traces of curves that each had cost something before they began."""
    return [replace(t, cpu=t.cpu + cpu, evaluations=t.evaluations + evaluations) for t in traces]


def evaluate_grid(problem: Problem, latents: Tensor, nodes: int) -> tuple[LatentGrid, float, int]:
    """The grid of the graph start, and the CPU seconds and decoder evaluations that it took.

    Every decoder is evaluated once at every node.
    """
    decoders, likelihood = problem.objective.decoders, problem.objective.likelihood
    begun = process_time()
    grid = evaluation.evaluate_grid(decoders, likelihood, latents.numpy(), nodes)
    return grid, process_time() - begun, len(decoders) * nodes**2
