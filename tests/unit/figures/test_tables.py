"""The tables that figures 2 and 3 are drawn of count what did not converge, and leave none out."""

import pandas as pd
import scripts
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
    assert len(table) == 2 * PAIRS * 5
    assert (table["n"] == 2).all()
    for count in ("not_converged", "not_lowest"):
        assert (table[count] == 2 * table["pair"].isin(MISSED)).all()


def test_proximity_is_over_all_pairs(tmp_path):
    results = Results(tmp_path, pairs=PAIRS)
    counts = {"ensemble": [1, 2, 3]}
    experiment = results.experiment(["ensemble"], range(1), ["polynomial"], decoder_counts=counts)
    latents = results.latents("ensemble", 0)
    table = tabulated(results, "proximity_table", "proximity", experiment, latents=latents)
    assert table["decoders"].tolist() == [1, 2, 3]
    assert (table["n"] == PAIRS).all()
    for count in ("not_converged", "not_lowest"):
        assert (table[count] == len(MISSED)).all()
