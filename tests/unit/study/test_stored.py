"""Damaged and foreign files of every kind: an error that names the file, whatever is wrong."""

import os
import pickle
import random
import re
import shutil
from contextlib import contextmanager
from itertools import permutations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from latentgeo.errors import StudyError
from latentgeo.images.checks import load_images
from latentgeo.io.arrays import load_arrays, save_arrays
from latentgeo.io.tables import read_table
from latentgeo.io.whole import refuse_cut_off
from latentgeo.models import files
from latentgeo.models.architecture import Architecture
from latentgeo.models.vae import VAE, Origin
from latentgeo.starts.grid.fields import LatentGrid
from latentgeo.study import records, stored
from latentgeo.study.series import Series, place
from latentgeo.study.stored import load_weights

N, PAIRS, M, G = 30, 4, 3, 5
ARCHITECTURE = Architecture(latent_dim=2, decoder_count=M, hidden=8, channels=2)
MODEL, ANOTHER = "5a" * 32, "c3" * 32
"""Checksums of two models."""
PLACE = "ensemble/seed-0/decoders-2-3/fisher-rao/polynomial/graph/newton/pairs-4-8.npz"
RNG = np.random.default_rng(0)


def valid_arrays():
    """What each kind of file holds, in small."""
    images = RNG.integers(0, 256, (N, 28, 28), dtype=np.uint8)
    labels = (np.arange(N) % 3).astype(np.uint8)
    each = {
        "decoders": np.repeat([2, 3], PAIRS),
        "pair": np.tile(np.arange(4, 8), 2),
        "steps": np.full(2 * PAIRS, 3),
        "converged": np.full(2 * PAIRS, True),
        "status": np.full(2 * PAIRS, "converged"),
        "limit": np.full(2 * PAIRS, "none"),
    }
    each |= {name: np.zeros(2 * PAIRS, dtype=np.uint8) for name in ("label_a", "label_b")}
    numbers = [name for name, form in records.EACH.items() if form in ("number n", "float n")]
    each |= {name: RNG.random(2 * PAIRS) for name in numbers}
    names = ("vae", "metric", "curve", "start", "solver")
    parts = PLACE.split("/")
    origin = stored.origin("ensemble", 0, MODEL)
    series = dict(zip(names, [parts[0], *parts[3:-1]], strict=True)) | {"seed": 0, "order": 0}
    return {
        "digits": {
            "train_images": images,
            "train_labels": labels,
            "test_images": images,
            "test_labels": labels,
        },
        "latents": {"means": RNG.random((N, 2), dtype=np.float32), "labels": labels, **origin},
        "pairs": {
            "rows": np.array([[0, 1], [2, 3], [4, 9], [7, 29]]),
            "labels": np.zeros((PAIRS, 2), dtype=np.uint8),
        },
        "grid": {
            "axes": RNG.random((2, G)),
            "centre": np.zeros(2),
            "scale": np.ones(2),
            "disagreement": RNG.random((M, G, G)),
            "drift": RNG.random((M, G, G, 2)),
            "metric": RNG.random((M, G, G, 2, 2)),
            "skewness": RNG.random((M, G, G, 2, 2, 2)),
            "slope": RNG.random((M, G, G, 2, 2, 2)),
            "bending": RNG.random((M, G, G, 2, 2, 2, 2)),
            "own_metric": RNG.random((M, G, G, 2, 2)),
            "own_skewness": RNG.random((M, G, G, 2, 2, 2)),
            "own_slope": RNG.random((M, G, G, 2, 2, 2)),
            "own_bending": RNG.random((M, G, G, 2, 2, 2, 2)),
            "entropy": RNG.random((M, G, G)),
            **origin,
        },
        "geodesics": {
            **each,
            "points": RNG.random((2 * PAIRS, 9, 2)),
            **{name: np.array(value) for name, value in series.items()},
            "model": origin["model"],
        },
    }


VALID = valid_arrays()
READ = {
    "digits": load_images,
    "latents": stored.load_latents,
    "pairs": lambda path: stored.load_pairs(path, PAIRS, N),
    "grid": stored.load_grid,
    "geodesics": lambda path: records.load_geodesics(path, points="float n t 2"),
    "model": files.load,
    "table": lambda path: read_table(str(path), "seed", "elbo"),
}
TABLE = "vae,seed,elbo\nsingle,0,1680.5\nsingle,1,1681.25\n"


def write(kind, folder):
    folder.mkdir(exist_ok=True)
    path = folder / (PLACE if kind == "geodesics" else f"{kind}.npz")
    if kind == "model":
        torch.manual_seed(0)
        path = path.with_suffix(".safetensors")
        files.save(VAE(ARCHITECTURE), path, Origin("ensemble", 0, "Some CPU"))
    elif kind == "table":
        (path := path.with_suffix(".csv")).write_text(TABLE)
    else:
        save_arrays(path, **VALID[kind])
    return path


