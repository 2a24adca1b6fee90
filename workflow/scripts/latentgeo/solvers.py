"""Minimisers of curve energies: a damped Newton method, and the study's own Adam and L-BFGS.

All of them change the weights of a family's basis and leave the ends alone. A solution is either
converged, with the same meaning for every solver (the Newton decrement is below a tolerance where
the Hessian is positive definite), or says why not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from .curves import Curves, Family, bow, fit, uniform_times
from .energy import Hessian, Objective

Progress = Callable[[str], None]


def _silent(message: str) -> None:
    """Progress that nobody asked for."""


CONVERGED = "converged"
RUNNING = "running"
STEP_LIMIT = "step limit"
STALLED = "stalled: no step lowers the energy"
FLAT = "flat: the Hessian is singular"
SADDLE = "saddle: the Hessian is indefinite"
NOT_FINITE = "the energy is not finite"
ABANDONED = "abandoned: another start is lower"
NOT_MINIMAL = "stopped above the minimum"


@dataclass(frozen=True)
class Problem:
    """A batch of curves of one family under one objective.

    Shapes: `start` and `end` (B, d).
    """

    objective: Objective
    family: Family
    start: Tensor
    end: Tensor
    segments: int

    def __len__(self) -> int:
        return len(self.start)

    @property
    def times(self) -> Tensor:
        return uniform_times(self.segments)

    def points(self, weights: Tensor) -> Tensor:
        """The curves' points (B, N + 1, d) for weights (B, P, d)."""
        return Curves(self.family, self.start, self.end, weights)(self.times)

    def select(self, curves: Tensor | Sequence[int]) -> Problem:
        return replace(self, start=self.start[curves], end=self.end[curves])


@dataclass
class Solution:
    """What a solver found for B curves; energies in nats.

    `weights` (B, P, d); `energy` and `initial_energy` (B,); `history` (B, S + 1) the objective
    before the first and after every step, NaN after a curve's last; `steps` (B,); `status` says
    "converged" or the reason why not.
    """

    weights: Tensor
    energy: Tensor
    initial_energy: Tensor
    history: Tensor
    steps: Tensor
    status: list[str]

    def select(self, curves: Tensor) -> Solution:
        """The solution of some of the curves, by number."""
        tensors = (self.weights, self.energy, self.initial_energy, self.history, self.steps)
        status = [self.status[curve] for curve in curves.tolist()]
        return Solution(*(tensor[curves] for tensor in tensors), status)

    def continued(self, curves: Tensor, found: Solution) -> Solution:
        """With some of the curves, by number, taken further to where another solution ended."""
        steps = self.steps.clone()
        steps[curves] += found.steps + 1
        history = torch.full((len(steps), int(steps.max()) + 1), torch.nan, dtype=torch.float64)
        history[:, : self.history.shape[1]] = self.history
        status, weights, energy = list(self.status), self.weights.clone(), self.energy.clone()
        weights[curves], energy[curves] = found.weights, found.energy
        for row, curve in enumerate(curves.tolist()):
            status[curve] = found.status[row]
            taken = found.history[row, : found.steps[row] + 1]
            history[curve, self.steps[curve] + 1 : steps[curve] + 1] = taken
        return Solution(weights, energy, self.initial_energy, history, steps, status)

    @property
    def converged(self) -> np.ndarray:
        return np.array([status == CONVERGED for status in self.status])


