"""Proximity on cases worked by hand."""

import numpy as np
from latentgeo.statistics.proximity import proximity


def test_proximity_by_hand():
    latents = np.array([[0.0, 0.0], [4.0, 0.0]])
    curve = np.array([[0.0, 0.0], [2.0, 0.0], [4.0, 1.0]])  # nearest: 0, 2 and 1 away
    above = curve + np.array([0.0, 3.0])  # 3, √13 and 4 away
    np.testing.assert_allclose(proximity(np.stack([curve, above]), latents), [2.0, 4.0])


def test_proximity_against_all_distances():
    rng = np.random.default_rng(0)
    points, latents = rng.normal(size=(4, 9, 2)), rng.normal(size=(50, 2))
    every = np.linalg.norm(points[:, :, None] - latents, axis=-1)
    np.testing.assert_allclose(proximity(points, latents), every.min(2).max(1))
