"""Variation on cases worked by hand."""

import numpy as np
import pandas as pd
import pytest
from latentgeo.io.csv import write_table
from latentgeo.statistics.variation import coefficient_of_variation, variation


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
    table = table.assign(limit="none", metric="fisher-rao")
    write_table(variation(table, ["energy"]), str(tmp_path / "cv.csv"))
    row = (tmp_path / "cv.csv").read_text().splitlines()[1]
    assert row == "single,fisher-rao,0,energy,2,0,0,,0,0"


def test_variation_by_hand():
    geodesics = pd.DataFrame(
        {
            "vae": ["single"] * 3 + ["ensemble"] * 2,
            "metric": "fisher-rao",
            "pair": 0,
            "energy": [2.0, 4.0, 6.0, 1.0, 1.0],
            "length": [1.0, 2.0, 3.0, 5.0, 5.0],
            "converged": [True, False, True, True, True],
            "limit": ["none", "none", "valley", "segments", "family"],
        }
    )
    table = variation(geodesics, ["energy", "length"]).set_index(["vae", "measure"])
    single = table.loc[("single", "energy")]
    columns = ["n", "mean", "std", "cv", "not_converged", "not_lowest"]
    assert single[columns].tolist() == [3, 4.0, 2.0, 0.5, 1, 1]
    assert table.loc[("ensemble", "length"), "not_lowest"] == 1
    assert table.loc[("ensemble", "length"), "cv"] == 0


def test_metrics_are_apart():
    table = pd.DataFrame(
        {
            "vae": "ensemble",
            "metric": ["fisher-rao", "fisher-rao-within"] * 2,
            "pair": 0,
            "energy": [1.0, 10.0, 3.0, 30.0],
            "converged": True,
            "limit": "none",
        }
    )
    found = variation(table, ["energy"])
    assert found["metric"].tolist() == ["fisher-rao", "fisher-rao-within"]
    assert found["mean"].tolist() == [2.0, 20.0]
    assert found["n"].tolist() == [2, 2]
