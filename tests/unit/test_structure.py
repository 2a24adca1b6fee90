"""Small modules, small functions, no import cycles; what plans a study needs no large package."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter

import pytest
from project import PROJECT

SCRIPTS = PROJECT / "workflow/scripts"
MODULES = {
    ".".join(path.relative_to(SCRIPTS).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(SCRIPTS.rglob("*.py"))
}
DOCUMENTS = {f"docs/{path.name}": path for path in sorted(PROJECT.glob("docs/*.py"))}
LONGEST_MODULE, LONGEST_FUNCTION = 250, 40
LARGE_PACKAGES = ("numpy", "torch", "pandas", "scipy")


def parsed(module):
    return ast.parse(MODULES[module].read_text())


def imported(module):
    """The project's modules that one imports, anywhere in it, and the packages that it is in."""
    package = module if MODULES[module].stem == "__init__" else module.rpartition(".")[0]
    names = [module.rpartition(".")[0]]
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*(above if node.level else []), *filter(None, [node.module])])
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return {name for name in names if name in MODULES and name != module}


def test_the_library_is_looked_at():
    assert {"latentgeo", "latentgeo.starts.grid.paths", "train_vae", "job"} <= set(MODULES)
    assert imported("latentgeo.starts.graph") >= {
        "latentgeo.curves",
        "latentgeo.starts",
        "latentgeo.starts.grid.routes",
        "latentgeo.solvers.newton",
    }
    assert "latentgeo.objectives.terms" in imported("latentgeo.objectives.monte_carlo")


@pytest.mark.parametrize("module", MODULES | DOCUMENTS)
def test_modules_and_functions_are_short(module):
    text = (MODULES | DOCUMENTS)[module].read_text()
    assert len(text.splitlines()) <= LONGEST_MODULE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < LONGEST_FUNCTION, node.name


def test_there_is_no_import_cycle():
    TopologicalSorter({module: imported(module) for module in MODULES}).prepare()


REFUSING = """
import sys

class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {packages!r}:
            raise ImportError(f"{{name}} is not to be had")

sys.meta_path.insert(0, Refusing())
"""


def without(packages, code):
    """Run code in a Python in which some packages are not to be had."""
    return subprocess.run(
        [sys.executable, "-c", REFUSING.format(packages=packages) + code],
        env={"PYTHONPATH": str(SCRIPTS)},
        capture_output=True,
        text=True,
    )


def planning_imports():
    """What the Snakefile and its parts import of the library, in the order of their names."""
    lines = [
        line
        for path in [PROJECT / "Snakefile", *sorted((PROJECT / "rules").glob("*.smk"))]
        for line in path.read_text().splitlines()
    ]
    return [line for line in lines if line.startswith(("from latentgeo", "import latentgeo"))]


def test_what_plans_a_study_needs_no_large_package():
    assert len(planning_imports()) > 5
    done = without(LARGE_PACKAGES, "\n".join(planning_imports()))
    assert done.returncode == 0, done.stderr


def test_a_study_is_checked_and_planned_without_a_large_package():
    done = without(
        LARGE_PACKAGES,
        f"""
from pathlib import Path
import yaml
from latentgeo.images import counts
from latentgeo.io import whole
from latentgeo.study import configuration, environments, experiments, plan, provenance, sources
project = Path({str(PROJECT)!r})
config = {{}}
configuration.complete(config, project / "config.yaml", {{"pairs": {{"per_job": "20"}}}})
configuration.check(config, project / "workflow/schemas/config.schema.yaml")
files, content = counts.data_files(config["data"])
images = counts.count_embedded(project / "resources/mnist-012.npz", config["data"]["classes"])
configuration.check_pairs(config, images)
found = experiments.experiments(config).values()
jobs = plan.plan([r for e in found for r in e.requests()], config["pairs"]["per_job"])
sources.checksum(project / "workflow/scripts", "train_vae")
environments.version_of("torch", project / "envs/geometry.yaml", True)
whole.refuse_cut_off([project / "nothing.npz"])
records = provenance.read_all(project / "workflow")
assert provenance.outdated([str(project / "config.yaml")], records, lambda record: None)
print(images, sum(map(len, jobs.values())))
""",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[0] == "18623"


@pytest.mark.parametrize("package", LARGE_PACKAGES)
def test_packages_that_are_not_to_be_had_are_not_imported(package):
    assert f"{package} is not to be had" in without(LARGE_PACKAGES, f"import {package}").stderr
