"""A model's landmarks with what its decoders say between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import nn

from ...likelihoods.base import Likelihood
from ..ways import Path
from .fields import Edges, evaluate_edges
from .landmarks import COUNT, choose, near
from .ways import Graph


@dataclass(frozen=True)
class Roadmap:
    """Landmarks (L, d), edges between them (E, 2), and what decoders say along these, `Edges`."""

    positions: np.ndarray
    edges: np.ndarray
    length: np.ndarray
    disagreement: np.ndarray
    own_length: np.ndarray

    def ways(
        self,
        decoders: Sequence[nn.Module],
        likelihood: Likelihood,
        own: bool,
        start: np.ndarray,
        end: np.ndarray,
        steps: int,
    ) -> list[list[Path]]:
        """Ways between points, (B, d) both, for the first of the model's decoders."""
        graph = self._joined(decoders, likelihood, own, np.concatenate([start, end]))
        first = len(self.positions)
        pairs = [(first + n, first + len(start) + n) for n in range(len(start))]
        return [graph.ways(*pair, steps) for pair in pairs]

    def _joined(
        self,
        decoders: Sequence[nn.Module],
        likelihood: Likelihood,
        own: bool,
        points: np.ndarray,
    ) -> Graph:
        """The graph with further points (n, d) as its last nodes."""
        nearest = near(points, self.positions)
        numbers = np.repeat(len(self.positions) + np.arange(len(points)), nearest.shape[1])
        added = np.stack([nearest.ravel(), numbers], axis=1)
        positions = np.concatenate([self.positions, points])
        further = evaluate_edges(decoders, likelihood, *positions[added].swapaxes(0, 1))
        known = Edges(self.length, self.disagreement, self.own_length)
        parts = [edges.coupled(len(decoders), own) for edges in (known, further)]
        length, level = (np.concatenate(part) for part in zip(*parts, strict=True))
        return Graph(positions, np.concatenate([self.edges, added]), length, level)


def make_roadmap(
    decoders: Sequence[nn.Module],
    likelihood: Likelihood,
    latents: np.ndarray,
    seed: int = 0,
    count: int = COUNT,
) -> Roadmap:
    """The roadmap of so many landmarks among latents (n, d)."""
    landmarks = choose(latents, seed, count)
    ends = landmarks.positions[landmarks.edges].swapaxes(0, 1)
    edges = evaluate_edges(decoders, likelihood, *ends)
    return Roadmap(landmarks.positions, landmarks.edges, **vars(edges))
