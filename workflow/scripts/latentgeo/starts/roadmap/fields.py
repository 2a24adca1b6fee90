"""What decoders say along the edges of a graph of landmarks.

An edge is divided into pieces. A piece of a step Δ has, with <·> the mean over pairs of decoders
k ≠ l (k = l if there is but one), the squared length

    |Δ|²_C = <(μ_k(z + Δ) − μ_k(z)) · (η_l(z + Δ) − η_l(z))>,

the symmetric Kullback-Leibler divergence without disagreement, and the disagreement D of its ends,
as `starts.grid.fields` has them. Where every decoder is coupled with itself alone (the fields whose
names begin with `own_`), k = l and there is no disagreement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ...decoders import places
from ...decoders.passes import natural_parameters
from ...likelihoods.base import Likelihood

PIECES = 4
"""Pieces of an edge; a single step between unlike images would look too short."""
EDGES_AT_ONCE = 64
"""Edges that are evaluated together."""


@dataclass(frozen=True)
class Edges:
    """Along E edges, row m - 1 for the first m decoders, in PIECES pieces: (M, E, PIECES) each.

    Lengths in √nats, disagreement in nats.
    """

    length: np.ndarray
    disagreement: np.ndarray
    own_length: np.ndarray

    def coupled(self, decoder_count: int, own: bool) -> tuple[np.ndarray, np.ndarray]:
        """Lengths and disagreement for the first decoders, (E, PIECES) each."""
        row = decoder_count - 1
        if own or decoder_count == 1:
            return self.own_length[row], np.zeros_like(self.own_length[row])
        return self.length[row], self.disagreement[row]


def evaluate_edges(
    decoders: Sequence[nn.Module], likelihood: Likelihood, start: np.ndarray, end: np.ndarray
) -> Edges:
    """What decoders say along the straight edges from start to end, (E, d) each."""
    shape = (len(decoders), len(start), PIECES)
    length, disagreement, own_length = torch.zeros(3, *shape, dtype=torch.float64)
    ends = torch.from_numpy(start).double(), torch.from_numpy(end).double()
    for chosen in torch.arange(len(start)).split(EDGES_AT_ONCE):
        points = _along(*(end[chosen] for end in ends))
        parts = _coupled(decoders, likelihood, points)
        for whole, part in zip((length, disagreement, own_length), parts, strict=True):
            whole[:, chosen] = part
    return Edges(*(part.numpy() for part in (length, disagreement, own_length)))


def _along(start: Tensor, end: Tensor) -> Tensor:
    """The ends of the pieces of edges, (e, d) each: (e, PIECES + 1, d)."""
    t = torch.linspace(0, 1, PIECES + 1, dtype=torch.float64)[:, None]
    return start[:, None] + t * (end - start)[:, None]


@torch.no_grad()
def _coupled(
    decoders: Sequence[nn.Module], likelihood: Likelihood, points: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Length, disagreement and own length of points (e, PIECES + 1, d): (M, e, PIECES) each."""
    sums, own, lengths, levels, own_lengths = None, 0, [], [], []
    products = 0  # of each decoder with itself, at points and of pieces, summed over the decoders
    for count, decoder in enumerate(decoders, 1):
        eta = natural_parameters(decoder, likelihood.link, points.flatten(0, 1))
        mean = likelihood.mean(eta)
        eta, mean = (values.unflatten(0, points.shape[:2]) for values in (eta, mean))
        sums = (mean, eta) if sums is None else (sums[0] + mean, sums[1] + eta)
        own = own + (mean * eta).sum(-1)
        products = products + (mean.diff(dim=1) * eta.diff(dim=1)).sum(-1)
        pairs = max(count * (count - 1), 1)
        level = own / count - ((sums[0] * sums[1]).sum(-1) - own) / pairs
        every = (sums[0].diff(dim=1) * sums[1].diff(dim=1)).sum(-1)
        between = (every - products) / pairs if count > 1 else products
        levels.append((level[:, 1:] + level[:, :-1]) / 2 if count > 1 else 0 * products)
        lengths.append(between.clamp(min=0).sqrt())
        own_lengths.append((products / count).clamp(min=0).sqrt())
    return tuple(places.home(torch.stack(part)) for part in (lengths, levels, own_lengths))
