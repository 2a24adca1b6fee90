"""A damped Newton method on the exact energy, all curves of a batch at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..objectives.base import Streams
from .escapes import bowed
from .problem import Problem
from .solution import STEP_LIMIT, Progress, Solution, lowest, silent
from .state import WORTHWHILE, NewtonState

ESCAPES = 4
"""How many escapes there are from a minimum, in two dimensions."""


def make(settings: Mapping[str, Any], streams: Streams, progress: Progress) -> Newton:
    """The solver of the method `newton`; it draws nothing."""
    return Newton(**settings, progress=progress)


@dataclass(frozen=True)
class Newton:
    """Damped Newton, each curve with its own damping; changes the weights of a family's basis.

    The step is taken in the metric Φᵀ Φ of the basis (`coordinates`), with the absolute values of
    the Hessian's eigenvalues and Levenberg-Marquardt damping (`damping`). A curve is finished when
    its estimated excess is below `tolerance` of its energy (`verdict`); it then leaves the batch.
    So does a curve that cannot become the lowest of its owner's, by three times that estimate.

    A minimum is a local one. With `escapes` the minimisation is repeated from so many curves
    around each minimum (`escapes.bowed`), and the lowest end is kept; `search` does so around some.
    """

    tolerance: float = 1e-6
    max_steps: int = 100
    escapes: int = 0
    progress: Progress = silent

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
        state = NewtonState(problem, weights.clone(), self.tolerance, hessian)
        if owner is None:
            owner = torch.arange(len(problem))
        solution = self._minimise(state, owner)
        best = lowest(solution.energy, owner)
        return self._escape(problem, solution, best, self.escapes)

    def search(self, problem: Problem, solution: Solution, curves: Tensor) -> Solution:
        """The solution after all escapes from some of its curves, by number, if not done before."""
        if self.escapes >= ESCAPES:
            return solution
        return self._escape(problem, solution, curves, ESCAPES)

    def _minimise(self, state: NewtonState, owner: Tensor, known: Tensor | None = None) -> Solution:
        """Take steps until all curves are finished; `known` are the owners' energies so far."""
        energies = [state.energy.clone()]
        for step in range(1, self.max_steps + 1):
            state.abandon_hopeless(owner, known)
            if not state.running.any():
                break
            for curves in state.problem.chunks(state.running.nonzero()[:, 0]):
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

    def _escape(self, problem: Problem, solution: Solution, best: Tensor, escapes: int) -> Solution:
        """The solution, with some curves, by number, taken on where an escape ended lower."""
        best = best[torch.from_numpy(solution.converged)[best]]
        if not (escapes and len(best)):
            return solution
        around = bowed(problem.select(best), solution.weights[best])[:escapes]
        if not len(around):
            return solution
        owner = torch.arange(len(best)).repeat(len(around))
        trials = problem.select(best.repeat(len(around)))
        state = NewtonState(trials, around.flatten(0, 1), self.tolerance)
        found = self._minimise(state, owner, solution.energy[best])
        lower = lowest(found.energy, owner)
        gained = found.energy[lower] < solution.energy[best] * (1 - WORTHWHILE)
        return solution.continued(best[gained], found.select(lower[gained]))