@pytest.fixture(params=READ)
def sound(request, tmp_path):
    """A kind of file, and a sound one."""
    return request.param, write(request.param, tmp_path)


def refused(kind, path):
    with pytest.raises(StudyError, match=re.escape(str(path))) as error:
        READ[kind](path)
    assert len(str(error.value).splitlines()) == 1


def test_a_sound_file_is_read(sound):
    kind, path = sound
    READ[kind](path)


@pytest.mark.parametrize("share", [0, 0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99])
def test_a_truncated_file_is_refused(sound, share):
    kind, path = sound
    content = path.read_bytes()
    path.write_bytes(content[: int(share * (len(content) - 1))])
    refused(kind, path)


@pytest.mark.parametrize("kind", [kind for kind in READ if kind != "table"])
def test_flipped_bits_are_refused_or_change_nothing(kind, tmp_path):
    path = write(kind, tmp_path)
    content, before = path.read_bytes(), READ[kind](path)
    for position in random.Random(0).sample(range(8 * len(content)), 100):
        damaged = bytearray(content)
        damaged[position // 8] ^= 1 << position % 8
        path.write_bytes(damaged)
        try:
            after = READ[kind](path)
        except StudyError as error:
            assert str(path) in str(error)
        else:
            same(before, after)


def same(before, after):
    if isinstance(before, VAE):
        before, after = before.state_dict(), after.state_dict()
    assert list(before) == list(after)
    for name in before:
        for a, b in zip(*map(np.atleast_1d, (before[name], after[name])), strict=True):
            np.testing.assert_array_equal(a, b)


FOREIGN = {
    "empty": b"",
    "text": b"not what it was\n",
    "a pickle": pickle.dumps({"weights": [1, 2, 3]}),
    "a web page": b"<!DOCTYPE html><html><body>404</body></html>\n",
    "zeros": bytes(5000),
    "binary": random.Random(0).randbytes(5000),
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_file_of_another_kind_is_refused(sound, content):
    kind, path = sound
    path.write_bytes(content)
    refused(kind, path)


def test_a_missing_file_is_refused(sound):
    kind, path = sound
    path.unlink()
    refused(kind, path)


def test_a_file_that_may_not_be_read_is_refused(sound, monkeypatch):
    kind, path = sound
    asked = {}
    monkeypatch.setattr(os, "access", lambda *args: asked.setdefault(args, False))
    with pytest.raises(StudyError) as error:
        READ[kind](path)
    assert str(error.value).startswith(f"{path}: permission denied;")
    assert [(str(asked_for), mode) for asked_for, mode in asked] == [(str(path), os.R_OK)]


def test_a_folder_in_its_place_is_refused(sound):
    kind, path = sound
    path.unlink()
    path.mkdir()
    refused(kind, path)


@pytest.mark.parametrize("kind, other", [*permutations(READ, 2)])
def test_files_that_were_swapped_are_refused(kind, other, tmp_path):
    path = write(kind, tmp_path)
    shutil.copy(write(other, tmp_path / "other"), path)
    refused(kind, path)


ARRAYS = [(kind, name) for kind, arrays in VALID.items() for name in arrays]


@pytest.mark.parametrize("kind, name", ARRAYS)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda array: None, id="missing"),
        pytest.param(lambda array: array[..., None], id="another dimension"),
        pytest.param(lambda array: np.repeat(array[None], 2, 0), id="stacked"),
        pytest.param(lambda array: array.astype(complex) if is_number(array) else 1j, id="complex"),
        pytest.param(lambda array: np.full(array.shape, {}, dtype=object), id="objects"),
        pytest.param(lambda array: np.full(array.shape, b"text"), id="bytes"),
        pytest.param(lambda array: array[:-1] if array.ndim else array[None], id="one less"),
        pytest.param(lambda array: array[:0] if array.ndim else array[None][:0], id="nothing"),
    ],
)
def test_an_array_of_another_form_is_refused(kind, name, change, tmp_path):
    path = write(kind, tmp_path)
    arrays = dict(VALID[kind])
    arrays[name] = change(arrays[name])
    if arrays[name] is None:
        del arrays[name]
    np.savez(path, **arrays)
    refused(kind, path)


def is_number(array):
    return array.dtype.kind in "iufb"


@pytest.mark.parametrize(
    "kind, name",
    [(k, n) for k, n in ARRAYS if VALID[k][n].dtype.kind == "f" and k != "geodesics"]
    + [("geodesics", "euclidean"), ("geodesics", "points")],
)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(kind, name, value, tmp_path):
    path = write(kind, tmp_path)
    arrays = dict(VALID[kind])
    arrays[name] = arrays[name].copy()
    arrays[name].flat[-1] = value
    save_arrays(path, **arrays)
    refused(kind, path)


