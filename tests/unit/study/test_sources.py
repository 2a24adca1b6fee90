"""The checksum of a result's code changes with what it is made of, and with nothing else."""

from __future__ import annotations

import ast
import os
import shutil

import pytest
from latentgeo import plugins
from latentgeo.study.sources import checksum, files, imports
from project import PROJECT

SCRIPTS = PROJECT / "workflow/scripts"
TREE = {
    "run.py": "import json\nimport numpy as np\nfrom job import begin\nfrom kit.tool import x\n",
    "job.py": "import os.path\n",
    "other.py": "from kit import nobody\n",
    "kit/__init__.py": '"""A kit."""\n',
    "kit/tool.py": "from . import helper\nfrom .inner.deep import thing\n",
    "kit/helper.py": "from __future__ import annotations\n",
    "kit/nobody.py": "import kit.tool\n",
    "kit/chosen.py": "from .inner import mate\n",
    "kit/inner/__init__.py": "from . import mate\n",
    "kit/inner/deep.py": "def f():\n    from .. import lazy\n",
    "kit/inner/mate.py": "",
    "kit/lazy.py": "",
    "kit/notes.txt": "no code",
}
OF_RUN = {
    "run.py",
    "job.py",
    "kit/__init__.py",
    "kit/tool.py",
    "kit/helper.py",
    "kit/inner/__init__.py",
    "kit/inner/deep.py",
    "kit/inner/mate.py",
    "kit/lazy.py",
}


def plant(folder, **changed):
    """The tree with some files, by their stems, changed."""
    for name, text in TREE.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(changed.get(path.stem, text))
    return folder


def names(scripts, paths):
    return {path.relative_to(scripts).as_posix() for path in paths}


# ── which files ─────────────────────────────────────────────────────────────────────────────────


def test_a_script_is_made_of_all_that_it_imports_directly_or_not(tmp_path):
    scripts = plant(tmp_path)
    assert names(scripts, files(scripts, "run")) == OF_RUN
    assert files(scripts, "run") == sorted(files(scripts, "run"))


def test_modules_by_name_are_added_with_all_that_they_import(tmp_path):
    scripts = plant(tmp_path)
    assert names(scripts, files(scripts, "run", "kit.chosen")) == {*OF_RUN, "kit/chosen.py"}
    assert names(scripts, files(scripts, "job", "kit.chosen", "kit.lazy")) == {
        "job.py",
        "kit/__init__.py",
        "kit/chosen.py",
        "kit/inner/__init__.py",
        "kit/inner/mate.py",
        "kit/lazy.py",
    }


def test_modules_that_import_one_another_are_no_endless_loop(tmp_path):
    scripts = plant(tmp_path, helper="from . import tool\n")
    assert names(scripts, files(scripts, "run")) == OF_RUN


INNER = {"kit/__init__.py", "kit/inner/__init__.py"}


@pytest.mark.parametrize(
    "statement, found",
    [
        ("from . import mate", INNER | {"kit/inner/mate.py"}),
        ("from .mate import thing", INNER | {"kit/inner/mate.py"}),
        ("from . import thing", INNER),
        ("from .. import lazy", {"kit/__init__.py", "kit/lazy.py"}),
        ("from ..lazy import thing", {"kit/__init__.py", "kit/lazy.py"}),
        ("from .. import lazy as l, helper", {"kit/__init__.py", "kit/lazy.py", "kit/helper.py"}),
        ("from ..inner import mate", INNER | {"kit/inner/mate.py"}),
        ("from kit import lazy", {"kit/__init__.py", "kit/lazy.py"}),
        ("from kit import thing", {"kit/__init__.py"}),
        ("from kit.lazy import thing", {"kit/__init__.py", "kit/lazy.py"}),
        ("from kit.inner import mate", INNER | {"kit/inner/mate.py"}),
        ("import kit", {"kit/__init__.py"}),
        ("import kit.lazy", {"kit/__init__.py", "kit/lazy.py"}),
        ("import kit.inner.mate as m", INNER | {"kit/inner/mate.py"}),
        ("import job, run", {"job.py", "run.py"}),
        ("from kit.lazy import *", {"kit/__init__.py", "kit/lazy.py"}),
        ("if True:\n    from ..lazy import thing", {"kit/__init__.py", "kit/lazy.py"}),
        ("def f():\n    import kit.lazy", {"kit/__init__.py", "kit/lazy.py"}),
        ("import numpy", set()),
        ("from torch import nn", set()),
        ("import os.path, json", set()),
        ("import kit.inner.numpy", set()),
        ("x = 'import kit.lazy'", set()),
        ("# import kit.lazy", set()),
    ],
)
def test_what_an_import_statement_inside_of_a_package_names(statement, found, tmp_path):
    scripts = plant(tmp_path, deep=f"{statement}\n")
    assert names(scripts, imports(scripts, scripts / "kit/inner/deep.py")) == found


def test_what_a_package_itself_imports_is_relative_to_it(tmp_path):
    scripts = plant(tmp_path)
    found = names(scripts, imports(scripts, scripts / "kit/inner/__init__.py"))
    assert found == INNER | {"kit/inner/mate.py"}


# ── the checksum ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", sorted(OF_RUN))
def test_the_checksum_changes_with_the_content_of_every_file(name, tmp_path):
    before, after = plant(tmp_path / "before"), plant(tmp_path / "after")
    with (after / name).open("a") as file:
        file.write("# changed\n")
    assert checksum(before, "run") != checksum(after, "run")


