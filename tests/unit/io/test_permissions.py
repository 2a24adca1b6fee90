"""Who may read what is written, and what is said of files that may not be read."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from latentgeo.errors import StudyError
from latentgeo.io.arrays import load_arrays, save_arrays
from latentgeo.io.csv import write_table
from latentgeo.io.tables import read_table
from latentgeo.io.whole import check_readable, refuse_cut_off
from latentgeo.models import files
from latentgeo.models.architecture import Architecture
from latentgeo.models.checkpoint import Checkpoint
from latentgeo.models.vae import VAE, Origin
from latentgeo.study import plotting, provenance

MODEL = VAE(Architecture(latent_dim=2, decoder_count=1, hidden=4, channels=1))


def save_figure(path):
    figure, axes = plt.subplots(figsize=(1, 1))
    axes.plot([0, 1], [0, 1])
    plotting.save(figure, [str(path)], pd.DataFrame())


def keep_checkpoint(path):
    Checkpoint(MODEL, torch.optim.Adam(MODEL.parameters()), path, "fingerprint").keep([])


WRITERS = {
    "arrays.npz": lambda path: save_arrays(path, energy=np.zeros(3)),
    "model.safetensors": lambda path: files.save(MODEL, path, Origin("single", 0, "Some CPU")),
    "checkpoint.safetensors": keep_checkpoint,
    "table.csv": lambda path: write_table(pd.DataFrame({"seed": [0, 1]}), str(path)),
    "figure.png": save_figure,
    "figure.pdf": save_figure,
    "record.json": lambda path: provenance.write(path, provenance.Record("all", {}, {}, {}, [])),
}


@contextmanager
def umask(mask):
    before = os.umask(mask)
    try:
        yield
        assert os.umask(mask) == mask, "a writer changed the umask"
    finally:
        os.umask(before)


def mode_of(path):
    return path.stat().st_mode & 0o7777


@pytest.mark.parametrize("mask, mode", [(0o077, 0o600), (0o022, 0o644), (0o002, 0o664)])
@pytest.mark.parametrize("name", WRITERS)
def test_a_written_file_has_the_permissions_that_the_umask_asks_for(name, mask, mode, tmp_path):
    path = tmp_path / name
    with umask(mask):
        WRITERS[name](path)
        assert mode_of(path) == mode
    with umask(0o027):  # whatever an earlier one had
        WRITERS[name](path)
    assert mode_of(path) == 0o640
    assert os.listdir(tmp_path) == [name]


# ── what may not be read ────────────────────────────────────────────────────────────────────────

READERS = {
    "arrays.npz": load_arrays,
    "model.safetensors": files.load,
    "table.csv": lambda path: read_table(str(path)),
}


def unreadable(path, monkeypatch):
    """A file that may not be read; root may read everything, so that chmod is not enough."""
    path.chmod(0o200)
    monkeypatch.setattr(os, "access", lambda asked, mode: os.fspath(asked) != os.fspath(path))


@contextmanager
def refused(path):
    with pytest.raises(StudyError) as error:
        yield
    assert str(error.value) == (f"{path}: permission denied; its owner can give it with chmod a+r")


@pytest.mark.parametrize("name", READERS)
def test_a_file_that_may_not_be_read_is_no_damaged_one(name, tmp_path, monkeypatch):
    path = tmp_path / name
    WRITERS[name](path)
    READERS[name](path)
    unreadable(path, monkeypatch)
    with refused(path):
        READERS[name](path)
    path.unlink()
    with pytest.raises(StudyError, match=re.escape(str(path))) as error:
        READERS[name](path)
    assert "permission" not in str(error.value)


@pytest.mark.parametrize("name", WRITERS)
def test_results_that_may_not_be_read_are_not_called_cut_off(name, tmp_path, monkeypatch):
    paths = [tmp_path / "missing.npz", tmp_path / name, tmp_path / "cut-off.csv"]
    WRITERS[name](paths[1])
    paths[2].write_text("a,b\n1")
    unreadable(paths[1], monkeypatch)
    with refused(paths[1]):
        refuse_cut_off(paths)
    with refused(paths[1]):
        refuse_cut_off(iter(paths[::-1]))


def test_whether_a_file_may_be_read_is_asked_of_the_system(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(os, "access", lambda *args: asked.append(args) or True)
    path = tmp_path / "table.csv"
    check_readable(path)  # what is not there is another error
    assert asked == []
    path.write_text("")
    check_readable(path)
    check_readable(str(path))
    assert asked == [(path, os.R_OK), (str(path), os.R_OK)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("name", READERS)
def test_a_file_without_the_permission_to_be_read(name, tmp_path):
    path = tmp_path / name
    WRITERS[name](path)
    path.chmod(0o200)
    with refused(path):
        READERS[name](path)
    with refused(path):
        refuse_cut_off([path])
