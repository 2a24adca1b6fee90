"""The benchmark on the tiny study's models, from models to figure."""

import subprocess
import sys

import pandas as pd
import pytest
import yaml
from project import PROJECT, TINY, copy_project


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


@pytest.mark.slow
def test_the_contest_in_many_dimensions_writes_its_table_and_figure(tmp_path):
    pytest.importorskip("stochman")
    study, models = copy_project(tmp_path / "study"), tmp_path / "models"
    vaes = yaml.safe_load((PROJECT / "benchmarks/dimensions.yaml").read_text())["vaes"]
    types = ["single", "ensemble", *vaes]
    auto = {name: {"start": "auto"} for name in ("geodesics", "proximity", "segments")}
    settings = {"vaes": vaes, "model": {"latent_dim": 3}, "training": {"seeds": 31}}
    settings["experiments"] = auto
    (study.folder / "more.yaml").write_text(yaml.safe_dump(settings))
    targets = [f"results/latents/{vae}/seed-30.npz" for vae in types]
    config = ["--configfile", str(TINY), "more.yaml"]
    done = study.snakemake("--cores", "2", *config, "--", *targets, config=None)
    assert done.returncode == 0, done.stdout
    models.mkdir()
    study.folder.rename(models / "d-3")
    command = [sys.executable, PROJECT / "benchmarks/dimensions.py", "--quick"]
    command += ["--dimensions", "3", "--results", models, "--output", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "dimensions.csv")
    settings = table.groupby(["likelihood", "vae", "coupling"])
    assert len(settings) == 6
    for (_, vae, coupling), own in settings:
        there = {"newton", "newton-escapes", "l-bfgs-b", "adam", "stochman"}
        assert set(own.contestant) - {"georce"} == there
        assert ("georce" in set(own.contestant)) == (vae == "single" or coupling == "within")
    ours = table[(table.contestant == "newton") & (table.start == "landmarks")]
    assert (ours.ratio == 1).all() and (table.excess_worst >= 0).all()
    assert (table["share_1pct"] >= table["share_0.1pct"]).all()
    for name in ("dimensions_curves.csv", "dimensions.png", "dimensions.pdf"):
        assert (tmp_path / name).stat().st_size
