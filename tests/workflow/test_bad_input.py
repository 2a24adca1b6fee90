"""Damaged and foreign files between the rules: one error that names the file, nothing lost."""

import os
import pickle
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from latentgeo.models import files
from latentgeo.models.architecture import Architecture
from latentgeo.models.vae import VAE, Origin

MODEL = "results/models/single/seed-0/model.safetensors"
LATENTS = "results/latents/single/seed-0.npz"
GRID = "results/grids/single/seed-0.npz"


def nan_pixels(path):
    arrays = dict(np.load(path))
    arrays["train_images"] = np.full(arrays["train_images"].shape, np.nan, dtype=np.float32)
    np.savez(path, **arrays)


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def another_model(path):
    architecture = Architecture(latent_dim=2, decoder_count=2, hidden=8, channels=2)
    files.save(VAE(architecture), path, Origin("single", 0, "here"))


def put_a_folder(path):
    path.unlink()
    path.mkdir()


DAMAGES = {
    "empty": lambda path: path.write_bytes(b""),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-50]),
    "a pickle": lambda path: path.write_bytes(pickle.dumps({"weights": [1, 2, 3]})),
    "a folder": put_a_folder,
    "a flipped bit": flip_a_bit,
    "NaN pixels": nan_pixels,
    "another model": another_model,
}


@contextmanager
def damaged(study, name, target, damage):
    """A study with a damaged result, of which a target has yet to be made; restored afterwards."""
    path, aside = study.folder / name, study.folder / "aside"
    before, dates = path.read_bytes(), path.stat()
    (study.folder / target).rename(aside)
    try:
        DAMAGES[damage](path)
        yield
    finally:
        if path.is_dir():
            path.rmdir()
        path.write_bytes(before)
        os.utime(path, ns=(dates.st_atime_ns, dates.st_mtime_ns))
        (study.folder / target).parent.mkdir(parents=True, exist_ok=True)
        aside.rename(study.folder / target)


def run(study, target):
    return study.snakemake("--cores", "1", "--config", study.data, "--", target)


@pytest.mark.parametrize(
    "name, target, damage",
    [
        ("results/images.npz", MODEL, "truncated"),
        (MODEL, LATENTS, "a pickle"),
        (MODEL, LATENTS, "a folder"),
        (LATENTS, GRID, "empty"),
    ],
)
def test_a_result_without_its_end_is_one_clear_error(small, name, target, damage):
    others = {k: v for k, v in small.files("results/**/*.npz").items() if k not in (name, target)}
    with damaged(small, name, target, damage):
        done = run(small, target)
        assert done.returncode != 0
        errors = [line for line in done.stdout.splitlines() if "cut off or damaged; " in line]
        assert len(errors) == 1 and name in errors[0], done.stdout
        assert "Traceback" not in done.stdout
        assert not (small.folder / target).exists()
        leftovers = [p.name for p in (small.folder / "results").rglob(".*")]
        assert not leftovers
        after = small.files("results/**/*.npz")
        assert all(after[path] == content for path, content in others.items())


@pytest.mark.parametrize(
    "name, target, damage",
    [
        ("results/images.npz", LATENTS, "NaN pixels"),
        (MODEL, LATENTS, "another model"),
        (LATENTS, GRID, "a flipped bit"),
    ],
)
def test_a_result_of_another_content_is_made_again(small, name, target, damage):
    """It is not what its record says, and so nothing is made of it."""
    before = (small.folder / target).read_bytes(), (small.folder / name).read_bytes()
    with damaged(small, name, target, damage):
        done = run(small, target)
        assert done.returncode == 0, done.stdout
        after = (small.folder / target).read_bytes(), (small.folder / name).read_bytes()
        assert after == before


@pytest.mark.parametrize(
    ("obstacle", "message"),
    [
        ("results/records", "results/records: no folder can be made"),
        ("results/records/extract_images.json/x", "extract_images.json: cannot be written"),
    ],
)
def test_a_job_whose_record_cannot_be_written_fails(fresh, obstacle, message):
    """Before its work where that can be known, and with nothing left that has no record."""
    (fresh.folder / obstacle).parent.mkdir(parents=True)
    (fresh.folder / obstacle).write_text("in the way\n")
    done = fresh.snakemake("--cores", "1", "--", "results/images.npz")
    assert done.returncode != 0
    assert message in done.stdout
    assert "Traceback" not in done.stdout
    assert not (fresh.folder / "results/images.npz").exists()


OTHER_MODEL = "results/models/single/seed-1/model.safetensors"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a usable GPU")
@pytest.mark.parametrize("device, works", [("cuda", False), ("auto", True)])
@pytest.mark.parametrize("key, target", [("training", OTHER_MODEL), ("curves", GRID)])
def test_a_device_without_a_gpu(small, tmp_path, key, target, device, works):
    """Asked for, a missing GPU is a clear error; `auto` does without."""
    study = small.copy(tmp_path / "study")
    setting = f"{key}={{device: {device}}}"
    (study.folder / target).unlink(missing_ok=True)
    done = study.snakemake("--cores", "1", "--config", study.data, setting, "--", target)
    assert (done.returncode == 0) == works, done.stdout
    assert (f"{key}.device: cuda, but torch finds no usable GPU" in done.stdout) != works
    assert "Traceback" not in done.stdout
    assert (study.folder / target).exists() == works


@pytest.mark.parametrize(
    "settings, message",
    [
        (["trainig={seeds: 2}"], "config: unknown key 'trainig'"),
        (["training={learning_rate: 1e-3}"], "YAML reads it as a string; write 0.001"),
        (["vaes={ensemble: 2}"], "3 asked for, but vaes.ensemble has 2"),
    ],
)
def test_a_wrong_configuration_is_an_error_before_any_job(fresh, settings, message):
    done = fresh.snakemake("--cores", "1", "--config", *settings)
    assert done.returncode != 0
    assert message in done.stdout
    assert "Traceback" not in done.stdout
    assert not (fresh.folder / "results").exists()


@pytest.mark.parametrize("content", ["", "- a\n- list\n", "seed: [", "just text"])
def test_a_configuration_file_that_is_no_map_is_an_error(fresh, content):
    wrong = fresh.folder / "wrong.yaml"
    wrong.write_text(content)
    done = fresh.snakemake("--cores", "1", "-n", config=wrong)
    assert done.returncode != 0
    assert "wrong.yaml" in done.stdout or "WorkflowError:\nConfig file " in done.stdout
    assert not (fresh.folder / "results").exists()
