"""Intervals cover what they say, and agree with scipy's."""

import numpy as np
import pytest
from latentgeo.statistics.intervals import of_mean, of_ratio, of_share
from scipy import stats


def test_the_interval_of_a_mean_is_that_of_a_t_test():
    values = np.array([1.0, 4.0, 2.5, 3.0])
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert of_mean(values) == pytest.approx((2.625, expected.low, expected.high))


@pytest.mark.filterwarnings("error")
def test_one_value_has_no_interval_and_none_has_no_mean():
    assert of_mean(np.array([3.0]))[0] == 3 and np.isnan(of_mean(np.array([3.0]))[1:]).all()
    assert np.isnan(of_mean(np.array([]))).all()


def test_the_mean_of_ratios_is_geometric():
    found = of_ratio(np.array([0.5, 2.0, 4.0]))
    assert found.estimate == pytest.approx(4 ** (1 / 3))
    assert found.low < found.estimate < found.high
    inverse = of_ratio(1 / np.array([0.5, 2.0, 4.0]))
    assert inverse == pytest.approx((1 / found.estimate, 1 / found.high, 1 / found.low))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, np.inf])
def test_of_what_is_not_positive_there_is_no_ratio(wrong):
    assert np.isnan(of_ratio(np.array([1.0, wrong]))).all()


def test_shares_by_wilson():
    hits, n, z = 8, 10, stats.norm.ppf(0.975)
    middle = (hits / n + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(0.8 * 0.2 / n + z**2 / (4 * n**2))
    assert of_share(hits, n) == pytest.approx((0.8, middle - half, middle + half))
    assert of_share(5, 5).high == 1 and of_share(0, 5).low == 0


def test_the_interval_of_a_mean_covers_what_it_says():
    values = np.random.default_rng(0).normal(2.0, 3.0, size=(4000, 6))
    found = np.array([of_mean(row) for row in values])
    covered = (found[:, 1] <= 2) & (found[:, 2] >= 2)
    assert 0.94 <= covered.mean() <= 0.96
