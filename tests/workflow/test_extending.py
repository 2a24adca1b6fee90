"""The jobs of docs/extending.md, done as they are written there."""

import re
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import yaml
from project import PROJECT, TINY, Study

PAGE = (PROJECT / "docs/extending.md").read_text()
BLOCK = re.compile(
    r"^```(?:python|yaml|rst)\n# ([\w./-]+)(?:, under ([\w.$]+))?\n(.*?)^```", re.M | re.S
)
NAMES = "workflow/scripts/latentgeo/likelihoods/named.py"
"""All models depend on it: a study that is to stay trained does without."""
WAVES = {"vaes": ["single"], "seeds": [0], "curves": ["sines"], "start": "graph"}


def merge(into: dict, more: dict) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def follow(page: str, study: Study, without: str = "") -> list[str]:
    """Put every block of the page where its first line says, but for one file's; the places."""
    places = []
    for place, inside, text in BLOCK.findall(page):
        if place == without:
            continue
        path = study.folder / place
        if inside:
            content = yaml.safe_load(path.read_text())
            section = content
            for key in inside.split("."):
                section = section[key]
            merge(section, yaml.safe_load(text))
            path.write_text(yaml.safe_dump(content, sort_keys=False))
        else:
            before = path.read_text() + "\n\n" if path.exists() else ""
            path.write_text(before + text)
        places.append(place)
    return places


@pytest.fixture(scope="module")
def extended(finished, tmp_path_factory) -> Study:
    """The finished tiny study, to which everything on the page was added, but a likelihood."""
    folder = tmp_path_factory.mktemp("extended") / "study"
    shutil.copytree(finished.folder, folder, symlinks=True)
    for part in ("tests", "pyproject.toml"):
        copy = shutil.copytree if (PROJECT / part).is_dir() else shutil.copy
        copy(PROJECT / part, folder / part)
    study = Study(folder)
    assert len(follow(PAGE, study, without=NAMES)) == 16
    return study


def test_an_experiment_has_its_metric_table_and_figure(extended):
    targets = ["results/tables/radial.csv", "results/figures/radial.png"]
    config = ["--configfile", str(TINY)]
    done = extended.snakemake("--cores", "2", *config, "--", *targets, config=None)
    assert done.returncode == 0, done.stdout
    assert "Training" not in done.stdout
    table = pd.read_csv(extended.folder / targets[0])
    assert table["seed"].tolist() == [0, 1]
    assert (table["energy"] > 0).all()
    assert table["length"].isna().all()
    assert (extended.folder / targets[1]).read_bytes().startswith(b"\x89PNG")


def test_a_rule_that_asks_for_an_experiment_that_is_gone_is_one_clear_error(extended):
    gone = "experiments={radial: null}"
    done = extended.snakemake("-n", "--configfile", str(TINY), "--config", gone, config=None)
    assert "config: experiments.radial: a rule asks for it, but there is none" in done.stdout


def test_a_new_table_and_figure_belong_to_the_study(extended):
    config = ["--configfile", str(TINY)]
    rules = extended.would_run("--forceall", *config, config=None)
    assert {"radial_table", "radial_figure"} <= rules.keys()


def converged(study: Study, geodesics: str) -> np.ndarray:
    with np.load(study.folder / geodesics) as stored:
        return stored["converged"]


def test_a_curve_family_can_be_solved_with_every_start(extended):
    settings = {
        "curves": {"families": {"sines": {"family": "sines", "waves": 3}}},
        "experiments": {"waves": {**WAVES, "solvers": ["newton"], "pairs": 3}},
    }
    (extended.folder / "waves.yaml").write_text(yaml.safe_dump(settings))
    target = (
        "results/geodesics/single/seed-0/decoders-1/fisher-rao/sines/graph/newton/pairs-0-3.npz"
    )
    config = ["--configfile", str(TINY), "waves.yaml"]
    done = extended.snakemake("--cores", "2", *config, "--", target, config=None)
    assert done.returncode == 0, done.stdout
    assert converged(extended, target).tolist() == [True] * 3


def test_a_new_start_can_be_chosen(extended):
    own = {"vaes": ["single"], "seeds": [0], "curves": ["polynomial"], "start": "arc", "pairs": 3}
    settings = {"experiments": {"arcs": {**own, "solvers": ["newton"]}}}
    (extended.folder / "arcs.yaml").write_text(yaml.safe_dump(settings))
    target = (
        "results/geodesics/single/seed-0/decoders-1/fisher-rao/polynomial/arc/newton/pairs-0-3.npz"
    )
    config = ["--configfile", str(TINY), "arcs.yaml", "--", target]
    rules = extended.would_run(*config, config=None)
    assert rules.keys() <= {"solve_geodesics", "sample_pairs"}
    done = extended.snakemake("--cores", "2", *config, config=None)
    assert done.returncode == 0, done.stdout
    assert converged(extended, target).tolist() == [True] * 3


def test_a_new_likelihood_trains_models(fresh):
    assert NAMES in follow(PAGE, fresh)
    settings = {"vaes": {"waiting": {"likelihood": "exponential"}}}
    (fresh.folder / "waiting.yaml").write_text(yaml.safe_dump(settings))
    target = "results/latents/waiting/seed-0.npz"
    config = ["--configfile", str(TINY), "waiting.yaml", "--", target]
    done = fresh.snakemake("--cores", "2", *config, config=None)
    assert done.returncode == 0, done.stdout
    assert (fresh.folder / target).exists()


def test_the_size_of_a_new_family_is_checked(extended):
    family = "curves={families: {sines: {family: sines, degree: 3}}}"
    done = extended.snakemake("-n", "--configfile", str(TINY), "--config", family, config=None)
    assert "curves.families.sines: waves must be given" in done.stdout


LIKELIHOOD = """
import torch
from latentgeo.likelihoods.base import divergence
from latentgeo.likelihoods.exponential import make
from torch.distributions import Exponential as Torchs, kl_divergence

family = make()
outputs = torch.randn(2, 5, 7, dtype=torch.float64)
p, q = family.link(outputs).unbind(0)
theirs = kl_divergence(Torchs(-p), Torchs(-q)).sum(-1)
torch.testing.assert_close(divergence(family, p, q), theirs)
x = outputs[0].exp()
torch.testing.assert_close(family.log_density(x, q), Torchs(-q).log_prob(x).sum(-1))
torch.testing.assert_close(family.entropy(q), Torchs(-q).entropy().sum(-1))
q.requires_grad_()
for order in range(3):
    slope, = torch.autograd.grad(family.cumulant(q, order).sum(), q)
    torch.testing.assert_close(slope, family.cumulant(q.detach(), order + 1))
"""


def test_a_likelihood_agrees_with_torch(extended):
    scripts = extended.folder / "workflow/scripts"
    subprocess.run([sys.executable, "-c", LIKELIHOOD], cwd=scripts, check=True)


def test_a_new_activation_is_tested_like_the_others(extended):
    tests = [
        "tests/unit/decoders",
        "-q",
        "-k",
        "LogSigmoid or both_ways",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *tests],
        cwd=extended.folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
