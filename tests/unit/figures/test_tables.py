"""The tables that figures 2 and 3 are drawn of count what did not converge, and leave none out."""

import numpy as np
import pandas as pd
import pytest
import scripts
from latentgeo.study.records import read
from synthetic import Results

PAIRS = 7
MISSED = [1, 4]
"""The pairs whose geodesics converged in no model."""


def tabulated(results, script, name, experiment, **files):
    files["geodesics"] = results.geodesics(*experiment.requests())
    path = results.folder / "table.csv"
    params = {"experiments": {name: experiment.described()}}
    scripts.run(script, files, params, scripts.Named(table=str(path)))
    return pd.read_csv(path)


def test_variation_is_over_all_models(tmp_path):
    results = Results(tmp_path, pairs=PAIRS)
    experiment = results.experiment(["single", "ensemble"], range(2), ["polynomial"])
    table = tabulated(results, "cv_table", "variation", experiment)
    assert len(table) == 2 * PAIRS * 6
    assert (table["n"] == 2).all()
    for count in ("not_converged", "not_lowest"):
        assert (table[count] == 2 * table["pair"].isin(MISSED)).all()


def test_proximity_is_over_all_pairs(tmp_path):
    results = Results(tmp_path, pairs=PAIRS)
    counts = {"ensemble": [1, 2, 3]}
    experiment = results.experiment(["ensemble"], range(1), ["polynomial"], decoder_counts=counts)
    latents = results.latents("ensemble", 0)
    table = tabulated(results, "proximity_table", "proximity", experiment, latents=[latents])
    assert table["decoders"].tolist() == [1, 2, 3]
    assert (table["n"] == PAIRS).all()
    for count in ("not_converged", "not_lowest"):
        assert (table[count] == len(MISSED)).all()


def test_contrasts_are_those_of_the_geodesics_by_loops(tmp_path):
    results = Results(tmp_path, pairs=PAIRS)
    experiment = results.experiment(["single", "ensemble"], range(4), ["polynomial"])
    results.geodesics(*experiment.requests())
    files = [str(path) for path in (tmp_path / "geodesics").rglob("*.npz")]
    path = tmp_path / "contrasts.csv"
    params = {"experiments": {"variation": experiment.described()}, "study_seed": 0}
    scripts.run("contrasts_table", {"geodesics": files}, params, scripts.Named(table=str(path)))
    table = pd.read_csv(path)
    measures = ["length", "energy", "disagreement", "travel", "published_length", "euclidean"]
    assert table["measure_a"].tolist() == [*measures, "length", "length"]
    assert table["measure_b"].tolist() == [*measures, "euclidean", "euclidean"]
    every = read(files, experiment.requests())
    for row in table.itertuples():
        cv = {}
        for side, vae, measure in (
            ("a", row.vae_a, row.measure_a),
            ("b", row.vae_b, row.measure_b),
        ):
            own = every[every["vae"] == vae]
            values = [own.loc[own["pair"] == pair, measure] for pair in range(PAIRS)]
            cv[side] = np.array([v.std(ddof=1) / v.mean() for v in values])
        ratios = cv["a"] / cv["b"]
        same = row.measure_a != row.measure_b
        assert same or (row.vae_a, row.vae_b) == ("single", "ensemble")
        assert row.pairs == PAIRS
        assert row.ratio == pytest.approx(np.exp(np.log(ratios).mean()), rel=1e-7)
        assert row.share_lower == pytest.approx((ratios < 1).mean())
        assert row.low < row.ratio < row.high
        assert 0 < row.p <= 1
    scripts.run(
        "contrasts_table", {"geodesics": files[::-1]}, params, scripts.Named(table=str(path))
    )
    pd.testing.assert_frame_equal(pd.read_csv(path), table)
