"""Results are trusted when they were made from what they would be made from now, and else not.

Here without Snakemake's own records, as where only results/ was copied or mounted.
"""

import json
import os
import shutil

import numpy as np
import pytest
from project import SMALL_DATA, Study

MODEL = "results/models/{}/seed-{}/model.safetensors"
LATENTS = "results/latents/{}/seed-{}.npz"


@pytest.fixture
def bare(finished, tmp_path) -> Study:
    """The finished tiny study without Snakemake's records."""
    study = Study(tmp_path / "bare")
    ignored = shutil.ignore_patterns(".snakemake")
    shutil.copytree(finished.folder, study.folder, ignore=ignored)
    return study


def test_nothing_runs_when_nothing_changed(bare):
    assert bare.would_run() == {}


@pytest.mark.parametrize(
    "settings, rules",
    [
        ("training={learning_rate: 0.02}", {"train_vae": 4}),
        ("seed=1", {"train_vae": 4, "sample_pairs": 4, "solve_geodesics": 29}),
        ("curves={segments: 16}", {"solve_geodesics": 29, "cv_table": 1, "train_vae": 0}),
        ("grid={nodes: 13}", {"evaluate_grid": 4, "solve_geodesics": 25, "encode_latents": 0}),
        ("solvers={adam: {steps: 6}}", {"solve_geodesics": 6, "cv_table": 0}),
        ("experiments={variation: {pairs: 2}}", {"solve_geodesics": 4, "cv_table": 1}),
    ],
)
def test_other_settings_make_what_they_reach_again(bare, settings, rules):
    runs = bare.would_run("--config", settings)
    for rule, count in rules.items():
        assert runs.get(rule, 0) == count, runs
    assert bare.would_run() == {}  # a plan changes nothing


def test_another_module_makes_what_it_reaches_again(bare):
    with bare.changed("workflow/scripts/latentgeo/statistics/variation.py", "", "# a comment\n"):
        judged = {"contrasts_table", "claims_table", "claims_figure", "study_page"}
        assert set(bare.would_run()) == {"cv_table", "cv_figure", *judged}


def test_a_file_of_other_content_counts_however_old_it_is(bare):
    """As `cp -p`, `rsync -a` and `tar x` leave it."""
    path = bare.folder / LATENTS.format("ensemble", 0)
    arrays = dict(np.load(path))
    np.savez(path, **arrays | {"means": arrays["means"] + 1e-3})
    os.utime(path, (0, 0))
    runs = bare.would_run()
    assert runs["encode_latents"] == runs["evaluate_grid"] == 1
    assert runs["proximity_table"] == runs["starts_curves_figure"] == 1
    assert "train_vae" not in runs


def test_a_result_of_which_nothing_is_told_is_made_again(bare):
    (bare.folder / "results/records/cv_table.json").unlink()
    (bare.folder / "results/records/training_figure.json").write_text("{")
    assert set(bare.would_run()) == {
        "cv_table",
        "cv_figure",
        "training_figure",
        "study_page",
    }


def test_records_hold_neither_dates_nor_places(finished):
    for path, content in finished.files("results/records/**/*.json").items():
        assert str(finished.folder) not in content.decode(), path
    models = json.loads(finished.files("results/records/models_table.json").popitem()[1])
    assert set(models["inputs"]) == {
        f"results/models/{vae}/seed-{seed}/evaluation.csv"
        for vae in ("single", "ensemble")
        for seed in (0, 1)
    }


# ── the user's own images ───────────────────────────────────────────────────────────────────────

RAW = "data/MNIST/raw/train-images-idx3-ubyte"


def test_other_images_of_the_same_name_size_and_date_are_noticed(small):
    path = small.folder / RAW
    before, dates = path.read_bytes(), path.stat()
    settings = ["--config", SMALL_DATA, "--", "results/grids/single/seed-0.npz"]
    assert small.would_run(*settings) == {}
    path.write_bytes(before[:5000] + bytes([before[5000] ^ 1]) + before[5001:])
    os.utime(path, ns=(dates.st_atime_ns, dates.st_mtime_ns))
    try:
        assert small.would_run(*settings)["extract_images"] == 1
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(dates.st_atime_ns, dates.st_mtime_ns))
    assert small.would_run(*settings) == {}


# ── models and what is made of them ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "source, place, rule",
    [
        (MODEL.format("single", 1), MODEL.format("single", 0), "train_vae"),
        (LATENTS.format("single", 1), LATENTS.format("single", 0), "encode_latents"),
        ("results/tables/cv.csv", "results/tables/proximity.csv", "proximity_table"),
    ],
)
def test_a_result_in_anothers_place_is_made_again(bare, source, place, rule):
    before = (bare.folder / place).read_bytes()
    shutil.copy(bare.folder / source, bare.folder / place)
    assert bare.would_run()[rule] == 1
    done = bare.snakemake("--cores", "2", "--", place)
    assert done.returncode == 0, done.stdout
    assert (bare.folder / place).read_bytes() == before


def test_a_table_that_was_cut_at_a_lines_end_is_made_again(finished):
    path = finished.folder / "results/tables/cv.csv"
    before = path.read_bytes()
    path.write_bytes(b"".join(before.splitlines(keepends=True)[:5]))
    try:
        assert set(finished.would_run()) == {"cv_table", "cv_figure", "study_page"}
    finally:
        path.write_bytes(before)
    assert finished.would_run() == {}


def test_a_copy_with_other_dates_is_as_good(bare):
    """As `cp -r` leaves it: what was made first may have been copied last."""
    files = [p for p in sorted((bare.folder / "results").rglob("*"), reverse=True) if p.is_file()]
    for age, path in enumerate(files):
        os.utime(path, (1.7e9 + age, 1.7e9 + age))
    assert bare.would_run() == {}
