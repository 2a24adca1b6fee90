"""What a solver gives back: curves, their energies, and whether each converged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

Progress = Callable[[str], None]

CONVERGED = "converged"
RUNNING = "running"
STEP_LIMIT = "step limit"
STALLED = "stalled: no step lowers the energy"
FLAT = "flat: the Hessian is singular"
SADDLE = "saddle: the Hessian is indefinite"
NOT_FINITE = "the energy is not finite"
ABANDONED = "abandoned: another start is lower"
NOT_MINIMAL = "stopped above the minimum"


def silent(message: str) -> None:
    """Progress that nobody asked for."""


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
        width = max(int(steps.max()) + 1, self.history.shape[1])  # rivals may have gone on longer
        history = torch.full((len(steps), width), torch.nan, dtype=torch.float64)
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


def lowest(energies: Tensor, owner: Tensor) -> Tensor:
    """The position of each owner's lowest energy; energies and owner (C,), owners 0 ... B - 1."""
    ordered = energies.nan_to_num(nan=torch.inf).argsort(stable=True).tolist()
    best: dict[int, int] = {}
    for position in ordered:
        best.setdefault(int(owner[position]), position)
    return torch.tensor([best[pair] for pair in sorted(best)], dtype=torch.long)