@dataclass(frozen=True)
class Newton:
    """Damped Newton on the exact energy, a batch of curves at a time, each with its own damping.

    The step is taken in the metric Φᵀ Φ of the basis, with the absolute values of the Hessian's
    eigenvalues, so that it descends whether or not the Hessian is positive definite (Dauphin et
    al. 2014), and with Levenberg-Marquardt damping, raised when a step fails. A curve is finished
    when half its squared Newton decrement, the estimate of how far its energy is above the
    minimum, is below `tolerance` of its energy; it then leaves the batch. So does a curve that
    cannot become the lowest of its owner's, by three times that estimate.

    A minimum is a local one. With `escapes` the minimisation is repeated from so many curves
    around each minimum, and the lowest end is kept: the curve bowed to both sides by half of the
    distance between its ends, then by a quarter.
    """

    tolerance: float = 1e-6
    max_steps: int = 100
    escapes: int = 0
    progress: Progress = _silent

    def solve(
        self,
        problem: Problem,
        weights: Tensor,
        owner: Tensor | None = None,
        hessian: Tensor | None = None,
    ) -> Solution:
        """Minimise from weights (B, P, d).

        Where several curves are rivals, of which only the lowest is wanted, `owner`, (B,), says
        whose they are. A `hessian`, (B, P d, P d), that is nearly that of the energy at the start
        saves evaluating it there; it decides the first steps, never convergence.
        """
        state = _NewtonState(problem, weights.clone(), self.tolerance, hessian)
        if owner is None:
            owner = torch.arange(len(problem))
        solution = self._minimise(state, owner)
        if not self.escapes:
            return solution
        best = lowest(solution.energy, owner)
        best = best[torch.from_numpy(solution.converged)[best]]
        if not len(best):
            return solution
        around = _bowed(problem.select(best), solution.weights[best])[: self.escapes]
        owner = torch.arange(len(best)).repeat(len(around))
        trials = problem.select(best.repeat(len(around)))
        state = _NewtonState(trials, around.flatten(0, 1), self.tolerance)
        found = self._minimise(state, owner, solution.energy[best])
        lower = lowest(found.energy, owner)
        gained = found.energy[lower] < solution.energy[best] * (1 - _WORTHWHILE)
        return solution.continued(best[gained], found.select(lower[gained]))

    def _minimise(
        self, state: _NewtonState, owner: Tensor, known: Tensor | None = None
    ) -> Solution:
        """Take steps until all curves are finished; `known` are the owners' energies so far."""
        energies = [state.energy.clone()]
        for step in range(1, self.max_steps + 1):
            state.abandon_hopeless(owner, known)
            if not state.running.any():
                break
            for curves in state.running.nonzero()[:, 0].split(
                state.problem.objective.curves_at_once
            ):
                state.advance(curves, step)
            left = f"{int(state.running.sum())} of {len(state.problem)} curves left"
            self.progress(f"step {step}: {left}")
            energies.append(state.energy.clone())
        state.finish(state.running, STEP_LIMIT)
        history = torch.stack(energies, dim=1)
        history[torch.arange(len(energies)) > state.steps[:, None]] = torch.nan
        return Solution(
            state.weights, state.energy, energies[0], history, state.steps, state.status
        )


_BOWS = 0.5, 0.25
"""How far to the side an escape begins, as shares of the distance between a curve's ends ..."""
_WORTHWHILE = 1e-4
"""... and by which share lower it must lead."""


def _bowed(problem: Problem, weights: Tensor) -> Tensor:
    """Weights (b, P, d) of curves, bowed to all sides: (4 (d - 1), b, P, d)."""
    chord = (problem.end - problem.start)[..., None]
    sides = torch.linalg.qr(chord, mode="complete").Q[..., 1:] * chord.norm(dim=1, keepdim=True)
    arc = fit(problem.family, problem.times, bow(problem.times)[None])  # 1×P×1
    ways = [side * way for side in sides.unbind(-1) for way in (1, -1)]
    return torch.stack([weights + h * arc * way[:, None] for h in _BOWS for way in ways])


def lowest(energies: Tensor, owner: Tensor) -> Tensor:
    """The position of each owner's lowest energy; energies and owner (C,), owners 0 ... B - 1."""
    ordered = energies.nan_to_num(nan=torch.inf).argsort(stable=True).tolist()
    best: dict[int, int] = {}
    for position in ordered:
        best.setdefault(int(owner[position]), position)
    return torch.tensor([best[pair] for pair in sorted(best)], dtype=torch.long)


