"""What a solver is given: a batch of curves of one family under one objective."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..curves import Curves, Family, uniform_times
from ..objectives.base import Objective


@dataclass(frozen=True)
class Problem:
    """Curves from `start` to `end`, (B, d), with so many segments each."""

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

    def energies(self, weights: Tensor) -> Tensor:
        """Energies of the curves with weights (B, P, d), in nats: (B,)."""
        found = [
            part.objective.expand(part.points(own)).energy
            for part, own in ((self.select(curves), weights[curves]) for curves in self.chunks())
        ]
        return torch.cat([weights.new_zeros(0), *found])

    def chunks(self, curves: Tensor | None = None) -> tuple[Tensor, ...]:
        """The numbers of the curves, all of them or some, in parts that fit into memory."""
        curves = torch.arange(len(self)) if curves is None else curves
        return curves.split(self.objective.curves_at_once(self.segments))
