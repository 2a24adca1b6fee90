"""Starts against one another, on a case worked by hand."""

import numpy as np
import pandas as pd
import pytest
from latentgeo.statistics.contests import against, contest
from latentgeo.statistics.intervals import of_ratio, of_share

ENERGY = {  # start, solver: final energies of three pairs
    ("line", "newton"): [10.0, 20.5, 31.0],
    ("hot", "newton"): [10.005, 20.0, 33.0],
    ("line", "adam"): [12.0, 25.0, 30.0],
}


def geodesics():
    rows = [
        {"start": start, "solver": solver, "pair": pair, "energy": energy, "steps": 3 + pair}
        for (start, solver), energies in ENERGY.items()
        for pair, energy in enumerate(energies)
    ]
    table = pd.DataFrame(rows).assign(vae="e", metric="m", curve="c", converged=True, limit="none")
    return table.assign(initial_energy=2 * table["energy"])


def test_the_best_known_is_of_all_starts_and_solvers():
    table = geodesics()
    table.loc[0, ["converged", "limit"]] = False, "segments"
    found = contest(table, ["line", "hot"]).set_index(["solver", "start"])
    line, hot = found.loc[("newton", "line")], found.loc[("newton", "hot")]
    assert [line["reached"], hot["reached"]] == pytest.approx([1 / 3, 2 / 3])
    assert (hot["reached"], hot["reached_low"], hot["reached_high"]) == of_share(2, 3)
    assert found.loc[("adam", "line"), "reached"] == pytest.approx(1 / 3)
    assert [line["excess_worst"], hot["excess_worst"]] == pytest.approx([1 / 30, 0.1])
    assert line["steps"] == 4 and line["n"] == 3
    initial = of_ratio(np.array([20 / 10, 41 / 20, 62 / 30]))
    assert tuple(line[["initial", "initial_low", "initial_high"]]) == pytest.approx(initial)
    assert line[["not_converged", "not_lowest"]].tolist() == [1, 1]
    assert list(found.index) == [("adam", "line"), ("newton", "line"), ("newton", "hot")]


def test_one_start_against_another_pair_by_pair():
    [row] = against(geodesics().query("solver == 'newton'"), "hot", "line", "energy").itertuples()
    expected = of_ratio(np.array([10.005 / 10, 20 / 20.5, 33 / 31]))
    assert (row.ratio, row.low, row.high) == pytest.approx(expected) and row.n == 3
