"""How close geodesics stay to the data."""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree


def proximity(points: np.ndarray, latents: np.ndarray) -> np.ndarray:
    """The largest distance from a point of a curve to its nearest latent, max_t min_n ‖c(t) - x_n‖.

    Shapes: points (B, T, d), latents (n, d); result (B,). In units of the latent space.
    Source: the study, part B (printed with min_t, which is 0 for curves between latents).
    """
    distances, _ = KDTree(latents).query(points.reshape(-1, points.shape[-1]))
    return distances.reshape(points.shape[:2]).max(axis=1)
