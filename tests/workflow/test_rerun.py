"""What runs again after which change; docs/reruns.md tells the same to users."""

import os
import re

import pytest

TABLES = {"models_table", "geodesics_table", "cv_table", "proximity_table", "starts_table"}
FIGURES = {
    "geodesics_figure",
    "models_figure",
    "cv_figure",
    "proximity_figure",
    "starts_curves_figure",
    "starts_energy_figure",
    "training_figure",
}
FROM_GEODESICS = (TABLES | FIGURES) - {"models_table", "training_figure"}
FROM_TRAINING = {"train_vae", "encode_latents", "evaluate_grid", "solve_geodesics"}
COMMENT = "# a comment\n"

LIBRARY = "workflow/scripts/latentgeo"


@pytest.mark.parametrize(
    "file, old, new, rules",
    [
        pytest.param("README.md", "", COMMENT, set(), id="a comment in the README"),
        pytest.param("config.yaml", "", COMMENT, set(), id="a comment in the config"),
        pytest.param(
            "workflow/scripts/cv_figure.py",
            '"""',
            COMMENT + '"""',
            {"cv_figure"},
            id="a plot script",
        ),
        pytest.param(
            f"{LIBRARY}/plotting.py", '"""', COMMENT + '"""', FIGURES, id="the plotting module"
        ),
        pytest.param(
            f"{LIBRARY}/solvers.py",
            '"""',
            COMMENT + '"""',
            {"solve_geodesics"} | FROM_GEODESICS,
            id="the solver module",
        ),
        pytest.param(
            f"{LIBRARY}/training.py",
            '"""',
            COMMENT + '"""',
            FROM_TRAINING | TABLES | FIGURES,
            id="the training module",
        ),
        pytest.param(
            f"{LIBRARY}/digits.py",
            '"""',
            COMMENT + '"""',
            {"extract_digits", "sample_pairs"} | FROM_TRAINING | TABLES | FIGURES,
            id="the module that reads digits",
        ),
        pytest.param(
            "workflow/scripts/starts_table.py",
            '"""',
            COMMENT + '"""',
            {"starts_table"},
            id="a table script",
        ),
        pytest.param(
            "workflow/scripts/cv_table.py",
            '"""',
            COMMENT + '"""',
            {"cv_table", "cv_figure"},
            id="the script of a table with a figure",
        ),
    ],
)
def test_a_changed_file_reruns_what_depends_on_it(finished, file, old, new, rules):
    (finished.folder / "README.md").touch()
    with finished.changed(file, old, new):
        assert set(finished.would_run()) == rules


def test_a_touched_file_reruns_nothing(finished):
    for pattern in (f"{LIBRARY}/*.py", "resources/*", "results/*.npz", "results/[mt]*/**/*.*"):
        touched = list(finished.folder.glob(pattern))
        assert touched
        for path in touched:
            path.touch()
    assert finished.would_run() == {}


def test_a_touched_script_reruns_its_rule(finished):
    script = finished.folder / "workflow/scripts/proximity_figure.py"
    dates = script.stat()
    script.touch()
    try:
        assert set(finished.would_run()) == {"proximity_figure"}
    finally:
        os.utime(script, ns=(dates.st_atime_ns, dates.st_mtime_ns))


@pytest.mark.parametrize(
    "settings, counts",
    [
        pytest.param(
            "training={seeds: 3}",
            # two types, a new seed each; the tables and figures that show all seeds
            {"train_vae": 2, "encode_latents": 2, "solve_geodesics": 2},
            id="one more seed",
        ),
        pytest.param(
            "experiments={geodesics: {pairs: 16}}",
            # pairs 4-8 in place of 4-6, 8-12 and 12-16, in two models; the first four are kept
            {"sample_pairs": 3, "solve_geodesics": 6},
            id="ten more pairs",
        ),
        pytest.param(
            "training={single_decoder: {epochs: 3, batch_size: 256}}",
            {"train_vae": 2, "encode_latents": 2, "evaluate_grid": 2},
            id="a training key of one type",
        ),
        pytest.param(
            "density={bandwidth: 0.5}",
            # the density geodesics, and the hot starts from them
            {"solve_geodesics": 8, "starts_table": 1, "cv_table": 0, "proximity_table": 0},
            id="another σ",
        ),
        pytest.param(
            "solvers={adam: {method: adam, learning_rate: 0.02, steps: 5}}",
            {"solve_geodesics": 6, "starts_table": 1, "cv_table": 0},
            id="a solver's key",
        ),
        pytest.param("pairs={per_job: 2}", {"train_vae": 0, "evaluate_grid": 0}, id="block size"),
    ],
)
def test_a_changed_key_reruns_what_depends_on_it(finished, settings, counts):
    name, value = settings.split("=", 1)
    rules = finished.would_run("--config", f"{name}={value}")
    for rule, count in counts.items():
        assert rules.get(rule, 0) == count, rules
    if name != "training":
        assert "train_vae" not in rules and "encode_latents" not in rules


def test_every_rule_has_all_its_parts(finished):
    """Code as input, log, threads, resources, conda, message: a cluster needs them all."""
    text = "".join(content.decode() for content in finished.files("rules/*.smk").values())
    rules = re.split(r"\nrule ", text)[1:]
    assert len(rules) >= 18
    parts = ["input", "output", "log", "conda", "threads", "resources", "params", "message"]
    for rule in rules:
        for part in parts:
            assert f"    {part}:" in rule, f"{rule.split(':')[0]} has no {part}"
        assert "code=code(" in rule and "    script:" in rule
