"""Environments agree with one another, and the project speaks of itself alone."""

import re
import subprocess

import pytest
import yaml
from project import PROJECT


def pins(lines):
    found = (re.fullmatch(r"([A-Za-z0-9-]+)==([\w.]+)", line.strip()) for line in lines)
    return {match[1].lower(): match[2] for match in found if match}


REQUIREMENTS = pins((PROJECT / "requirements.txt").read_text().splitlines())


def test_every_requirement_is_pinned_exactly():
    lines = (PROJECT / "requirements.txt").read_text().splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    assert len(wanted) == len(REQUIREMENTS)


@pytest.mark.parametrize("path", sorted((PROJECT / "envs").glob("*.yaml")), ids=lambda p: p.stem)
def test_a_conda_environment_has_the_versions_of_the_requirements(path):
    environment = yaml.safe_load(path.read_text())
    packages = environment["dependencies"][-1]["pip"]
    assert pins(packages).items() <= REQUIREMENTS.items()
    assert len(pins(packages)) == len(packages)
    assert "python >=3.11,<3.14" in environment["dependencies"]


def test_no_committed_file_names_a_path_of_a_machine():
    files = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True)
    if files.returncode != 0:
        pytest.skip("not a git checkout")
    for name in files.stdout.splitlines():
        path = PROJECT / name
        if path.suffix in {".png", ".pdf", ".npz"} or not path.is_file():
            continue
        assert not re.search(r"/(home|Users|root)/\w+/", path.read_text()), name
