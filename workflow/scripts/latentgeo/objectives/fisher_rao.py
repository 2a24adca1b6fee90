"""The Fisher-Rao energy of curves under one decoder or several.

`terms` has the definitions. Energies and cumulants are always float64; decoders run in the
precision of their parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..decoders import places
from ..decoders.passes import POINTS_AT_ONCE, natural_parameters
from ..likelihoods.base import Likelihood
from . import terms
from .base import Ingredients, Streams
from .fisher_rao_expansion import FisherRaoExpansion
from .monte_carlo import MonteCarloFisherRao

EVALUATIONS_AT_ONCE = 2640
"""Decoder evaluations held in memory at once, about 0.1 MB each, ..."""
USUAL = 2 * 784
"""... where a Jacobian has so many numbers; of larger ones fewer are."""


BETWEEN, WITHIN = "between", "within"
"""How decoders are coupled at the two ends of a step: all pairs of different ones, or each with
itself."""


def make(ingredients: Ingredients) -> FisherRao:
    """The objective of the metric `fisher-rao`; it has no settings."""
    return FisherRao.of(ingredients)


@dataclass
class FisherRao:
    """The Fisher-Rao energy of curves under decoders, whose outputs the likelihood reads.

    Coupled `between` different decoders it is the study's energy; `within` each decoder it is that
    of the expected metric, the mean over decoders of Jᵀ V J. Of one decoder both are the same.
    `evaluations` counts the work done, in forward passes of one decoder at one point: 1 for a
    value, 1 more for a gradient, d more for a Hessian.
    """

    decoders: Sequence[nn.Module]
    likelihood: Likelihood
    coupling: str = BETWEEN
    numbers: int = USUAL
    """In a Jacobian at one point, for what is done at once."""
    evaluations: int = 0

    @classmethod
    def of(cls, ingredients: Ingredients, coupling: str = BETWEEN) -> FisherRao:
        """For decoders of images of any size: what is done at once fits into memory."""
        decoders, likelihood = ingredients.decoders, ingredients.likelihood
        with torch.no_grad():
            eta = natural_parameters(decoders[0], likelihood.link, ingredients.latents[:1])
        numbers = max(USUAL, eta.numel() * ingredients.latents.shape[1])
        return cls(decoders, likelihood, coupling, numbers)

    def curves_at_once(self, segments: int) -> int:
        points = min(POINTS_AT_ONCE, EVALUATIONS_AT_ONCE // len(self.decoders))
        return max(1, points * USUAL // self.numbers // (segments + 1))

    def decode(self, points: Tensor) -> Tensor:
        """Natural parameters of all decoders at points (..., d), float64: (M, ..., D)."""
        flat = points.reshape(-1, points.shape[-1])
        self.evaluations += len(self.decoders) * len(flat)
        link = self.likelihood.link
        eta = [natural_parameters(decoder, link, flat) for decoder in self.decoders]
        return torch.stack(eta).unflatten(1, points.shape[:-1])

    def energy(self, points: Tensor) -> Tensor:
        energy = terms.travel if self.coupling == WITHIN else terms.energy
        return places.home(energy(self.likelihood, self.decode(points)))

    def expand(self, points: Tensor) -> FisherRaoExpansion:
        mixed = self.coupling == BETWEEN and len(self.decoders) > 1
        return FisherRaoExpansion(self.decoders, self.likelihood, points, self._count, mixed)

    def measures(self, points: Tensor) -> dict[str, Tensor]:
        """Disagreement and travel in nats, lengths in √nats of points (B, N + 1, d): (B,) each.

        The length ∫ √(c'ᵀ Ḡ c') dt, with Ḡ the mean over decoders of Jᵀ V J, is taken by the
        trapezoidal rule on each segment's chord.
        """
        chunks = points.split(self.curves_at_once(points.shape[1] - 1))
        parts = [self._measures(part) for part in chunks]
        return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}

    def sampled(self, samples: int, streams: Streams) -> MonteCarloFisherRao:
        """The study's estimate of the energy, from new pairs of decoders at every call."""
        generators, own = streams("decoder pairs"), self.coupling == WITHIN
        return MonteCarloFisherRao(self.decoders, self.likelihood, samples, generators, own)

    @torch.no_grad()
    def _measures(self, points: Tensor) -> dict[str, Tensor]:
        expansion = self.expand(points)
        metric = expansion.metric()
        steps = points.diff(dim=1)[..., None]
        ends = metric[:, :-1], metric[:, 1:]
        squares = [(steps.mT @ g @ steps)[..., 0, 0].clamp(min=0) for g in ends]
        eta = torch.stack(expansion.eta)
        measures = {
            "disagreement": terms.disagreement(self.likelihood, eta),
            "travel": terms.travel(self.likelihood, eta),
            "length": (squares[0].sqrt() + squares[1].sqrt()).sum(-1) / 2,
            "published_length": terms.published_length(self.likelihood, eta),
        }
        return {name: places.home(values) for name, values in measures.items()}

    def _count(self, evaluations: int) -> None:
        self.evaluations += evaluations
