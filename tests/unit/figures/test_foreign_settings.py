"""Figures have the same bytes whatever the user's settings of matplotlib and of the language."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest
from project import PROJECT

HERE = Path(__file__).parent
HOSTILE = """
backend: tkagg
text.usetex: True
font.family: serif
font.size: 20
axes.facecolor: red
axes.grid: True
axes.titlesize: 30
axes.formatter.use_locale: True
axes.unicode_minus: False
lines.linewidth: 7
lines.marker: x
scatter.marker: x
image.cmap: jet
image.origin: lower
legend.frameon: True
mathtext.fontset: cm
savefig.transparent: True
savefig.facecolor: blue
savefig.dpi: 30
savefig.pad_inches: 3
figure.facecolor: green
figure.autolayout: True
path.sketch: 1, 100, 2
path.simplify: False
pdf.compression: 0
pdf.fonttype: 3
errorbar.capsize: 9
boxplot.notch: True
xtick.direction: in
"""


def figures(folder: Path, cwd: Path = HERE, **environment: str) -> dict[str, bytes]:
    """The files that a process with these settings draws."""
    path = os.pathsep.join(map(str, [PROJECT / "workflow/scripts", HERE, HERE.parent]))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MPL")}
    subprocess.run(
        [sys.executable, "-W", "ignore", HERE / "drawn_elsewhere.py", folder],
        cwd=cwd,
        env=inherited | {"PYTHONPATH": path} | environment,
        check=True,
    )
    return {file.name: file.read_bytes() for file in folder.glob("*_figure.*")}


@pytest.fixture(scope="module")
def usual(tmp_path_factory) -> dict[str, bytes]:
    found = figures(tmp_path_factory.mktemp("usual"))
    assert len(found) == 6
    return found


@pytest.fixture(scope="module")
def german(tmp_path_factory) -> dict[str, str]:
    """Settings of a locale that writes decimal commas, compiled for the test."""
    folder = tmp_path_factory.mktemp("locales")
    command = ["localedef", "-i", "de_DE", "-f", "UTF-8", str(folder / "de_DE.UTF-8")]
    if not shutil.which("localedef") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no locale with decimal commas can be made here")
    settings = {"LOCPATH": str(folder), "LC_ALL": "de_DE.UTF-8"}
    asked = "import locale; locale.setlocale(locale.LC_ALL, ''); print(f'{0.5:n}')"
    said = subprocess.run(
        [sys.executable, "-c", asked], env=os.environ | settings, capture_output=True, text=True
    )
    assert said.stdout.strip() == "0,5"
    return settings


def test_a_file_of_settings_and_a_foreign_backend_change_nothing(usual, tmp_path):
    (tmp_path / "settings").write_text(HOSTILE)
    settings = {"MATPLOTLIBRC": str(tmp_path / "settings"), "MPLBACKEND": "unheard-of"}
    assert figures(tmp_path, **settings, PYTHONHASHSEED="7") == usual


def test_a_folder_of_settings_and_the_c_locale_change_nothing(usual, tmp_path):
    own = tmp_path / "own"
    (own / "stylelib").mkdir(parents=True)
    for name in ("matplotlibrc", "stylelib/default.mplstyle", "stylelib/classic.mplstyle"):
        (own / name).write_text(HOSTILE)
    assert figures(tmp_path, MPLCONFIGDIR=str(own), LC_ALL="C") == usual


def test_settings_where_the_study_lies_and_decimal_commas_change_nothing(usual, german, tmp_path):
    (tmp_path / "matplotlibrc").write_text(HOSTILE)
    assert figures(tmp_path, cwd=tmp_path, **german) == usual


def test_every_hostile_setting_is_one_that_matplotlib_takes():
    lines = HOSTILE.strip().splitlines()
    taken = matplotlib.RcParams(line.split(": ", 1) for line in lines)
    assert len(taken) == len(lines)
