"""Which version of a package jobs have."""

import re

import numpy as np
import pytest
import torch
from latentgeo.study.environments import version_of
from project import PROJECT

PINS = """# torch==0.0.0 is too old
channels:
  - conda-forge
dependencies:
  - python >=3.11
  - pip:
      - torchvision==7.7.7
      - pytorch-lightning==8.8.8
      - torch==1.2.3+cpu
      - numpy==0.0.1  # not the one that is installed
      - not-installed==4.5.6
"""


@pytest.fixture
def environment(tmp_path):
    path = tmp_path / "environment.yaml"
    path.write_text(PINS)
    return path


def test_the_installed_version_counts_where_jobs_run_in_the_same_python(environment):
    assert version_of("numpy", environment, False) == np.__version__
    installed = version_of("torch", environment, False)  # often without what follows the plus
    assert installed.partition("+")[0] == torch.__version__.partition("+")[0]
    environment.unlink()  # and is not looked for elsewhere
    assert version_of("numpy", environment, False) == np.__version__


def test_without_an_installed_version_it_is_the_one_that_is_pinned(environment):
    assert version_of("not-installed", environment, False) == "4.5.6"


@pytest.mark.parametrize(
    "package, pinned",
    [
        ("torch", "1.2.3+cpu"),
        ("torchvision", "7.7.7"),
        ("numpy", "0.0.1"),
        ("not-installed", "4.5.6"),
    ],
)
def test_in_a_conda_environment_it_is_the_one_that_is_pinned(package, pinned, environment):
    assert version_of(package, environment, True) == pinned


def test_the_projects_own_environment_pins_torch():
    found = version_of("torch", PROJECT / "envs/geometry.yaml", True)
    assert re.fullmatch(r"\d+\.\d+\.\d+", found)
    assert f"torch=={found}" in (PROJECT / "requirements.txt").read_text()
