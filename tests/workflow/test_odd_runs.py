"""What the check of a configuration lets through runs to its end."""

import numpy as np
import pandas as pd
import pytest
import yaml
from project import SMALL_DATA, TINY, copy_project, write_small_data

pytestmark = pytest.mark.slow

SMALLEST = """
vaes: {only: 1, single: null, ensemble: null}
model: {hidden: 2, channels: 1}
training:
  seeds: 1
  single_decoder: {epochs: 1, batch_size: 100000}
  held_out: 100000
curves: {segments: 2, families: {polynomial: {degree: 2}, piecewise-linear: {pieces: 2}}}
grid: {nodes: 8}
solvers: {adam: {steps: 1, mc_samples: 1}}
pairs: {per_job: 1}
density: {bandwidth: 1.0e-3, epsilon: 1.0e-12}
experiments:
  geodesics: {pairs: 1}
  variation: {pairs: 1}
  proximity: {vae: only, pairs: 1, decoders: 1}
  starts: {vae: only, decoders: 1, pairs: 1}
  segments: {pairs: 1}
  contest: {pairs: 2}
"""

LONG_NAME = "a-name-of-sixty-characters-for-a-type-of-variational-autoenc"
FAMILIES = {f"p{d}": {"family": "polynomial", "degree": d} for d in range(2, 13)}
FAMILIES |= {f"s{k}": {"family": "cubic-spline", "pieces": k} for k in (2, 12)}
MANY = {
    "vaes": {LONG_NAME: 1, "b": 2, "C-3": 2, "single": None, "ensemble": None},
    "model": {"hidden": 4, "channels": 1},
    "training": {
        "seeds": 2,
        "single_decoder": {"epochs": 1, "batch_size": 64},
        "several_decoders": {"epochs": 1, "batch_size": 64},
    },
    "curves": {"segments": 12, "families": {**FAMILIES, "piecewise-linear": {"pieces": 12}}},
    "grid": {"nodes": 9},
    "solvers": {"adam": {"steps": 3}},
    "pairs": {"per_job": 1000},
    "experiments": {
        "geodesics": {"seed": 1, "pairs": 30},
        "variation": {"pairs": 20},
        "proximity": {"vae": "b", "pairs": 2, "decoders": 2, "orders": 2, "curves": [*FAMILIES]},
        "starts": {
            "vae": "b",
            "decoders": 1,
            "pairs": 3,
            "cold": {"polynomial": "graph", "piecewise-linear": None, "p12": "random"},
            "solvers": ["newton"],
        },
        "segments": {"pairs": 2, "segments": [12, 13]},
        "contest": {"pairs": 4},
    },
}


@pytest.mark.parametrize("settings", [yaml.safe_load(SMALLEST), MANY], ids=["smallest", "many"])
def test_an_odd_study_runs_to_its_end(settings, tmp_path):
    study = copy_project(tmp_path / "odd")
    write_small_data(study)
    (study.folder / "odd.yaml").write_text(yaml.safe_dump(settings))
    done = study.snakemake("--cores", "2", "--config", SMALL_DATA, config="odd.yaml")
    assert done.returncode == 0, done.stdout
    assert "Traceback" not in done.stdout and "Warning" not in done.stdout
    geodesics = pd.read_csv(study.folder / "results/tables/geodesics.csv")
    newton = geodesics[geodesics["solver"] == "newton"]
    assert np.isfinite(newton["energy"]).all()
    assert newton["converged"].mean() > 0.9
    assert study.would_run("--config", SMALL_DATA, config="odd.yaml") == {}


def test_what_is_drawn_of_starts_is_what_the_table_lists(spoilable):
    """Where other experiments solved the same curves for other pairs and decoders, too."""
    settings = {"starts": {"decoders": 2, "cold": {"polynomial": "graph"}}}
    (spoilable.folder / "starts.yaml").write_text(yaml.safe_dump({"experiments": settings}))

    arguments = [
        "--cores",
        "2",
        "--",
        "results/tables/starts.csv",
        "results/figures/starts-curves.png",
    ]

    done = spoilable.snakemake("--configfile", str(TINY), "starts.yaml", *arguments, config=None)
    assert done.returncode == 0, done.stdout
    starts = pd.read_csv(spoilable.folder / "results/tables/starts.csv")
    assert not starts.duplicated(["curve", "solver", "pair", "start"]).any()
    newton = starts.query("curve == 'polynomial' and solver == 'newton'")
    ends = newton.pivot(index="pair", columns="start", values="final_energy")
    np.testing.assert_allclose(ends["cold"], ends["hot"], rtol=0.2)
