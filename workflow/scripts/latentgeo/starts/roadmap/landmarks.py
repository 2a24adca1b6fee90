"""Landmarks: some of the latents, near all of them, and which are neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

COUNT = 1500
"""How many landmarks there are, where there are as many latents."""
NEIGHBOURS = 12
"""To how many of the nearest others a landmark is joined, ..."""
JOINED = 16
"""... and a curve's end."""
LARGEST = 6000
"""Latents that are looked at: more take long and change little."""


@dataclass(frozen=True)
class Landmarks:
    """Positions (L, d) and edges (E, 2), numbers of landmarks, each once."""

    positions: np.ndarray
    edges: np.ndarray


def choose(latents: np.ndarray, seed: int, count: int = COUNT) -> Landmarks:
    """Landmarks for latents (n, d), each drawn by its squared distance from those before it.

    Source: Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", 2007.
    """
    noise = np.random.default_rng(seed)
    latents = np.unique(np.asarray(latents, dtype=float), axis=0)
    some = latents[np.sort(noise.permutation(len(latents))[:LARGEST])]
    chosen = [0]
    gaps = np.square(some - some[0]).sum(axis=1)
    while len(chosen) < min(count, len(some)):
        chosen.append(int(np.searchsorted(gaps.cumsum(), noise.random() * gaps.sum(), "right")))
        gaps = np.minimum(gaps, np.square(some - some[chosen[-1]]).sum(axis=1))
    positions = some[np.sort(chosen)]
    return Landmarks(positions, neighbours(positions))


def neighbours(positions: np.ndarray) -> np.ndarray:
    """Pairs of positions (L, d), the first the lower number, of which one is near the other."""
    nearest = near(positions, positions, NEIGHBOURS + 1)
    numbers = np.repeat(np.arange(len(positions)), nearest.shape[1])
    pairs = np.sort(np.stack([numbers, nearest.ravel()], axis=1), axis=1)
    return np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)


def near(points: np.ndarray, positions: np.ndarray, count: int = JOINED) -> np.ndarray:
    """The numbers of the positions (L, d) that are nearest to points (n, d): (n, count)."""
    count = min(count, len(positions))
    return KDTree(positions).query(points, k=list(range(1, count + 1)))[1]
