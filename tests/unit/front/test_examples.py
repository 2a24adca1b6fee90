"""The examples of README, docs/library.md and the notebook run as they stand."""

import json
import re

import matplotlib
import pytest
import torch
from project import PROJECT

matplotlib.use("Agg")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.M | re.S)


def blocks(page):
    return BLOCK.findall((PROJECT / page).read_text(encoding="utf-8"))


def cells():
    notebook = json.loads((PROJECT / "docs/library.ipynb").read_text(encoding="utf-8"))
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]


def test_the_readmes_example_is_ten_lines_and_runs():
    [example] = [block for block in blocks("README.md") if "import latentgeo" in block]
    assert len(example.strip().splitlines()) <= 12
    scope = {}
    exec(example, scope)
    assert scope["found"].converged.all()
    assert scope["points"].shape == (5, 100, 2)
    assert torch.isfinite(scope["distances"]).all()


@pytest.mark.parametrize("code", [blocks("docs/library.md"), cells()], ids=["page", "notebook"])
def test_the_librarys_page_and_notebook_run(code):
    scope = {}
    for part in code:
        exec(part, scope)
    assert scope["model"].likelihood.outputs == 1
    assert torch.isfinite(scope["distances"]).all()
    assert scope["geodesics"].converged.all()
