"""Studies that many tests look at, each made once, however many processes run the tests."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from project import SMALL_DATA, Study, copy_project, write_small_data

RESULTS = "results/**/*.[!l]*"
"""All results, without the logs of jobs."""
SMALL_MODEL = "results/grids/single/seed-0.npz"


def made_once(
    factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Study]
) -> Iterator[Study]:
    """A study of this process's own, a copy of the one that the process that came first made.

    What one test leaves in it the next one finds, so it has to be as it was in the end.
    """
    own = factory.getbasetemp()
    shared = own.parent if own.name.startswith("popen-") else own
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = shared / f"{name}-made"
        if not made.exists():
            making = make(shared / f"{name}-making")
            making.folder.rename(made)  # nothing in a study knows where it lies
    folder = factory.mktemp(name) / "study"
    study = Study(made).copy(folder)
    yield study
    before, after = Study(made).files(RESULTS), study.files(RESULTS)
    assert after.keys() == before.keys()
    assert [file for file in before if after[file] != before[file]] == []


def run(study: Study, *arguments: str) -> Study:
    done = study.snakemake(*arguments)
    assert done.returncode == 0, done.stdout
    return study


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Iterator[Study]:
    """The tiny study, run to its end, for tests that leave it as it was."""

    def make(folder: Path) -> Study:
        return run(copy_project(folder), "--cores", "2")

    yield from made_once(tmp_path_factory, "finished", make)


@pytest.fixture
def spoilable(finished, tmp_path) -> Study:
    """The tiny study, run to its end, for one test alone."""
    return finished.copy(tmp_path / "spoilable")


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Iterator[Study]:
    """A study with one model, its latents and grid, from a few digits in IDX files.

    For tests that leave it as it was.
    """

    def make(folder: Path) -> Study:
        study = copy_project(folder)
        write_small_data(study)
        return run(study, "--cores", "2", "--config", SMALL_DATA, "--", SMALL_MODEL)

    for study in made_once(tmp_path_factory, "small", make):
        study.data = SMALL_DATA
        yield study


@pytest.fixture
def fresh(tmp_path) -> Study:
    """A copy of the project in which nothing has run."""
    return copy_project(tmp_path / "fresh")
