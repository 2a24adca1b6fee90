"""What a solver asks of an energy: values, derivatives in the inner points, and measures.

A curve is given by its points z_0 ... z_N in latent space, (N + 1, d). How many segments it has is
the problem's to say; an objective takes curves of any number of points.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from ..likelihoods.base import Likelihood


class Hessian(NamedTuple):
    """The block-tridiagonal second derivative of a batch of energies in their inner points."""

    diagonal: Tensor
    """∂²E/∂z_i², (B, N - 1, d, d)."""
    upper: Tensor
    """∂²E/∂z_i∂z_{i+1}, (B, N - 2, d, d)."""


class Expansion(Protocol):
    """Energies at given points, (B, N + 1, d), and their derivatives in the inner points."""

    energy: Tensor
    """(B,)"""
    resolution: Tensor
    """Energies closer than this are the same: what rounding leaves of them, (B,)."""

    def gradient(self) -> Tensor:
        """∂E/∂z_i, (B, N - 1, d)."""

    def hessian(self, curves: Tensor) -> Hessian:
        """Second derivatives of the curves that a mask, (B,), selects."""


Streams = Callable[[str], Sequence[torch.Generator]]
"""Random generators, one a curve, for a purpose that has a name."""


class Objective(Protocol):
    """An energy of curves with points (B, N + 1, d); a discretised metric or a like functional."""

    def curves_at_once(self, segments: int) -> int:
        """How many curves of so many segments fit into the memory budget."""

    def energy(self, points: Tensor) -> Tensor:
        """Energies, differentiable: (B,)."""

    def expand(self, points: Tensor) -> Expansion:
        """The energies with gradient and Hessian on demand."""

    def measures(self, points: Tensor) -> dict[str, Tensor]:
        """What is reported of curves beside their energy, by the names of the tables: (B,) each."""

    def sampled(self, samples: int, streams: Streams) -> Objective:
        """An estimate of the energy from random samples; itself where there is nothing to draw."""


@dataclass(frozen=True)
class Ingredients:
    """What the objective of a metric may be made of."""

    decoders: Sequence[nn.Module]
    likelihood: Likelihood
    latents: Tensor
    """Posterior means of the training images, (n, d), float64."""