def changed(kind, **arrays):
    return pytest.param(kind, VALID[kind] | arrays, id=f"{kind} {', '.join(arrays)}")


IMAGES, ROWS = VALID["digits"]["train_images"], VALID["pairs"]["rows"]


@pytest.mark.parametrize(
    "kind, arrays",
    [
        changed("digits", train_images=np.full((N, 28, 28), np.nan, dtype=np.float32)),
        changed("digits", test_images=IMAGES / 255),
        changed("digits", train_images=IMAGES[:, :14]),
        changed("digits", train_images=IMAGES[:0], train_labels=np.zeros(0, dtype=np.uint8)),
        changed("digits", train_labels=np.linspace(0, 2, N)),
        changed("latents", means=np.ones((N, 2), dtype=np.int64)),
        changed("latents", means=RNG.random((N, 3, 2))),
        changed("pairs", rows=ROWS + 1),  # beyond the last image
        changed("pairs", rows=-ROWS),
        changed("pairs", rows=np.zeros_like(ROWS)),  # of an image with itself
        changed("pairs", rows=ROWS / 2),
        changed("grid", metric=RNG.random((M, G, G, 3, 3))),
        changed("grid", disagreement=RNG.random((M, G, G + 1))),
        changed("geodesics", seed=np.array(1)),
        changed("geodesics", vae=np.array("single")),
        changed("geodesics", curve=np.array("[a-")),
        changed("geodesics", decoders=np.full(2 * PAIRS, 3)),
        changed("geodesics", pair=np.tile(np.arange(PAIRS), 2)),
        changed("geodesics", converged=np.ones(2 * PAIRS)),
    ],
)
def test_other_contents_are_refused(kind, arrays, tmp_path):
    path = write(kind, tmp_path)
    save_arrays(path, **arrays)
    refused(kind, path)


