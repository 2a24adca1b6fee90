"""Environments agree with one another, and the project speaks of itself alone."""

import ast
import re
import subprocess
import sys

import pytest
import yaml
from latentgeo.study import sources
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
PACKAGES = {"yaml": "pyyaml", "PIL": "pillow"}
PARTS = re.compile(r'"\.\./envs/(\w+)\.yaml"|workflow/scripts/(\w+)\.py"|script="(\w+)"')


def rules():
    """Every rule's script with its environment, which a rule that uses another shares with it."""
    for path in sorted((PROJECT / "rules").glob("*.smk")):
        environment = ""
        for own, script, shared in PARTS.findall(path.read_text()):
            environment = own or environment
            if script or shared:
                yield script or shared, environment


RULES = sorted(set(rules()))
PLUGINS = {"solve_geodesics": ("objectives", "solvers", "starts"), "extract_images": ("images",)}


def imported(script):
    """The packages that a script imports at its start, by way of the library too."""
    modules = [
        f"latentgeo.{kind}.{path.stem}"
        for kind in PLUGINS.get(script, ())
        for path in (SCRIPTS / "latentgeo" / kind).glob("*.py")
    ]
    for path in sources.files(SCRIPTS, script, *modules):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield node.module.partition(".")[0]


@pytest.mark.parametrize("script, environment", RULES)
def test_an_environment_has_all_that_its_rules_import(script, environment):
    wanted = set(imported(script)) - sys.stdlib_module_names - {"latentgeo", "job"}
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
