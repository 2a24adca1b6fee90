"""A user's own VAE, weights, images, likelihood and latent dimension, as docs/own-model.md says."""

import re

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from PIL import Image
from project import PROJECT, TINY, copy_project
from safetensors.torch import save_file

PAGE = (PROJECT / "docs/own-model.md").read_text()
BLOCKS = dict(re.findall(r"^```(?:python|yaml)\n# ([\w.-]+)\n(.*?)^```", PAGE, re.M | re.S))
SIDES = (12, 16)
STUDY = {
    "vaes": {"ensemble": None, "noisy": {"decoders": 2, "likelihood": {"family": "gaussian"}}},
    "model": {"latent_dim": 3},
    "training": {"seeds": 2},
    "experiments": {
        "geodesics": {"start": "auto"},
        "variation": {"start": "auto"},
        "proximity": {"vae": "noisy", "decoders": 2, "start": "auto"},
        "starts": {"vae": "noisy", "decoders": 2},
        "segments": {"start": "auto"},
        "contest": {"vaes": ["mine"], "starts": ["auto", "hot"]},
    },
}
STUDY["vaes"]["noisy"]["likelihood"]["deviation"] = 0.2


def colourful(count=240):
    """Images of two kinds in three channels: a bright spot on the left or on the right."""
    noise = np.random.default_rng(0)
    labels = np.arange(count) % 2
    images = noise.integers(0, 60, (count, 3, *SIDES), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        row, column = noise.integers(0, 6), noise.integers(0, 4)
        image[label, row : row + 6, 8 * label + column : 8 * label + column + 4] = 220
    return images, labels


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A study of colour images in three dimensions, with the page's VAE and given weights."""
    study = copy_project(tmp_path_factory.mktemp("own") / "study")
    images, labels = colourful()
    np.savez(study.folder / "my.npz", images=images, labels=labels)
    (study.folder / "my_vae.py").write_text(BLOCKS["my_vae.py"])
    for name in ("given.yaml", "images.yaml"):
        (study.folder / name).write_text(BLOCKS[name])
    (study.folder / "study.yaml").write_text(yaml.safe_dump(STUDY))
    (study.folder / "weights").mkdir()
    scope = {}
    exec(BLOCKS["my_vae.py"], scope)
    for seed in range(2):
        torch.manual_seed(seed)
        module = scope["build"](3, (3, *SIDES))
        path = study.folder / f"weights/{seed}.safetensors"
        save_file(module.state_dict(), path)
    return study


CONFIG = ["--configfile", str(TINY), "given.yaml", "images.yaml", "study.yaml"]


@pytest.fixture(scope="module")
def done(own):
    run = own.snakemake("--cores", "2", *CONFIG, config=None)
    assert run.returncode == 0, run.stdout
    assert "Traceback" not in run.stdout and "Warning" not in run.stdout
    return own


def test_a_study_of_ones_own_runs_to_its_end(done):
    geodesics = pd.read_csv(done.folder / "results/tables/geodesics.csv")
    assert set(geodesics["vae"]) == {"mine", "noisy"}
    newton = geodesics[geodesics["solver"] == "newton"]
    assert np.isfinite(newton["energy"]).all() and newton["converged"].mean() > 0.9
    assert {"landmarks", "hot"} <= set(geodesics["start"])
    assert (done.folder / "results/figures/geodesics-mine.png").exists()
    with np.load(done.folder / "results/latents/noisy/seed-0.npz") as latents:
        assert latents["means"].shape == (192, 3) and latents["test_means"].shape == (48, 3)
    assert not list(done.folder.glob("results/grids/*"))
    assert done.would_run(*CONFIG, config=None) == {}


def test_given_weights_are_not_trained(done):
    history = pd.read_csv(done.folder / "results/models/mine/seed-0/history.csv")
    assert history["epoch"].tolist() == [0]
    models = pd.read_csv(done.folder / "results/tables/models.csv")
    assert set(models["vae"]) == {"mine", "noisy"} and np.isfinite(models["elbo"]).all()


@pytest.mark.parametrize("file", ["my_vae.py", "weights/1.safetensors"])
def test_a_change_of_ones_own_file_runs_again_what_depends_on_it(done, file):
    path = done.folder / file
    before = path.read_bytes()
    try:
        path.write_bytes(before + b"\n" if file.endswith("py") else before[:-1] + b"\x01")
        again = done.would_run(*CONFIG, config=None)
    finally:
        path.write_bytes(before)
    assert again["train_vae"] == (2 if file.endswith("py") else 1)
    assert "extract_images" not in again
    assert done.would_run(*CONFIG, config=None) == {}


def refused(own, **settings):
    (own.folder / "wrong.yaml").write_text(yaml.safe_dump(settings))
    run = own.snakemake("-n", *CONFIG, "wrong.yaml", config=None)
    assert run.returncode != 0 and "Traceback" not in run.stdout
    return run.stdout


def test_what_is_wrong_with_ones_own_is_said_before_anything_runs(own):
    def mine(**entry):
        return refused(own, vaes={"mine": entry})

    assert "vaes.mine.model: there is no file none.py" in mine(model="none.py:build")
    assert "vaes.mine.weights: there is no file w/0.pt" in mine(weights="w/{seed}.pt")
    assert "vaes.mine.model: 'my_vae.py' must be a file and a function" in mine(model="my_vae.py")
    same = mine(weights="my_vae.py")
    assert "vaes.mine.weights: my_vae.py has no {seed}: all of the 2 models" in same
    assert "vaes.mine.training: given weights are not trained" in mine(training={"epochs": 1})
    wrong = refused(own, vaes={"other": {"weights": "my.npz"}})
    assert "vaes.other.weights: of which model?" in wrong
    assert "data.file: none.npz" in refused(own, data={"file": "none.npz"})
    text = refused(own, data={"file": "my_vae.py"})
    assert "config: data.file: my_vae.py: not an npz with images or train_images" in text
    assert "WorkflowError" in text
    graph = refused(own, experiments={"geodesics": {"start": "graph"}})
    assert "experiments.geodesics: the start 'graph' is for two dimensions" in graph


BROKEN = {
    "raises": ("return MyVAE(latent_dim, image)", "raise ValueError('no')", "it fails (ValueError"),
    "nothing": ("return MyVAE(latent_dim, image)", "return None", "it returns NoneType, not an nn"),
    "no function": ("def build(", "def make(", "has no function 'build'"),
    "no python": (
        "from torch import nn",
        "from torch import nm",
        "cannot be imported (ImportError",
    ),
    "too few": ("2 * latent_dim", "latent_dim", "its encoder gives"),
    "too large": (
        "ConvTranspose2d(8, channels",
        "ConvTranspose2d(8, 2 * channels",
        "give 1152 outputs",
    ),
    "another": (
        "nn.Linear(latent_dim, size)",
        "nn.Linear(latent_dim, size, bias=False)",
        "weights of",
    ),
    "noisy": ("nn.GELU()", "Noise()", "draws random numbers"),
    "noisy encoder": (
        "nn.Flatten(),",
        "nn.Flatten(), Noise(),",
        "its encoder: it gives other outputs each time",
    ),
}
NOISE = """

class Noise(nn.Module):
    def forward(self, x):
        return x + x.clone().normal_()
"""


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_vae_is_one_clear_error(own, tmp_path, name):
    old, new, message = BROKEN[name]
    assert old in BLOCKS["my_vae.py"]
    study = copy_project(tmp_path / "study")
    for file in ("my.npz", "given.yaml", "images.yaml", "study.yaml"):
        (study.folder / file).write_bytes((own.folder / file).read_bytes())
    (study.folder / "weights").symlink_to(own.folder / "weights")
    (study.folder / "my_vae.py").write_text(BLOCKS["my_vae.py"].replace(old, new) + NOISE)
    target = "results/models/mine/seed-0/model.safetensors"
    trained = {"vaes": {"mine": {"weights": None}}} if name != "another" else {}
    (study.folder / "trained.yaml").write_text(yaml.safe_dump(trained))
    run = study.snakemake("--cores", "1", *CONFIG, "trained.yaml", "--", target, config=None)
    assert run.returncode != 0 and message in run.stdout, run.stdout
    assert "Traceback" not in run.stdout


def test_ones_own_vae_is_trained_on_files_in_folders(tmp_path):
    study = copy_project(tmp_path / "study")
    images, labels = colourful(40)
    for split in ("train", "test"):
        for number, (image, label) in enumerate(zip(images, labels, strict=True)):
            path = study.folder / f"my-images/{split}/kind-{label}/{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image.transpose(1, 2, 0)).save(path)
    for name in ("my_vae.py", "mine.yaml", "folder.yaml"):
        (study.folder / name).write_text(BLOCKS[name])
    config = ["--configfile", str(TINY), "mine.yaml", "folder.yaml"]
    target = "results/latents/mine/seed-0.npz"
    run = study.snakemake("--cores", "1", *config, "--", target, config=None)
    assert run.returncode == 0, run.stdout
    with np.load(study.folder / "results/images.npz") as stored:
        assert stored["train_images"].shape == (40, 3, 32, 32)
        assert stored["train_labels"].tolist() == sorted(labels.tolist())
    with np.load(study.folder / target) as latents:
        assert latents["means"].shape == (40, 2)
