"""Variation on cases worked by hand."""

import numpy as np
import pandas as pd
import pytest
from latentgeo.io.csv import write_table
from latentgeo.statistics.counts import COUNTS
from latentgeo.statistics.variation import coefficient_of_variation, interval, variation


def test_coefficient_of_variation_by_hand():
    # mean 4, squared deviations 4 + 0 + 4, over n - 1 = 2: σ = 2
    assert coefficient_of_variation(np.array([2.0, 4.0, 6.0])) == pytest.approx(0.5)


def test_coefficient_of_variation_of_one_value_is_not_a_number():
    assert np.isnan(coefficient_of_variation(np.array([3.0])))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("values", [[0.0, 0.0, 0.0], [-1.0, 0.0, 1.0], [0.0]])
def test_coefficient_of_variation_of_a_mean_of_zero_is_not_a_number(values):
    assert np.isnan(coefficient_of_variation(np.array(values)))


@pytest.mark.filterwarnings("error")
def test_a_measure_that_is_zero_everywhere_has_no_coefficient_in_the_table(tmp_path):
    table = pd.DataFrame({"vae": "single", "pair": [0, 0], "energy": 0.0, "converged": True})
    table = table.assign(limit="none", metric="fisher-rao", decoders=1, curve="polynomial")
    write_table(variation(table, ["energy"]), str(tmp_path / "cv.csv"))
    row = (tmp_path / "cv.csv").read_text().splitlines()[1]
    assert row == "single,1,fisher-rao,polynomial,0,energy,2,0,0,,,,,0,0"


def test_variation_by_hand():
    geodesics = pd.DataFrame(
        {
            "vae": ["single"] * 3 + ["ensemble"] * 2,
            "decoders": 4,
            "metric": "fisher-rao",
            "curve": "polynomial",
            "pair": 0,
            "energy": [2.0, 4.0, 6.0, 1.0, 1.0],
            "length": [1.0, 2.0, 3.0, 5.0, 5.0],
            "converged": [True, False, True, True, True],
            "limit": ["none", "none", "valley", "segments", "family"],
        }
    )
    table = variation(geodesics, ["energy", "length"]).set_index(["vae", "measure"])
    single = table.loc[("single", "energy")]
    columns = ["n", "mean", "std", "cv", "cv_corrected", *COUNTS]
    assert single[columns].tolist() == [3, 4.0, 2.0, 0.5, pytest.approx(0.5 * 13 / 12), 1, 1]
    assert table.loc[("ensemble", "length"), "not_lowest"] == 1
    assert table.loc[("ensemble", "length"), "cv"] == 0


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("vae", ["a", "b"]),
        ("decoders", [1, 3]),
        ("metric", ["fisher-rao", "fisher-rao-within"]),
        ("curve", ["polynomial", "spline"]),
    ],
)
def test_groups_are_apart(name, values):
    same = {"vae": "a", "decoders": 3, "metric": "fisher-rao", "curve": "spline"}
    table = pd.DataFrame(same | {name: values * 2, "pair": 0, "energy": [1.0, 10.0, 3.0, 30.0]})
    found = variation(table.assign(converged=True, limit="none"), ["energy"])
    assert found[name].tolist() == values
    assert found["mean"].tolist() == [2.0, 20.0]
    assert found["n"].tolist() == [2, 2]


def test_an_interval_by_hand():
    """With two values χ² has one degree of freedom: it is the square of a normal number."""
    low, high = interval(pd.Series([0.3]), pd.Series([2]))
    # Φ(z) = (1 + quantile) / 2
    assert low[0] == pytest.approx(0.3 / 2.241402727604945)
    assert high[0] == pytest.approx(0.3 / 0.03133798202142663)
    low, high = interval(pd.Series([0.2, np.nan]), pd.Series([3, 1]))
    # χ² of two degrees of freedom has the quantiles -2 log(1 - q)
    assert low[0] == pytest.approx(0.2 * np.sqrt(2 / (-2 * np.log(0.025))))
    assert high[0] == pytest.approx(0.2 * np.sqrt(2 / (-2 * np.log(0.975))))
    assert np.isnan(low[1]) and np.isnan(high[1])


def covered(samples, true):
    """The share of samples, (repetitions, n), whose interval holds the CV."""
    cv = pd.Series(samples.std(axis=1, ddof=1) / samples.mean(axis=1))
    low, high = interval(cv, pd.Series(samples.shape[1], cv.index))
    return ((low <= true) & (true <= high)).mean()


@pytest.mark.parametrize("n", [3, 5, 20, 30])
@pytest.mark.parametrize("cv", [0.1, 0.3])
def test_an_interval_covers_what_it_says(n, cv):
    """And what it says where it does not: of far-off values there are too few in a sample."""
    random, sigma = np.random.default_rng(0), np.sqrt(np.log1p(cv**2))
    assert 0.91 < covered(random.lognormal(0, sigma, (6000, n)), cv) < 0.965
    assert 0.91 < covered(random.normal(1, cv, (6000, n)), cv) < 0.965


@pytest.mark.parametrize("n, told", [(5, 0.94), (20, 0.77)])
def test_an_interval_of_a_large_cv_covers_less(n, told):
    samples = np.random.default_rng(0).lognormal(0, 0.8, (6000, n))
    assert covered(samples, np.sqrt(np.expm1(0.64))) == pytest.approx(told, abs=0.02)
