"""The study's estimate of the Fisher-Rao energy from sampled pairs of decoders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..decoders import places
from ..decoders.passes import natural_parameters
from ..likelihoods.base import Likelihood
from . import terms


@dataclass
class MonteCarloFisherRao:
    """New pairs of decoders at every call; for minimisers that follow gradients alone.

    Every curve has a random stream of its own, so that it does not depend on its batch. Only the
    decoders that were drawn for a point are evaluated there.
    """

    decoders: Sequence[nn.Module]
    likelihood: Likelihood
    samples: int
    generators: Sequence[torch.Generator]
    own: bool = False
    """Whether a step has the same decoder at both ends."""
    evaluations: int = 0

    def energy(self, points: Tensor) -> Tensor:
        """Energies of curves with points (B, N + 1, d), differentiable: (B,)."""
        decoder_count, segments = len(self.decoders), points.shape[1] - 1
        drawn_pairs = [
            sample_decoder_pairs(decoder_count, self.samples, segments, g) for g in self.generators
        ]
        first, second = torch.stack(drawn_pairs, 1)
        second = first if self.own else second
        parameters = []
        for k, decoder in enumerate(self.decoders):
            drawn = torch.zeros(points.shape[:2], dtype=torch.bool)
            drawn[:, :-1] |= (first == k).any(1)
            drawn[:, 1:] |= (second == k).any(1)
            self.evaluations += int(drawn.sum())
            eta = natural_parameters(decoder, self.likelihood.link, points[drawn])
            empty = eta.new_zeros(*drawn.shape, eta.shape[-1])
            parameters.append(empty.index_put(drawn.nonzero(as_tuple=True), eta))
        eta = torch.stack(parameters)
        return places.home(terms.monte_carlo_energy(self.likelihood, eta, first, second))


def sample_decoder_pairs(
    decoder_count: int, samples: int, segments: int, generator: torch.Generator
) -> Tensor:
    """Ordered pairs of different decoders, uniform: (2, samples, segments); one decoder: all 0."""
    if decoder_count == 1:
        return torch.zeros(2, samples, segments, dtype=torch.long)
    shape = (samples, segments)
    first = torch.randint(decoder_count, shape, generator=generator)
    offset = torch.randint(1, decoder_count, shape, generator=generator)
    return torch.stack([first, (first + offset) % decoder_count])
