"""What a contestant leaves of each curve: how much work it had cost at which exact energy.

The clock is CPU time of the process, on one thread; it stands still while a trace is written and
while an energy is evaluated that the contestant itself does not ask for. A batch's costs are
divided equally among its curves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import process_time

import numpy as np
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
    weights: Tensor
    """Of the curve that it ends with, (P, d)."""
    action: float = np.inf
    """Of that curve, see `minima`."""

    def reached(self, energy: float) -> int | None:
        """The first entry at or below an energy."""
        below = np.flatnonzero(self.energy <= energy)
        return int(below[0]) if len(below) else None


LEVELS = {"1pct": 0.01, "0.1pct": 0.001}
"""Shares above the best at which costs are read."""


def costs(trace: Trace, best: float, *clocks: str) -> dict[str, float]:
    """What a trace's clocks, `cpu` or `evaluations`, showed at each level; NaN if never reached."""
    found = {}
    for level, tolerance in LEVELS.items():
        at = trace.reached(best * (1 + tolerance))
        for clock in clocks:
            found[f"{clock}_{level}"] = np.nan if at is None else getattr(trace, clock)[at]
    return found


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

    def traces(self, weights: Tensor, steps: int, converged: bool = False) -> list[Trace]:
        """Of curves that end with weights (B, P, d)."""
        cpu, evaluations = np.array(self.cpu), np.array(self.evaluations)
        curves = zip(np.stack(self.energy, axis=1), weights.detach().double(), strict=True)
        return [Trace(cpu, evaluations, energy, steps, converged, w) for energy, w in curves]


@dataclass(frozen=True)
class Budget:
    """Where a contestant stops at the latest, for each of its batches."""

    steps: int
    cpu: float = np.inf


def charged(traces: list[Trace], cpu: float, evaluations: float) -> list[Trace]:
    """Traces of curves that each had cost something before they began."""
    return [replace(t, cpu=t.cpu + cpu, evaluations=t.evaluations + evaluations) for t in traces]
