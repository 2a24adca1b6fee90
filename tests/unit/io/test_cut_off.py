"""What a power loss may leave of a study's own files is noticed; nothing else is looked at."""

from __future__ import annotations

import json
import re
import struct
import sys

import numpy as np
import pytest
import torch
from latentgeo.errors import StudyError
from latentgeo.io.whole import refuse_cut_off
from safetensors.torch import save_file

TENSORS = {
    "weight": torch.arange(12, dtype=torch.float32).view(3, 4),
    "bias": torch.ones(5, dtype=torch.float64),
    "steps": torch.arange(3),
}


@pytest.fixture(autouse=True)
def no_safetensors(monkeypatch):
    """What checks the ends has none of its library."""
    monkeypatch.setitem(sys.modules, "safetensors", None)


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.safetensors"
    save_file(TENSORS, path, metadata={"latentgeo": "{}"})
    return path


def refused(*paths):
    return pytest.raises(StudyError, match=re.escape(f"rm -r {' '.join(map(str, paths))}") + "$")


def test_files_that_the_study_does_not_make_are_left_alone(tmp_path, model):
    (tmp_path / "notes.csv").write_text("pair,remark\n3,bends")
    (tmp_path / "mine.npz").write_bytes(b"PK")
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    refuse_cut_off([model, tmp_path / "table.csv"])
    refuse_cut_off(map(str, [model, tmp_path / "table.csv"]))
    with refused(tmp_path / "notes.csv"):
        refuse_cut_off([model, tmp_path / "notes.csv"])


def test_all_damaged_files_are_named_at_once(tmp_path, model):
    paths = [tmp_path / f"{name}.csv" for name in "abc"]
    for path, text in zip(paths, ("x\n1", "x\n1\n", ""), strict=True):
        path.write_text(text)
    with refused(paths[0], paths[2]):
        refuse_cut_off([*paths, model, tmp_path / "missing.npz"])


@pytest.mark.parametrize("ending", [".csv", ".npz", ".png", ".pdf", ".safetensors"])
def test_a_folder_in_the_place_of_a_file_is_named(ending, tmp_path):
    path = tmp_path / f"file{ending}"
    path.mkdir()
    with refused(path):
        refuse_cut_off([path])


# ── safetensors ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "tensors",
    [
        TENSORS,
        {},
        {"empty": torch.zeros(0)},
        {"number": torch.tensor(1.0)},
        {"half": torch.zeros(3, dtype=torch.float16), "empty": torch.zeros(0, 4)},
        {"large": torch.zeros(300, 300)},
    ],
    ids=lambda tensors: " ".join(tensors),
)
@pytest.mark.parametrize("metadata", [None, {"latentgeo": '{"hidden": 8}'}])
def test_sound_models_pass(tensors, metadata, tmp_path):
    path = tmp_path / "sound.safetensors"
    save_file(tensors, path, metadata=metadata)
    refuse_cut_off([path])


def test_a_model_that_lacks_any_number_of_bytes_is_refused(model):
    content = model.read_bytes()
    for size in range(len(content)):
        model.write_bytes(content[:size])
        with refused(model):
            refuse_cut_off([model])
    model.write_bytes(content)
    refuse_cut_off([model])


@pytest.mark.parametrize("share", [0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.9999])
def test_a_large_model_that_is_truncated_is_refused(share, tmp_path):
    path = tmp_path / "large.safetensors"
    save_file({"large": torch.ones(500, 100)}, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with refused(path):
        refuse_cut_off([path])


def test_a_model_that_is_too_long_is_refused(model):
    with model.open("ab") as file:
        file.write(b"\0")
    with refused(model):
        refuse_cut_off([model])


@pytest.mark.parametrize(
    "content",
    [b"", b"\0", bytes(8), bytes(5000), b"text\n", b"<!DOCTYPE html><html></html>\n" * 20]
    + [np.random.default_rng(seed).bytes(3000) for seed in range(5)],
    ids=lambda content: f"{len(content)} bytes",
)
def test_garbage_is_refused(content, model):
    model.write_bytes(content)
    with refused(model):
        refuse_cut_off([model])


@pytest.mark.parametrize("length", [0, 1, 2**20, 2**31, 2**40, 2**63 - 1, 2**63, 2**64 - 1])
def test_a_header_that_claims_another_length_is_refused(length, model):
    model.write_bytes(struct.pack("<Q", length) + model.read_bytes()[8:])
    with refused(model):
        refuse_cut_off([model])


@pytest.mark.parametrize(
    "header",
    [
        [],
        1,
        None,
        "text",
        {"weight": {}},
        {"weight": 1},
        {"weight": []},
        {"weight": {"data_offsets": 8}},
        {"weight": {"data_offsets": [8]}},
        {"weight": {"data_offsets": "08"}},
        {"weight": {"data_offsets": {"1": 8}}},
        {"weight": {"data_offsets": [0, None]}},
        {"weight": {"data_offsets": [0, 9]}},
        {"weight": {"data_offsets": [0, 7]}},
        {"weight": {"data_offsets": [0, -8]}},
    ],
    ids=str,
)
def test_a_header_of_another_form_is_refused(header, model):
    text = json.dumps(header).encode()
    model.write_bytes(struct.pack("<Q", len(text)) + text + bytes(8))
    with refused(model):
        refuse_cut_off([model])
