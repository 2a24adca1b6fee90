"""Damaged and foreign files between the rules: one error that names the file, nothing lost."""

import os
import pickle

import numpy as np
import pytest
import torch
from latentgeo.models import files
from latentgeo.models.architecture import Architecture
from latentgeo.models.vae import VAE

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
    files.save(VAE(Architecture(latent_dim=2, decoder_count=2, hidden=8, channels=2)), path)


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


@pytest.mark.parametrize(
    "damaged, target, damage",
    [
        ("results/digits.npz", MODEL, "truncated"),
        ("results/digits.npz", MODEL, "NaN pixels"),
        (MODEL, LATENTS, "a pickle"),
        (MODEL, LATENTS, "another model"),
        (MODEL, LATENTS, "a folder"),
        (LATENTS, GRID, "empty"),
        (LATENTS, GRID, "a flipped bit"),
    ],
)
def test_a_damaged_file_is_one_clear_error(small, damaged, target, damage):
    """Named by the job that reads it, or before any job when its end is missing."""
    path = small.folder / damaged
    before, dates = path.read_bytes(), path.stat()
    others = {
        k: v for k, v in small.files("results/**/*.npz").items() if k not in (damaged, target)
    }
    (small.folder / target).rename(small.folder / "aside")
    try:
        DAMAGES[damage](path)
        done = small.snakemake(
            "--cores", "1", "--config", small.data, "--rerun-triggers", "mtime", "--", target
        )
        assert done.returncode != 0
        marks = ("error: ", "cut off or damaged; ")
        errors = [line for line in done.stdout.splitlines() if any(m in line for m in marks)]
        assert len(errors) == 1 and damaged in errors[0], done.stdout
        assert "Traceback" not in done.stdout
        assert not (small.folder / target).exists()
        leftovers = [p.name for p in (small.folder / "results").rglob(".*")]
        assert not leftovers
        after = small.files("results/**/*.npz")
        assert all(after[name] == content for name, content in others.items())
    finally:
        if path.is_dir():
            path.rmdir()
        path.write_bytes(before)
        os.utime(path, ns=(dates.st_atime_ns, dates.st_mtime_ns))
        (small.folder / target).parent.mkdir(parents=True, exist_ok=True)
        (small.folder / "aside").rename(small.folder / target)


OTHER_MODEL = "results/models/single/seed-1/model.safetensors"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a usable GPU")
@pytest.mark.parametrize("device, works", [("cuda", False), ("auto", True)])
def test_a_device_without_a_gpu(small, device, works):
    """Asked for, a missing GPU is a clear error; `auto` does without."""
    training = f"training={{device: {device}}}"
    done = small.snakemake("--cores", "1", "--config", small.data, training, "--", OTHER_MODEL)
    assert (done.returncode == 0) == works, done.stdout
    assert ("training.device: cuda, but torch finds no usable GPU" in done.stdout) != works
    assert "Traceback" not in done.stdout
    assert (small.folder / OTHER_MODEL).exists() == works


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
