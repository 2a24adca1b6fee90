"""One cache between clones: what is the same is trained once, what differs never mixed up."""

import os

import pytest
from project import copy_project, write_small_data

CACHED = ["extract_images", "train_vae", "encode_latents"]
MODEL = "results/models/single/seed-0/model.safetensors"
LATENTS = "results/latents/single/seed-0.npz"


class Clones:
    """Clones of the project that share a cache."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "cache").mkdir()
        self.count = 0

    def clone(self):
        self.count += 1
        study = copy_project(self.folder / f"clone-{self.count}")
        write_small_data(study)
        return study

    def run(self, study, *settings, targets=(LATENTS,)):
        arguments = ["--cores", "2", "--cache", *CACHED, "--config", study.data, *settings]
        environment = {"SNAKEMAKE_OUTPUT_CACHE": str(self.folder / "cache")}
        return study.snakemake(*arguments, "--", *targets, **environment)


def trained(study):
    """How many models a clone trained itself, and did not take from the cache."""
    logs = (study.folder / "results/logs/train_vae").glob("*.log")
    return sum("epoch 2/2" in log.read_text() for log in logs)


@pytest.fixture(scope="module")
def clones(tmp_path_factory):
    """A first clone that trained one model, and left it in the cache."""
    clones = Clones(tmp_path_factory.mktemp("clones"))
    study = clones.clone()
    done = clones.run(study)
    assert done.returncode == 0, done.stdout
    assert trained(study) == 1
    clones.first = study
    return clones


def test_a_second_clone_trains_nothing(clones):
    study = clones.clone()
    done = clones.run(study)
    assert done.returncode == 0, done.stdout
    assert trained(study) == 0
    assert (study.folder / LATENTS).read_bytes() == (clones.first.folder / LATENTS).read_bytes()


def test_seeds_and_types_never_share_an_entry(clones):
    study = clones.clone()
    others = ["results/latents/single/seed-1.npz", "results/latents/ensemble/seed-0.npz"]
    done = clones.run(study, targets=[LATENTS, *others])
    assert done.returncode == 0, done.stdout
    assert trained(study) == 2
    contents = {(study.folder / name).read_bytes() for name in [LATENTS, *others]}
    assert len(contents) == 3


@pytest.mark.parametrize(
    "setting, file, old, new",
    [
        pytest.param("training={learning_rate: 0.02}", None, "", "", id="a hyper-parameter"),
        pytest.param("seed=1", None, "", "", id="the study's seed"),
        pytest.param(
            None,
            "workflow/scripts/latentgeo/models/vae.py",
            '"""',
            '# changed\n"""',
            id="a library module",
        ),
        pytest.param(
            None,
            "rules/study.smk",
            "TORCH = ",
            'TORCH = "2.14.1+another"\nOURS = ',
            id="another version of torch",
        ),
    ],
)
def test_a_difference_never_shares_an_entry(clones, setting, file, old, new):
    study = clones.clone()
    if file:
        path = study.folder / file
        path.write_text(path.read_text().replace(old, new, 1))
    done = clones.run(study, *([setting] if setting else []), targets=[MODEL])
    assert done.returncode == 0, done.stdout
    assert trained(study) == 1


def test_other_images_never_share_an_entry(clones):
    """One clone's images are not another's, though the settings are the same."""
    study = clones.clone()
    path = study.folder / "data/MNIST/raw/train-images-idx3-ubyte"
    dates = path.stat()
    content = bytearray(path.read_bytes())
    content[5000] ^= 255
    path.write_bytes(content)
    os.utime(path, ns=(dates.st_atime_ns, dates.st_mtime_ns))
    done = clones.run(study)
    assert done.returncode == 0, done.stdout
    assert trained(study) == 1
    for name in ("results/images.npz", LATENTS):
        assert (study.folder / name).read_bytes() != (clones.first.folder / name).read_bytes()


def test_a_damaged_entry_is_noticed_and_not_used(clones):
    study = clones.clone()
    assert clones.run(study, targets=[MODEL]).returncode == 0
    entry = (study.folder / MODEL).resolve()
    assert entry.is_relative_to(clones.folder / "cache")
    before = entry.read_bytes()
    damaged = bytearray(before)
    damaged[-100] ^= 1
    entry.chmod(0o644)
    try:
        entry.write_bytes(damaged)
        other = clones.clone()
        done = clones.run(other, targets=["results/grids/single/seed-0.npz"])
        assert done.returncode != 0
        assert f"{MODEL}: damaged (checksum differs)" in done.stdout
    finally:
        entry.write_bytes(before)