@pytest.mark.parametrize(
    "text",
    [
        "vae,seed\nsingle,0\n",
        "vae,seed,elbo\n",
        "vae,seed,elbo\nsingle,zero,1\n",
        TABLE[:-3],
        TABLE + "a,b,c,d,e,f\n",
        TABLE.replace("1680.5", "16x0.5"),
        TABLE.replace(",", ";"),
    ],
)
def test_another_table_is_refused(text, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(text)
    refused("table", path)


# ── what a power loss leaves ────────────────────────────────────────────────────────────────────


@pytest.fixture
def written(tmp_path):
    """A folder with a result of every kind."""
    for kind in READ:
        write(kind, tmp_path)
    figure = plt.figure()
    for ending in ("png", "pdf"):
        figure.savefig(tmp_path / f"figure.{ending}")
    plt.close(figure)
    return tmp_path


def results_in(folder):
    """What a study would make there."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_whole_results_are_not_refused(written):
    made = results_in(written)
    (written / "checkpoint.safetensors").write_bytes(b"")
    (written / ".table~host~1.csv").write_bytes(b"")
    (written / "job.log").write_bytes(b"")
    refuse_cut_off(made)
    refuse_cut_off([written / "nothing"])
    refuse_cut_off([])


def test_of_a_link_into_a_cache_both_ends_are_named(written):
    entry, link = written / "entry", written / "linked.csv"
    made = [*results_in(written), link]
    link.symlink_to(entry)
    refuse_cut_off(made)  # leads nowhere: Snakemake makes it again
    entry.write_text("")
    with pytest.raises(StudyError, match=f"rm -r {re.escape(f'{link} {entry}')}$"):
        refuse_cut_off(made)


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.999])
def test_results_that_are_cut_off_are_named(written, share):
    paths = results_in(written)
    assert {path.suffix for path in paths} == {".npz", ".safetensors", ".csv", ".png", ".pdf"}
    for path in paths:
        content = path.read_bytes()
        path.write_bytes(content[: int(share * len(content))])
        with pytest.raises(StudyError, match=f"rm -r {re.escape(str(path))}$"):
            refuse_cut_off(paths)
        path.write_bytes(content)
    refuse_cut_off(paths)


def test_weights_are_found_by_pair_in_one_file_or_several(tmp_path):
    path = write("geodesics", tmp_path)
    weights = RNG.random((2 * PAIRS, 3, 2))
    one = {name: VALID["geodesics"][name] for name in ("vae", "seed", "metric", "curve", "start")}
    one |= {name: VALID["geodesics"][name] for name in ("solver", "order")}
    model = {"model": VALID["geodesics"]["model"]}
    parts = []
    for first in (4, 6):
        series = Series(**{name: array.item() for name, array in one.items()})
        path = tmp_path / place(series, (0, 0), (first, first + 2))
        each = {"decoders": np.zeros(2, dtype=int), "pair": np.arange(first, first + 2)}
        save_arrays(path, **one, **model, **each, weights=weights[first - 4 : first - 2])
        parts.append(path)
    np.testing.assert_array_equal(load_weights(parts, range(5, 8)), weights[1:4])
    np.testing.assert_array_equal(load_weights(parts[:1], [5, 4]), weights[[1, 0]])
    with pytest.raises(StudyError, match=r"no geodesics of the pairs \[6\]"):
        load_weights(parts[:1], [5, 6])
    np.testing.assert_array_equal(load_weights(parts, range(5, 8), MODEL), weights[1:4])
    with another_model(parts[0]):
        load_weights(parts, range(5, 8), ANOTHER)
    save_arrays(parts[1], **load_arrays(parts[1]) | {"model": np.array(ANOTHER)})
    with another_model(parts[1]):  # although the pairs are all in the other one
        load_weights(parts, [4, 5], MODEL)
    with pytest.raises(StudyError, match=r"no geodesics of the pairs \[8\]"):
        load_weights(parts[:1], [8], MODEL)


# ── of which model something is ─────────────────────────────────────────────────────────────────


@contextmanager
def another_model(path):
    with pytest.raises(StudyError, match=re.escape(str(path))) as error:
        yield
    assert "was made of another model (ensemble, seed 0, " in str(error.value)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("kind", ["latents", "grid"])
def test_what_was_made_of_another_model_is_refused(kind, tmp_path):
    path, load = write(kind, tmp_path), getattr(stored, f"load_{kind}")
    same(load(path), load(path, MODEL))
    with pytest.raises(StudyError) as error:
        load(path, ANOTHER)
    assert str(error.value) == (
        f"{path}: was made of another model (ensemble, seed 0, 5a5a5a5a) than what it is used "
        "with (c3c3c3c3); delete it and run again"
    )
    with another_model(path):
        load(path, "")  # the checksum of a model that was not read from a file
    save_arrays(path, **VALID[kind] | {"model": np.array(ANOTHER)})
    load(path, ANOTHER)
    with another_model(path):
        load(path, MODEL)


def test_latents_say_of_which_model_they_are_and_a_grid_is_the_grid_alone(tmp_path):
    latents = stored.load_latents(write("latents", tmp_path))
    assert [latents[name].item() for name in stored.ORIGIN] == ["ensemble", 0, MODEL]
    grid = stored.load_grid(write("grid", tmp_path), MODEL)
    assert list(grid) == list(stored.GRID) == list(vars(LatentGrid(**grid)))


@pytest.mark.parametrize("decoder_count", [1, M + 1])
def test_a_grid_of_another_number_of_decoders_is_refused_through_its_model(decoder_count, tmp_path):
    path = write("grid", tmp_path)
    arrays = dict(VALID["grid"]) | {"model": np.array(ANOTHER)}
    for name, form in stored.GRID.items():
        if form.split()[1] == "m":
            arrays[name] = np.repeat(arrays[name][:1], decoder_count, 0)
    save_arrays(path, **arrays)
    assert len(stored.load_grid(path)["metric"]) == decoder_count
    with another_model(path):
        stored.load_grid(path, MODEL)


@pytest.mark.parametrize("name", [name for name, form in stored.GRID.items() if " m " in form])
def test_the_arrays_of_a_grid_are_of_one_number_of_decoders(name, tmp_path):
    path = write("grid", tmp_path)
    save_arrays(path, **VALID["grid"] | {name: VALID["grid"][name][1:]})
    refused("grid", path)


def test_the_files_of_a_model_are_of_that_model_only(tmp_path):
    """As a job reads them: the model first, and then what was made of it."""
    paths = {}
    for seed in (0, 1):
        folder = tmp_path / f"seed-{seed}"
        torch.manual_seed(seed)
        paths[seed] = folder / "model.safetensors", folder / "latents.npz", folder / "grid.npz"
        origin = Origin("ensemble", seed, "Some CPU")
        files.save(VAE(ARCHITECTURE), paths[seed][0], origin)
        made = stored.origin("ensemble", seed, files.load(paths[seed][0]).checksum)
        save_arrays(paths[seed][1], **VALID["latents"] | made)
        save_arrays(paths[seed][2], **VALID["grid"] | made)
    wanted = vars(ARCHITECTURE)
    model = files.load_wanted(paths[0][0], wanted, "ensemble", 0)
    stored.load_latents(paths[0][1], model.checksum)
    stored.load_grid(paths[0][2], model.checksum)
    with pytest.raises(StudyError, match=rf"^{re.escape(str(paths[1][0]))}: the model is ens"):
        files.load_wanted(paths[1][0], wanted, "ensemble", 0)
    for load, path in ((stored.load_latents, paths[1][1]), (stored.load_grid, paths[1][2])):
        with pytest.raises(StudyError, match=rf"^{re.escape(str(path))}: .*ensemble, seed 1, "):
            load(path, model.checksum)
