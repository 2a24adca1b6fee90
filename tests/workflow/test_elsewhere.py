"""The workflow run from another folder, included, and as a module of another workflow."""

import os
import shutil

import pytest
from project import SMALL_DATA, TINY, Study, copy_project

GRID = "results/grids/single/seed-0.npz"
HOST = """
configfile: "settings.yaml"

module geo:
    snakefile: "{clone}/Snakefile"
    config: config["geo"]
    prefix: "{prefix}"

use rule * from geo as geo_*

rule mine:
    input: "{prefix}{grid}"
    output: "mine.txt"
    shell: "cp {{input}} {{output}}"
"""


@pytest.fixture
def clone(small, tmp_path):
    """A copy of the project, and a study in another folder."""
    copy_project(tmp_path / "clone")
    (tmp_path / "elsewhere").mkdir()
    shutil.copytree(small.folder / "data", tmp_path / "elsewhere/data")
    return tmp_path / "clone", Study(tmp_path / "elsewhere")


def jobs(output: str) -> str:
    return output[output.index("Job stats") :].split("Reasons")[0]


def test_a_study_in_a_folder_of_its_own_is_planned_as_one_in_the_clone(clone, fresh):
    snakefile, study = clone
    there = study.snakemake("-n", "-q", "rules", "-s", str(snakefile / "Snakefile"))
    here = fresh.snakemake("-n", "-q", "rules")
    assert there.returncode == 0, there.stdout
    assert jobs(there.stdout) == jobs(here.stdout)


def test_results_go_where_the_study_is_run_and_the_clone_stays_as_it_was(clone):
    snakefile, study = clone
    before = sorted(p.relative_to(snakefile) for p in snakefile.rglob("*"))
    arguments = ["-s", str(snakefile / "Snakefile"), "--cores", "1", "--config", SMALL_DATA]
    done = study.snakemake(*arguments, "--", "results/pairs/0-4.npz")
    assert done.returncode == 0, done.stdout
    assert (study.folder / "results/pairs/0-4.npz").exists()
    after = [p for p in snakefile.rglob("*") if "__pycache__" not in p.parts]
    assert sorted(p.relative_to(snakefile) for p in after) == before


def test_the_folder_can_be_an_argument(clone):
    snakefile, study = clone
    arguments = ["-s", str(snakefile / "Snakefile"), "--directory", str(study.folder), "-n"]
    done = Study(study.folder.parent).snakemake(*arguments, "-q", "rules")
    assert done.returncode == 0, done.stdout
    assert "train_vae" in done.stdout


def test_the_workflow_can_be_included(clone):
    snakefile, study = clone
    (study.folder / "Snakefile").write_text(f'include: "{snakefile}/Snakefile"\n')
    rules = study.would_run("--", "tables")
    assert rules["train_vae"] == 4 and rules["cv_table"] == 1


@pytest.mark.parametrize("prefix", ["", "inner/"])
def test_as_a_module_it_makes_its_results_once_and_leaves_the_hosts_alone(clone, prefix):
    snakefile, study = clone
    data = SMALL_DATA.removeprefix("data=")
    tiny = "\n".join(f"  {line}" for line in TINY.read_text().splitlines())
    (study.folder / "settings.yaml").write_text(f"geo:\n{tiny}\n  data: {data}\nother: 1\n")
    text = HOST.format(clone=snakefile, prefix=prefix, grid=GRID)
    (study.folder / "Snakefile").write_text(
        text if prefix else text.replace('    prefix: ""\n', "")
    )
    hosts = study.folder / "results/of-the-host.csv"
    hosts.parent.mkdir()
    hosts.write_text("a,b\n1,2")  # without an end
    done = study.snakemake("--cores", "2", "--config", "extra=1", "--", "mine", config=None)
    assert done.returncode == 0, done.stdout
    assert "geo_train_vae" in done.stdout
    assert (study.folder / f"{prefix}{GRID}").exists()
    assert (study.folder / f"{prefix}results/records/evaluate_grid/single-0.json").exists()
    assert hosts.read_text() == "a,b\n1,2"
    again = study.snakemake("-n", "--config", "extra=1", "--", "mine", config=None)
    assert "Nothing to be done" in again.stdout, again.stdout
    settings = study.folder / "settings.yaml"
    settings.write_text(settings.read_text().replace("nodes: 12", "nodes: 13"))
    other = study.snakemake("-n", "--config", "extra=1", "--", "mine", config=None)
    assert other.returncode == 0 and "geo_evaluate_grid" in other.stdout, other.stdout
    assert "Training" not in other.stdout


@pytest.mark.skipif(not shutil.which("localedef"), reason="other locales cannot be made here")
@pytest.mark.parametrize("name, charset", [("zh_CN", "GBK"), ("de_DE", "ISO-8859-1")])
def test_a_locale_changes_nothing(small, tmp_path, name, charset):
    made = ["localedef", "-i", name, "-f", charset, str(tmp_path / f"{name}.{charset}")]
    if os.system(" ".join(made)) != 0:
        pytest.skip(f"no locale {name}.{charset} here")
    before = (small.folder / GRID).read_bytes()
    locale = {"LOCPATH": str(tmp_path), "LC_ALL": f"{name}.{charset}", "PYTHONUTF8": "0"}
    forced = ["--cores", "1", "--config", SMALL_DATA, "--forcerun", "evaluate_grid", "--", GRID]
    done = small.snakemake(*forced, **locale)
    assert done.returncode == 0, done.stdout
    assert "[1 of 1]" in done.stdout
    assert (small.folder / GRID).read_bytes() == before
