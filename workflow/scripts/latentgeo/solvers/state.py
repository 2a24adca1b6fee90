"""Where every curve of a batch stands in a Newton minimisation."""

from __future__ import annotations

import torch
from torch import Tensor

from ..objectives.base import Expansion
from . import damping, verdict
from .coordinates import Coordinates, project
from .problem import Problem
from .solution import (
    ABANDONED,
    CONVERGED,
    FLAT,
    NOT_FINITE,
    RUNNING,
    SADDLE,
    STALLED,
)

WORTHWHILE = 1e-4
"""By which share lower than a known energy a rival curve must end to be of interest."""
HOPELESS_EXCESS = 3
"""A rival is given up when so many times its estimated excess would not make it the lowest."""


class NewtonState:
    """Weights, energies, gradients and Hessians of B curves; derivatives in `Coordinates`.

    The points' work arrays live for one chunk of curves only. A `hessian`, (B, P d, P d), that is
    nearly the energy's at the start saves evaluating it there; NaN where none is known.
    """

    def __init__(
        self, problem: Problem, weights: Tensor, tolerance: float, hessian: Tensor | None = None
    ):
        self.problem, self.tolerance, self.weights = problem, tolerance, weights
        count, size, dim = weights.shape
        unknowns = size * dim
        self.coordinates = Coordinates(problem.family.basis(problem.times)[1:-1])
        self.energy = torch.full((count,), torch.nan, dtype=torch.float64)
        self.resolution = torch.zeros(count, dtype=torch.float64)
        self.gradient = torch.zeros(count, unknowns, dtype=torch.float64)
        self.eigenvalues = torch.zeros(count, unknowns, dtype=torch.float64)
        self.eigenvectors = torch.zeros(count, unknowns, unknowns, dtype=torch.float64)
        self.damping = torch.zeros(count, dtype=torch.float64)
        self.steps = torch.zeros(count, dtype=torch.long)
        self.status = [RUNNING] * count
        self.running = torch.ones(count, dtype=torch.bool)
        self.guessed = torch.zeros(count, dtype=torch.bool)
        if hessian is not None:
            self.guessed = torch.isfinite(hessian).flatten(1).all(1)
        for curves in problem.chunks():
            self.evaluate(curves, hessian)

    def evaluate(self, curves: Tensor, hessian: Tensor | None) -> None:
        """Energy, gradient and Hessian where the curves are; a given Hessian is taken on trust."""
        given = self.guessed[curves] if hessian is not None else torch.zeros_like(curves).bool()
        expansion = self._expand(curves, self.weights[curves])
        self.energy[curves], self.resolution[curves] = expansion.energy, expansion.resolution
        finite = torch.isfinite(expansion.energy)
        self.finish(curves[~finite], NOT_FINITE)
        self.gradient[curves] = self.coordinates.gradient(expansion.gradient())
        self._take_hessian(curves, expansion, finite & ~given)
        if given.any():
            self._decompose(curves[given], hessian[curves[given]])

    def advance(self, curves: Tensor, step: int) -> None:
        """One trial step of some curves, accepted or not."""
        self.steps[curves] = step
        change = self._proposal(curves)
        trial = self.weights[curves] + self.coordinates.weights(change)
        expansion = self._expand(curves, trial)
        predicted = self._predicted_gain(curves, change)
        gain = self.energy[curves] - expansion.energy
        accepted = damping.is_accepted(
            self.energy[curves], expansion.energy, predicted, self.resolution[curves]
        )
        self._adapt_damping(curves, accepted, gain, predicted)
        misled = curves[~accepted & self.guessed[curves]]
        if len(misled):
            self.evaluate(misled, None)
        moved = curves[accepted]
        if not len(moved):
            return
        self.weights[moved] = trial[accepted]
        self.energy[moved] = expansion.energy[accepted]
        self.resolution[moved] = expansion.resolution[accepted]
        self.gradient[moved] = self.coordinates.gradient(expansion.gradient())[accepted]
        # where the last Hessian already shows the minimum beyond doubt, the new one is not needed
        certain = accepted.clone()
        certain[accepted] = self._excess(moved) < self._tolerable(moved) * verdict.BEYOND_DOUBT
        certain &= ~self.guessed[curves]
        certain &= predicted <= verdict.NEARBY * self.energy[curves].abs()
        self.finish(curves[certain], CONVERGED)
        self._take_hessian(curves, expansion, accepted & ~certain)

    def abandon_hopeless(self, owner: Tensor, known: Tensor | None = None) -> None:
        """Finish curves that will hardly become the lowest of their owner's, (B,) numbers.

        `known` are energies that the owners have already.
        """
        energy = self.energy.nan_to_num(nan=torch.inf)
        lowest = torch.full((int(owner.max()) + 1,), torch.inf, dtype=torch.float64)
        if known is not None:
            lowest = known * (1 - WORTHWHILE)
        lowest.scatter_reduce_(0, owner, energy, "amin")
        everyone = torch.arange(len(owner))
        hopeless = energy - HOPELESS_EXCESS * self._excess(everyone) > lowest[owner]
        self.finish(everyone[self.running & hopeless], ABANDONED)

    def finish(self, curves: Tensor, status: str) -> None:
        """Take curves, numbers or a mask, out of the batch."""
        for curve in torch.arange(len(self.status))[curves].tolist():
            self.status[curve] = status
        self.running[curves] = False

    def _expand(self, curves: Tensor, weights: Tensor) -> Expansion:
        problem = self.problem.select(curves)
        return problem.objective.expand(problem.points(weights))

    def _take_hessian(self, curves: Tensor, expansion: Expansion, chosen: Tensor) -> None:
        """Take in the Hessian of the chosen curves, and finish those that are at a minimum."""
        if not chosen.any():
            return
        hessian = project(self.coordinates.basis, expansion.hessian(chosen))
        curves = self._decompose(curves[chosen], hessian)
        self.guessed[curves] = False
        energy = self.energy[curves]
        done = self._excess(curves) <= self._tolerable(curves)
        done |= verdict.is_nothing(energy, self.resolution[curves])
        self.finish(curves[done], CONVERGED)
        gain = self._predicted_gain(curves, self._proposal(curves))
        stuck = ~done & verdict.is_stuck(gain, energy)
        flat = verdict.is_singular(self.eigenvalues[curves])
        self.finish(curves[stuck & flat], FLAT)
        self.finish(curves[stuck & ~flat], SADDLE)

    def _decompose(self, curves: Tensor, hessian: Tensor) -> Tensor:
        """Keep eigenvalues and eigenvectors of Hessians (b, P d, P d); which curves have any."""
        hessian = self.coordinates.hessian(hessian)
        finite = torch.isfinite(hessian).all(-1).all(-1)
        self.finish(curves[~finite], NOT_FINITE)
        curves, hessian = curves[finite], hessian[finite]
        values, vectors = torch.linalg.eigh((hessian + hessian.mT) / 2)
        self.eigenvalues[curves], self.eigenvectors[curves] = values, vectors
        return curves

    def _proposal(self, curves: Tensor) -> Tensor:
        """The damped Newton step in the coordinates: (b, P d)."""
        along = damping.step_along(
            self._slope(curves), self.eigenvalues[curves], self.damping[curves]
        )
        return (self.eigenvectors[curves] @ along[..., None])[..., 0]

    def _slope(self, curves: Tensor) -> Tensor:
        """The gradient along the Hessian's eigenvectors: (b, P d)."""
        return (self.eigenvectors[curves].mT @ self.gradient[curves, :, None])[..., 0]

    def _excess(self, curves: Tensor) -> Tensor:
        return verdict.excess(self._slope(curves), self.eigenvalues[curves])

    def _tolerable(self, curves: Tensor) -> Tensor:
        return verdict.tolerable(self.energy[curves], self.tolerance, self.resolution[curves])

    def _predicted_gain(self, curves: Tensor, change: Tensor) -> Tensor:
        """What the quadratic model, with absolute eigenvalues, says that a change gains: (b,)."""
        along = (self.eigenvectors[curves].mT @ change[..., None])[..., 0]
        rise = (self.eigenvalues[curves].abs() * along.square()).sum(-1)
        return -(self.gradient[curves] * change).sum(-1) - rise / 2

    def _adapt_damping(
        self, curves: Tensor, accepted: Tensor, gain: Tensor, predicted: Tensor
    ) -> None:
        curvature = self.eigenvalues[curves].abs().mean(-1)
        adapted = damping.adapted(self.damping[curves], accepted, gain, predicted, curvature)
        self.damping[curves] = adapted
        self.finish(curves[damping.is_hopeless(adapted, curvature)], STALLED)
