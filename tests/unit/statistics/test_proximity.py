"""Proximity on cases worked by hand."""

import numpy as np
import pandas as pd
import pytest
from latentgeo.statistics.intervals import of_mean
from latentgeo.statistics.proximity import by_decoders, proximity, spread


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


def geodesics(seeds, more):
    """Two pairs in each of some models, of 1 and 3 decoders under one metric, 3 under another."""
    rows = [
        {"seed": seed, "metric": metric, "decoders": count, "pair": pair, "scaled": scaled}
        for seed in range(seeds)
        for metric, count, shift in (("a", 1, 0.0), ("a", 3, -0.5), ("b", 3, more))
        for pair in (0, 1)
        for scaled in [2.0 + pair + shift * (1 + seed)]
    ]
    table = pd.DataFrame(rows).assign(vae="e", curve="c", converged=True, limit="none")
    return table.assign(proximity=table["scaled"] * 10, order=0)


def test_more_decoders_are_compared_with_one_pair_by_pair():
    found = by_decoders(geodesics(4, 0.25)).set_index(["metric", "decoders"])
    assert found["over"].unique().tolist() == ["models"]
    assert found.loc[("a", 1), ["n", "models", "mean", "scaled", "difference"]].tolist() == [
        *(8, 4),
        *(25, 2.5, 0),
    ]
    differences = -0.5 * np.arange(1, 5)
    expected = of_mean(differences)
    assert found.loc[("a", 3), ["difference", "low", "high"]].tolist() == pytest.approx(expected)
    other = of_mean(0.25 * np.arange(1, 5))  # with one decoder the other metric has no geodesics
    assert found.loc[("b", 3), ["difference", "low", "high"]].tolist() == pytest.approx(other)
    assert found.loc[("a", 3), "std"] == pytest.approx(
        np.std([10 * (2 + p - 0.5 * s) for p in (0, 1) for s in range(1, 5)], ddof=1)
    )


def test_of_several_orders_one_decoder_is_their_mean():
    table = geodesics(3, 0.25)
    one, three = table["decoders"] == 1, (table["decoders"] == 3) & (table["metric"] == "a")
    other = table[one].assign(order=1, scaled=table["scaled"] + 0.5)
    found = by_decoders(pd.concat([table, other])).set_index(["metric", "decoders"])
    assert found.loc[("a", 1), ["n", "models", "pairs", "orders"]].tolist() == [12, 3, 2, 2]
    assert found.loc[("a", 3), ["n", "models", "pairs", "orders"]].tolist() == [6, 3, 2, 1]
    assert found.loc[("a", 1), "difference"] == pytest.approx(0, abs=1e-12)
    differences = -0.5 * np.arange(1, 4) - 0.25  # one decoder is a half of a half farther away
    expected = of_mean(differences)
    assert found.loc[("a", 3), ["difference", "low", "high"]].tolist() == pytest.approx(expected)
    # three decoders in another order as well: a model's mean is over both
    again = table[three].assign(order=1, scaled=table["scaled"] - 0.1)
    found = by_decoders(pd.concat([table, other, again])).set_index(["metric", "decoders"])
    assert found.loc[("a", 3), ["n", "models", "pairs", "orders"]].tolist() == [12, 3, 2, 2]
    assert found.loc[("a", 3), "difference"] == pytest.approx(differences.mean() - 0.05)


def test_of_few_models_the_interval_is_over_pairs():
    table = geodesics(1, 1.0)
    table.loc[(table["metric"] == "b") & (table["pair"] == 1), "scaled"] += 0.5
    table.loc[0, ["converged", "limit"]] = False, "valley"
    found = by_decoders(table).set_index(["metric", "decoders"])
    assert found["over"].unique().tolist() == ["pairs"]
    expected = of_mean(np.array([1.0, 1.5]))
    assert found.loc[("b", 3), ["difference", "low", "high"]].tolist() == pytest.approx(expected)
    assert found.loc[("a", 1), ["not_converged", "not_lowest"]].tolist() == [1, 1]


def test_the_spread_is_that_of_latents_in_every_direction():
    latents = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0], [0.0, -2.0]])
    assert spread(latents) == pytest.approx(np.sqrt((0.5 + 2.0) / 2))
    assert spread(latents + np.array([5, -40])) == pytest.approx(
        spread(latents)
    )  # wherever they lie
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    assert spread(latents @ turn) == pytest.approx(spread(latents))
