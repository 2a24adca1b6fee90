"""Variation on cases worked by hand."""

import numpy as np
import pandas as pd
import pytest
from latentgeo.io.csv import write_table
from latentgeo.statistics.counts import COUNTS
from latentgeo.statistics.variation import (
    coefficient_of_variation,
    interval,
    log_deviation,
    variation,
)


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
    logs = log_deviation(np.exp([1.0, 1.5]))
    assert logs == pytest.approx(0.5 / np.sqrt(2))
    low, high = interval(pd.Series([logs]), pd.Series([2]))
    z = {0.975: 2.241402727604945, 0.025: 0.03133798202142663}  # Φ(z) = (1 + quantile) / 2
    for found, quantile in ((low, 0.975), (high, 0.025)):
        assert found[0] == pytest.approx(np.sqrt(np.exp(0.125 / z[quantile] ** 2) - 1))


@pytest.mark.parametrize("values", [[3.0], [1.0, 0.0], [2.0, -1.0]])
def test_what_has_no_logarithm_or_no_deviation_has_no_interval(values):
    assert np.isnan(log_deviation(np.array(values)))


def covered(samples, cv):
    """The share of samples, (repetitions, n), whose interval holds the CV."""
    logs = pd.Series(np.log(samples).std(axis=1, ddof=1))
    low, high = interval(logs, pd.Series(samples.shape[1], logs.index))
    return ((low <= cv) & (cv <= high)).mean()


@pytest.mark.parametrize("n", [3, 5, 30])
@pytest.mark.parametrize("sigma", [0.1, 0.8])
def test_an_interval_covers_the_cv_of_log_normal_values(n, sigma):
    samples = np.random.default_rng(0).lognormal(1.0, sigma, (4000, n))
    assert covered(samples, np.sqrt(np.expm1(sigma**2))) == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize("n", [5, 30])
@pytest.mark.parametrize("cv", [0.1, 0.2])
def test_an_interval_nearly_covers_the_cv_of_normal_values(n, cv):
    samples = np.random.default_rng(1).normal(1.0, cv, (4000, n)).clip(1e-3)
    assert covered(samples, cv) == pytest.approx(0.95, abs=0.03)
