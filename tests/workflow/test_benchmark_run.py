"""The benchmark on the tiny study's models, from models to figure."""

import subprocess
import sys

import pandas as pd
import pytest
from project import PROJECT


@pytest.mark.slow
def test_the_benchmark_writes_its_tables_and_figure(finished, tmp_path):
    pytest.importorskip("stochman")
    command = [sys.executable, PROJECT / "benchmarks/run.py", "--quick", "--output", tmp_path]
    command += ["--results", finished.folder / "results", "--single", "0", "1", "--ensemble", "1"]
    command += ["--grid-nodes", "12"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    tables = {name: pd.read_csv(tmp_path / f"{name}.csv") for name in ("curves", "contest")}
    curves, contest = tables["curves"], tables["contest"]
    assert set(zip(curves.vae, curves.seed, strict=True)) == {
        ("single", 0),
        ("single", 1),
        ("ensemble", 1),
    }
    assert (curves.best_energy <= curves.best_geodesic).all()
    assert (curves.best_geodesic <= curves.energy).all()
    assert (contest["share_0.1pct"] <= contest["share_0.1pct_geodesics"]).all()
    again = pd.read_csv(tmp_path / "restarts.csv")
    assert set(again.goal) == {"geodesic", "energy"}
    assert (again[again.contestant == "newton"].ratio == 1).all()
    assert (again.cpu_expected >= again.cpu_first * (1 - 1e-4)).all()
    for name in ("ratios.csv", "scaling.csv", "machine.json", "contest.png", "contest.pdf"):
        assert (tmp_path / name).stat().st_size