class _NewtonState:
    """Where every curve of a batch stands; the points' work arrays live for one chunk only."""

    def __init__(
        self, problem: Problem, weights: Tensor, tolerance: float, hessian: Tensor | None = None
    ):
        self.problem, self.tolerance = problem, tolerance
        self.weights = weights
        count, size, dim = weights.shape
        unknowns = size * dim
        self.basis = problem.family.basis(problem.times)[1:-1]
        gram = self.basis.T @ self.basis
        # in the coordinates y = Rᵀ w the metric Φᵀ Φ = R Rᵀ is the identity
        self.root = torch.linalg.cholesky(gram)
        self.energy = torch.full((count,), torch.nan, dtype=torch.float64)
        self.gradient = torch.zeros(count, unknowns, dtype=torch.float64)
        self.eigenvalues = torch.zeros(count, unknowns, dtype=torch.float64)
        self.eigenvectors = torch.zeros(count, unknowns, unknowns, dtype=torch.float64)
        self.damping = torch.zeros(count, dtype=torch.float64)
        self.steps = torch.zeros(count, dtype=torch.long)
        self.status = [RUNNING] * count
        self.running = torch.ones(count, dtype=torch.bool)
        self.guessed = torch.full((count,), hessian is not None)
        for curves in torch.arange(count).split(problem.objective.curves_at_once):
            self._begin(curves, hessian)

    def _begin(self, curves: Tensor, hessian: Tensor | None) -> None:
        expansion = self._expand(curves, self.weights[curves])
        self.energy[curves] = expansion.energy
        finite = torch.isfinite(expansion.energy)
        self.finish(curves[~finite], NOT_FINITE)
        self.gradient[curves] = self._reduce(expansion.gradient())
        if hessian is None:
            self._curve(curves, expansion, finite)
        else:
            self._bend(curves, hessian[curves])

    def advance(self, curves: Tensor, step: int) -> None:
        """One trial step of some curves, accepted or not."""
        self.steps[curves] = step
        change = self._proposal(curves)
        trial = self.weights[curves] + self.expanded(change)
        expansion = self._expand(curves, trial)
        predicted = self._predicted_gain(curves, change)
        gain = self.energy[curves] - expansion.energy
        # a predicted gain below rounding is taken when the energy agrees to rounding
        noise = 1e-10 * self.energy[curves].abs() + self.problem.objective.resolution
        accepted = torch.isfinite(expansion.energy) & (gain >= 1e-4 * predicted - noise)
        self._adapt_damping(curves, accepted, gain, predicted)
        misled = curves[~accepted & self.guessed[curves]]
        if len(misled):
            self._begin(misled, None)
        moved = curves[accepted]
        if not len(moved):
            return
        self.weights[moved] = trial[accepted]
        self.energy[moved] = expansion.energy[accepted]
        self.gradient[moved] = self._reduce(expansion.gradient())[accepted]
        # where the last Hessian already shows the minimum beyond doubt, the new one is not needed
        certain = accepted.clone()
        certain[accepted] = self._excess(moved) < self._tolerable(moved) / 10
        certain &= ~self.guessed[curves]
        self.finish(curves[certain], CONVERGED)
        self._curve(curves, expansion, accepted & ~certain)

    def abandon_hopeless(self, owner: Tensor, known: Tensor | None = None) -> None:
        """Finish curves that will hardly become the lowest of their owner's."""
        energy = self.energy.nan_to_num(nan=torch.inf)
        lowest = torch.full((int(owner.max()) + 1,), torch.inf, dtype=torch.float64)
        if known is not None:
            lowest = known * (1 - _WORTHWHILE)
        lowest.scatter_reduce_(0, owner, energy, "amin")
        everyone = torch.arange(len(owner))
        hopeless = energy - 3 * self._excess(everyone) > lowest[owner]
        self.finish(everyone[self.running & hopeless], ABANDONED)

    def finish(self, curves: Tensor, status: str) -> None:
        """Take curves, numbers or a mask, out of the batch."""
        for curve in torch.arange(len(self.status))[curves].tolist():
            self.status[curve] = status
        self.running[curves] = False

    def _expand(self, curves: Tensor, weights: Tensor):
        problem = self.problem.select(curves)
        return problem.objective.expand(problem.points(weights))

    def _curve(self, curves: Tensor, expansion, chosen: Tensor) -> None:
        """Take in the Hessian of the chosen curves, and finish those that are at a minimum."""
        if not chosen.any():
            return
        hessian = project(self.basis, expansion.hessian(chosen))
        curves = self._bend(curves[chosen], hessian)
        self.guessed[curves] = False
        values = self.eigenvalues[curves]
        energy = self.energy[curves]
        done = self._excess(curves) <= self._tolerable(curves)
        done |= energy.abs() <= self.problem.objective.resolution  # no energy is below 0
        self.finish(curves[done], CONVERGED)
        # the gradient vanishes where there is no minimum: no step can be taken
        stuck = ~done & (self._predicted_gain(curves, self._proposal(curves)) <= 1e-14 * energy)
        flat = values.abs().amin(-1) <= 1e-12 * values.abs().amax(-1).clamp(min=1e-300)
        self.finish(curves[stuck & flat], FLAT)
        self.finish(curves[stuck & ~flat], SADDLE)

    def _bend(self, curves: Tensor, hessian: Tensor) -> Tensor:
        """Take in Hessians (b, P d, P d); which curves have finite ones."""
        hessian = self._whiten(self._whiten(hessian).mT)
        finite = torch.isfinite(hessian).all(-1).all(-1)
        self.finish(curves[~finite], NOT_FINITE)
        curves, hessian = curves[finite], hessian[finite]
        values, vectors = torch.linalg.eigh((hessian + hessian.mT) / 2)
        self.eigenvalues[curves], self.eigenvectors[curves] = values, vectors
        return curves

    def _proposal(self, curves: Tensor) -> Tensor:
        """The damped Newton step in whitened coordinates: (b, P d)."""
        values = self.eigenvalues[curves].abs()
        floor = 1e-8 * values.amax(-1, keepdim=True).clamp(min=1e-300)
        scale = values.clamp(min=floor) + self.damping[curves, None]
        return -self._rotate(curves, self._slope(curves) / scale)

    def _slope(self, curves: Tensor) -> Tensor:
        """The gradient along the Hessian's eigenvectors: (b, P d)."""
        return (self.eigenvectors[curves].mT @ self.gradient[curves, :, None])[..., 0]

    def _rotate(self, curves: Tensor, along: Tensor) -> Tensor:
        return (self.eigenvectors[curves] @ along[..., None])[..., 0]

    def _excess(self, curves: Tensor) -> Tensor:
        """Half the squared Newton decrement, infinite where the Hessian is not definite: (b,)."""
        values = self.eigenvalues[curves]
        definite = values[:, 0] > 1e-10 * values[:, -1]
        excess = (self._slope(curves).square() / values).sum(-1) / 2
        return torch.where(definite, excess, torch.inf)

    def _tolerable(self, curves: Tensor) -> Tensor:
        """How far above its minimum an energy may be, and count as converged."""
        return self.tolerance * self.energy[curves].abs() + self.problem.objective.resolution

    def _predicted_gain(self, curves: Tensor, change: Tensor) -> Tensor:
        along = (self.eigenvectors[curves].mT @ change[..., None])[..., 0]
        bend = (self.eigenvalues[curves].abs() * along.square()).sum(-1)
        return -(self.gradient[curves] * change).sum(-1) - bend / 2

    def _adapt_damping(self, curves, accepted, gain, predicted) -> None:
        damping = self.damping[curves]
        scale = self.eigenvalues[curves].abs().mean(-1)
        good = accepted & (gain > 0.7 * predicted)
        poor = ~good & (~accepted | (gain < 0.25 * predicted))
        raised = torch.where(accepted, 2.0, 8.0) * damping.clamp(min=1e-2 * scale)
        lowered = torch.where(damping < 1e-3 * scale, 0, damping / 8)
        damping = torch.where(poor, raised, torch.where(good, lowered, damping))
        self.damping[curves] = damping
        self.finish(curves[damping > 1e12 * scale.clamp(min=1e-300)], STALLED)

    def _reduce(self, gradient: Tensor) -> Tensor:
        """A gradient in the inner points (b, N - 1, d), in whitened coordinates: (b, P d)."""
        return self._whiten((self.basis.T @ gradient).flatten(1)[..., None])[..., 0]

    def _whiten(self, rows: Tensor) -> Tensor:
        """R⁻¹ applied to the basis part of (b, P d, k)."""
        size = len(self.root)
        parts = rows.unflatten(1, (size, -1)).flatten(2)
        solved = torch.linalg.solve_triangular(self.root, parts, upper=False)
        return solved.unflatten(2, (-1, rows.shape[-1])).flatten(1, 2)

    def expanded(self, change: Tensor) -> Tensor:
        """Whitened coordinates (b, P d) back to weights (b, P, d)."""
        parts = change.unflatten(1, (len(self.root), -1))
        return torch.linalg.solve_triangular(self.root.T, parts, upper=True)


