"""The other contestants. Each minimises the energy of a batch of curves and leaves their traces.

All take the same problem (decoders, curve family, ends, segments) and starting weights (B, P, d).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import scipy.optimize
import torch
import torch.distributions as td
from latentgeo.curves import CubicSpline, Family, PiecewiseLinear, Polynomial, fit, straight
from latentgeo.objectives.fisher_rao import FisherRao
from latentgeo.solvers.problem import Problem
from stochman.curves import BasicCurve, DiscreteCurve
from stochman.curves import CubicSpline as StochmanSpline
from stochman.geodesic import geodesic_minimizing_energy
from stochman.manifold import Manifold
from torch import Tensor
from traces import Budget, Recorder, Trace


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
            if recorder.elapsed > budget.cpu or step == budget.steps:
                break
        optimizer.zero_grad()
        energy, passes = estimate(decoders, line[0] + basis @ variables)
        energy.backward()
        optimizer.step()
        evaluations += 2 * passes  # with the gradient
    return recorder.traces(variables[None], step)[0]


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
RATES = {Polynomial: 1.0, PiecewiseLinear: 0.1, CubicSpline: 0.1}
"""The best of 0.1, 0.3 and 1 for each family: a polynomial's weights are larger than its bends."""


@dataclass(frozen=True)
class Adam:
    """Adam on the exact energy, batched; a batch ends when no curve of it gets any better."""

    learning_rate: dict[type[Family], float]

    def __call__(self, problem: Problem, weights: Tensor, budget: Budget) -> list[Trace]:
        return [
            trace for part in _batches(problem, weights) for trace in self._batch(*part, budget)
        ]

    def _batch(self, problem: Problem, weights: Tensor, budget: Budget) -> list[Trace]:
        recorder = Recorder(len(problem))
        points, objective = _points(problem), problem.objective
        variables = weights.clone().requires_grad_()
        optimizer = torch.optim.Adam([variables], lr=self.learning_rate[type(problem.family)])
        for step in range(budget.steps + 1):
            optimizer.zero_grad()
            energy = objective.energy(points(variables))
            recorder.stop()
            recorder.note(energy, 2 * objective.evaluations)
            if _is_over(recorder.energy) or step == budget.steps:
                break
            energy.sum().backward()
            optimizer.step()
        return recorder.traces(variables, step)


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
    weights = torch.from_numpy(found.x).view_as(weights)
    trace = recorder.traces(weights, found.nit, bool(found.success))[0]
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
        with torch.no_grad():
            ended = fit(problem.family, problem.times, curve(problem.times))
        return recorder.traces(ended, len(recorder.cpu), bool(success))


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
