"""The tiny study, run once for all tests that look at it."""

import pytest
from project import Study, copy_project


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Study:
    """The tiny study, run to its end."""
    study = copy_project(tmp_path_factory.mktemp("finished"))
    done = study.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    return study


@pytest.fixture
def fresh(tmp_path) -> Study:
    """A copy of the project in which nothing has run."""
    return copy_project(tmp_path)