def project(basis: Tensor, hessian: Hessian) -> Tensor:
    """Φᵀ H Φ of block-tridiagonal H in the inner points: (b, P d, P d), basis index first."""
    diagonal = torch.einsum("np,nq,bnxy->bpxqy", basis, basis, hessian.diagonal)
    upper = torch.einsum("np,nq,bnxy->bpxqy", basis[:-1], basis[1:], hessian.upper)
    full = (diagonal + upper + upper.permute(0, 3, 4, 1, 2)).flatten(3, 4)
    return full.flatten(1, 2)


@dataclass(frozen=True)
class Adam:
    """The study's optimiser: a fixed number of steps on the whole batch."""

    learning_rate: float
    steps: int
    tolerance: float = 1e-6
    progress: Progress = _silent

    def solve(
        self, problem: Problem, weights: Tensor, estimate: Objective | None = None
    ) -> Solution:
        """Minimise from weights (B, P, d), following `estimate` in place of the exact energy.

        A curve whose energy is not finite goes back to where it last was, and stays there.
        """
        objective = estimate or problem.objective
        variables = weights.clone().requires_grad_()
        optimizer = torch.optim.Adam([variables], lr=self.learning_rate)
        finite = torch.ones(len(problem), dtype=torch.bool)
        last = weights.clone()
        history = []
        for step in range(self.steps + 1):
            energy = objective.energy(problem.points(variables))
            finite &= torch.isfinite(energy.detach())
            last[finite] = variables.detach()[finite]
            history.append(torch.where(finite, energy.detach(), torch.nan))
            if step % max(1, self.steps // 10) == 0:
                self.progress(f"step {step}: mean energy {history[-1].nanmean():.2f} nats")
            if step < self.steps:
                optimizer.zero_grad()
                energy[finite].sum().backward()
                optimizer.step()
        steps = torch.full((len(problem),), self.steps)
        return _judged(problem, weights, last, torch.stack(history, 1), steps, self.tolerance)


@dataclass(frozen=True)
class LBFGS:
    """L-BFGS with a strong Wolfe line search on the exact energy, one curve at a time."""

    learning_rate: float
    steps: int
    tolerance: float = 1e-6
    progress: Progress = _silent

    def solve(self, problem: Problem, weights: Tensor) -> Solution:
        """Minimise from weights (B, P, d), until a step changes nothing or all steps are taken."""
        history = torch.full((len(problem), self.steps + 1), torch.nan, dtype=torch.float64)
        steps = torch.zeros(len(problem), dtype=torch.long)
        found = weights.clone()
        for curve in range(len(problem)):
            energies, found[curve] = self._solve_one(problem.select([curve]), weights[[curve]])
            steps[curve] = len(energies) - 1
            history[curve, : len(energies)] = torch.tensor(energies, dtype=torch.float64)
            self.progress(f"curve {curve + 1} of {len(problem)}: {energies[-1]:.2f} nats")
        history = history[:, : int(steps.max()) + 1]
        return _judged(problem, weights, found, history, steps, self.tolerance)

    def _solve_one(self, problem: Problem, weights: Tensor) -> tuple[list[float], Tensor]:
        variables = weights.clone().requires_grad_()
        optimizer = torch.optim.LBFGS(
            [variables],
            lr=self.learning_rate,
            max_iter=1,
            max_eval=26,  # one iteration of torch's own: a line search has 25 evaluations
            line_search_fn="strong_wolfe",
        )

        def energy() -> Tensor:
            optimizer.zero_grad()
            value = problem.objective.energy(problem.points(variables)).sum()
            value.backward()
            return value

        energies, last = [energy().item()], weights
        while len(energies) <= self.steps and np.isfinite(energies[-1]):
            optimizer.step(energy)
            value = energy().item()
            if not np.isfinite(value):
                break
            unchanged = torch.equal(variables.detach(), last)
            last = variables.detach().clone()
            if unchanged:
                break
            energies.append(value)
        return energies, last[0]


def _judged(
    problem: Problem, start: Tensor, weights: Tensor, history: Tensor, steps: Tensor, tolerance
) -> Solution:
    """The solution that ends at weights, judged as a Newton solution would be."""
    end = _NewtonState(problem, weights, tolerance)
    end.finish(end.running, NOT_MINIMAL)
    with torch.no_grad():
        chunks = torch.arange(len(problem)).split(problem.objective.curves_at_once)
        initial = [
            part.objective.energy(part.points(start[curves]))
            for curves in chunks
            for part in [problem.select(curves)]
        ]
    return Solution(weights, end.energy, torch.cat(initial), history, steps, end.status)
