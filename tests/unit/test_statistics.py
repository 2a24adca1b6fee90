"""Statistics on cases worked by hand."""

import numpy as np
import pandas as pd
import pytest
from latentgeo.statistics import coefficient_of_variation, proximity, variation


def test_coefficient_of_variation_by_hand():
    # mean 4, squared deviations 4 + 0 + 4, over n - 1 = 2: σ = 2
    assert coefficient_of_variation(np.array([2.0, 4.0, 6.0])) == pytest.approx(0.5)


def test_coefficient_of_variation_of_one_value_is_not_a_number():
    assert np.isnan(coefficient_of_variation(np.array([3.0])))


def test_variation_by_hand():
    geodesics = pd.DataFrame(
        {
            "vae": ["single"] * 3 + ["ensemble"] * 2,
            "pair": 0,
            "energy": [2.0, 4.0, 6.0, 1.0, 1.0],
            "length": [1.0, 2.0, 3.0, 5.0, 5.0],
            "converged": [True, False, True, True, True],
        }
    )
    table = variation(geodesics, ["energy", "length"]).set_index(["vae", "measure"])
    single = table.loc[("single", "energy")]
    assert single[["n", "mean", "std", "cv", "not_converged"]].tolist() == [3, 4.0, 2.0, 0.5, 1]
    assert table.loc[("ensemble", "length"), "cv"] == 0


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