@pytest.mark.parametrize("name", sorted(set(TREE) - OF_RUN))
def test_the_checksum_does_not_change_with_other_files(name, tmp_path):
    before, after = plant(tmp_path / "before"), plant(tmp_path / "after")
    (after / name).write_text("# changed\n")
    assert checksum(before, "run") == checksum(after, "run")
    (after / name).unlink()
    assert checksum(before, "job") == checksum(after, "job")


def test_the_checksum_does_not_change_with_a_new_file(tmp_path):
    before, after = plant(tmp_path / "before"), plant(tmp_path / "after")
    for new in ("new.py", "kit/new.py", "kit/inner/__pycache__/deep.cpython-312.pyc"):
        (after / new).parent.mkdir(exist_ok=True)
        (after / new).write_bytes(b"import json\n")
    assert checksum(before, "run") == checksum(after, "run")


def test_the_checksum_depends_neither_on_place_nor_on_dates(tmp_path):
    before = plant(tmp_path / "before")
    after = tmp_path / "far" / "away" / "a space"
    shutil.copytree(before, after)
    for path in after.rglob("*.py"):
        os.utime(path, (1e9, 1e9))
    assert checksum(before, "run", "kit.chosen") == checksum(after, "run", "kit.chosen")


def test_the_checksum_changes_with_a_module_that_becomes_a_package(tmp_path):
    before, after = plant(tmp_path / "before"), plant(tmp_path / "after")
    (after / "kit/lazy").mkdir()
    (after / "kit/lazy.py").rename(after / "kit/lazy/__init__.py")
    assert "kit/lazy/__init__.py" in names(after, files(after, "run"))
    assert checksum(before, "run") != checksum(after, "run")


def test_the_checksum_changes_with_contents_that_are_swapped(tmp_path):
    before = plant(tmp_path / "before", helper="a = 1\n", lazy="b = 2\n")
    after = plant(tmp_path / "after", helper="b = 2\n", lazy="a = 1\n")
    assert checksum(before, "run") != checksum(after, "run")


def test_the_checksum_tells_scripts_and_chosen_modules_apart(tmp_path):
    scripts = plant(tmp_path)
    found = [
        checksum(scripts, "run"),
        checksum(scripts, "other"),
        checksum(scripts, "job"),
        checksum(scripts, "run", "kit.chosen"),
        checksum(scripts, "run", "kit.nobody"),
    ]
    assert len(set(found)) == len(found)


# ── the library itself ──────────────────────────────────────────────────────────────────────────


def of_library(script, *modules):
    return names(SCRIPTS, files(SCRIPTS, script, *modules))


def test_what_depends_on_the_path_finder():
    finder = "latentgeo/starts/grid/paths.py"
    for part in ("starts.graph", "certificates.fisher_rao"):
        assert finder in of_library("solve_geodesics", f"latentgeo.{part}")
    for part in ("starts.line", "objectives.density"):
        assert finder not in of_library("solve_geodesics", f"latentgeo.{part}")


@pytest.mark.parametrize("solver, others", [("newton", ["adam", "lbfgs"]), ("adam", ["lbfgs"])])
def test_a_solver_does_not_depend_on_others(solver, others):
    found = of_library("solve_geodesics", "latentgeo.starts.line", f"latentgeo.solvers.{solver}")
    assert f"latentgeo/solvers/{solver}.py" in found
    assert not found & {f"latentgeo/solvers/{other}.py" for other in others}


def test_training_depends_neither_on_the_study_nor_on_its_statistics():
    found = of_library("train_vae")
    assert {"train_vae.py", "job.py", "latentgeo/models/training.py"} <= found
    of_study = {name for name in found if name.startswith(("latentgeo/study", "latentgeo/stat"))}
    # every job writes down what its results were made from
    assert of_study == {"latentgeo/study/__init__.py", "latentgeo/study/provenance.py"}


def test_every_script_of_a_rule_is_found_with_its_modules():
    for script in SCRIPTS.glob("*.py"):
        found = of_library(script.stem)
        assert f"{script.stem}.py" in found
        assert script.stem == "job" or {"job.py", "latentgeo/__init__.py"} <= found


MAKERS = {"starts": "make", "solvers": "make", "objectives": "make", "images": "read"}
PARTS = [
    (kind, path.stem)
    for kind, maker in MAKERS.items()
    for path in sorted((SCRIPTS / "latentgeo" / kind).rglob("*.py"))
    if maker in [getattr(node, "name", "") for node in ast.parse(path.read_text()).body]
]


def test_there_are_the_parts_that_the_config_names():
    assert {*PARTS} >= {
        *(("starts", name) for name in ("line", "random", "graph", "hot")),
        *(("solvers", name) for name in ("newton", "adam", "lbfgs")),
        *(("objectives", name) for name in ("fisher_rao", "density")),
        *(("images", name) for name in ("embedded", "torchvision")),
    }


@pytest.mark.parametrize("kind, stem", PARTS)
def test_every_part_can_be_loaded_by_its_name(kind, stem):
    name = stem.replace("_", "-")
    module = plugins.load(kind, name)
    assert callable(getattr(module, MAKERS[kind]))
    assert module.__name__ == plugins.module_name(kind, name)
    assert f"latentgeo/{kind}/{stem}.py" in of_library("job", plugins.module_name(kind, name))
