"""The commands of the documents, planned as they are written, and the tutorial, followed."""

from __future__ import annotations

import re
import subprocess
import sys

import documents
import pytest
from documents import blocks, commands
from project import TINY, Study, copy_project

TUTORIAL = "docs/tutorial.md"
LOOKED_AT = ("docs/configuration.md", "docs/how-to.md", TUTORIAL, "docs/own-model.md")
TOLD_BY_PARSING = {"--sdm", "--unlock", "--list-rules"}
"""Commands with these are read (tests/unit/test_documents.py), and not run."""
OPTIONS = {"--configfile", "--config", "--directory", "-s", "--profile", "--cache", "--forcerun"}


def planned() -> list:
    """Every command once, that says more than how many cores and which targets."""
    found = {}
    for page in LOOKED_AT:
        for command in commands(page, "snakemake"):
            if OPTIONS & {*command} and not TOLD_BY_PARSING & {*command}:
                found.setdefault(tuple(command), page)
    return [pytest.param(page, words, id=" ".join(words[1:])) for words, page in found.items()]


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Study:
    return copy_project(tmp_path_factory.mktemp("documents") / "latent-geodesics")


def write_files(page: str, study: Study) -> None:
    """The settings and modules that a page shows."""
    for block in blocks(page):
        if block.file and not block.under and "/" not in block.file:
            (study.folder / block.file).write_text(block.text)


@pytest.mark.parametrize("page, words", planned())
def test_a_command_can_be_planned(clone, page, words):
    folder = clone.folder
    if "-s" in words:
        folder = clone.folder.parent / "elsewhere"
        folder.mkdir(exist_ok=True)
    for each in ("docs/configuration.md", page):
        write_files(each, Study(folder))
    arguments = [word for word in words[1:] if word != "-n"]
    cache = folder.parent / "cache"
    cache.mkdir(exist_ok=True)
    done = Study(folder).snakemake("-n", *arguments, config=None, SNAKEMAKE_OUTPUT_CACHE=str(cache))
    assert done.returncode == 0, done.stdout
    assert "Job stats" in done.stdout


def test_there_are_commands_to_plan():
    assert len(planned()) > 12


# ── the tutorial ────────────────────────────────────────────────────────────────────────────────


def shown(start: str) -> str:
    """The block of the tutorial that begins so."""
    [found] = [b.text for b in blocks(TUTORIAL) if b.text.startswith(start)]
    return found


def test_the_tutorials_counts_of_jobs_are_right(clone):
    rules = clone.would_run(config=None)
    for line in shown("train_vae ").splitlines():
        rule, count = line.split()
        assert rules[rule] == int(count), line


def test_the_tutorials_error_is_what_one_sees(clone):
    write_files(TUTORIAL, clone)
    quick = clone.folder / "quick.yaml"
    wrong = clone.folder / "wrong.yaml"
    wrong.write_text(quick.read_text().replace("nodes: 32", "nodes: 3"))
    done = clone.snakemake("-n", "--configfile", str(wrong), config=None)
    [told] = [text for text in documents.code(TUTORIAL) if text.startswith("config: ")]
    assert done.returncode != 0 and told in done.stdout


def run_in(study: Study, text: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=study.folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_tutorials_rows_are_those_of_the_images(finished):
    assert run_in(finished, shown("import numpy")) == shown("0 [")


def test_the_tutorial_reads_a_table(finished):
    printed = run_in(finished, shown("import pandas"))
    assert re.search(r"^ensemble +fisher-rao +[\d.]+ +[\d.]+ +[\d.]+$", printed, re.M), printed


def test_another_bandwidth_trains_nothing(finished, tmp_path):
    write_files(TUTORIAL, Study(tmp_path))
    wider = tmp_path / "wider.yaml"
    rules = finished.would_run("--configfile", str(TINY), str(wider), config=None)
    assert {"starts_table", "starts_curves_figure", "study_page"} <= rules.keys()
    assert not {"train_vae", "encode_latents", "evaluate_grid", "cv_table"} & rules.keys()


def test_pairs_of_ones_own_train_nothing(finished, tmp_path):
    write_files(TUTORIAL, Study(tmp_path))
    pairs = tmp_path / "pairs.yaml"
    rules = finished.would_run("--configfile", str(TINY), str(pairs), config=None)
    assert {"sample_pairs", "solve_geodesics"} <= rules.keys()
    assert not {"train_vae", "encode_latents", "evaluate_grid"} & rules.keys()


def test_a_new_type_trains_its_own_models(finished, tmp_path):
    write_files(TUTORIAL, Study(tmp_path))
    types = tmp_path / "types.yaml"
    rules = finished.would_run("--configfile", str(TINY), str(types), "--", "part_b", config=None)
    assert rules["train_vae"] == 4 and "claims_table" not in rules
