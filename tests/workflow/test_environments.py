"""Environments agree with one another, and the project speaks of itself alone."""

import ast
import re
import subprocess
import sys

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


SCRIPTS = PROJECT / "workflow/scripts"
PACKAGES = {"yaml": "pyyaml"}
RULES = [
    (script, environment)
    for path in sorted((PROJECT / "rules").glob("*.smk"))
    for environment, script in re.findall(
        r'"\.\./envs/(\w+)\.yaml".*?"\.\./workflow/scripts/(\w+)\.py"', path.read_text(), re.DOTALL
    )
]


def imported(path, seen):
    """The packages that a script imports at its start, by way of the library too."""
    seen.add(path)
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(filter(None, ["latentgeo" * bool(node.level), node.module]))
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            own = SCRIPTS / f"{name.replace('.', '/')}.py"
            if own.is_file() and own not in seen:
                yield from imported(own, seen)
            elif name.partition(".")[0] not in ("job", "latentgeo"):
                yield name.partition(".")[0]


@pytest.mark.parametrize("script, environment", RULES)
def test_an_environment_has_all_that_its_rules_import(script, environment):
    wanted = set(imported(SCRIPTS / f"{script}.py", set())) - sys.stdlib_module_names
    content = yaml.safe_load((PROJECT / f"envs/{environment}.yaml").read_text())
    assert wanted
    assert {PACKAGES.get(name, name) for name in wanted} <= pins(
        content["dependencies"][-1]["pip"]
    ).keys()


def test_every_rule_has_its_environment():
    assert len(RULES) == len(list(SCRIPTS.glob("*.py"))) - 1  # job.py is no rule's


def test_no_committed_file_names_a_path_of_a_machine():
    files = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True)
    if files.returncode != 0:
        pytest.skip("not a git checkout")
    for name in files.stdout.splitlines():
        path = PROJECT / name
        if path.suffix in {".png", ".pdf", ".npz"} or not path.is_file():
            continue
        assert not re.search(r"/(home|Users|root)/\w+/", path.read_text()), name
