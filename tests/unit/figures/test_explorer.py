"""What the page's explorer is given: what it shows is what files say."""

import base64
import io
import json

import numpy as np
import pandas as pd
import pytest
from latentgeo.io.arrays import save_arrays
from latentgeo.study import explored, resampled
from latentgeo.study.experiments import Experiment
from latentgeo.study.page import explorer
from latentgeo.study.page.render import within_html
from PIL import Image
from synthetic import Results


def picture(source):
    data = base64.b64decode(source.partition(",")[2])
    return np.array(Image.open(io.BytesIO(data)))


@pytest.fixture
def results(tmp_path):
    return Results(tmp_path, vaes={"single": 1, "ensemble": 3}, pairs=2)


@pytest.fixture
def content(results):
    described = results.experiment(list(results.vaes), range(1), ["polynomial"]).described()
    each = np.random.default_rng(0).integers(0, 256, (180, 6, 5), dtype=np.uint8)
    labels = np.arange(180) % 3
    images = results.folder / "images.npz"
    names = ("train_images", "train_labels", "test_images", "test_labels")
    save_arrays(images, **dict(zip(names, (each, labels, each, labels), strict=True)))
    models = []
    for vae, decoders in results.vaes.items():
        requests = explored.requests([described], vae, 0, decoders, 2)
        path = results.decoded(vae, 0, requests)
        arrays = dict(np.load(path)) | {"density": np.add.outer(np.arange(8.0), np.arange(8.0))}
        save_arrays(path, **arrays)
        files = results.latents(vae, 0), path, results.grid(vae, 0)
        models.append(explorer.Files(vae, 0, decoders, *files))
    return explorer.content(models, str(images), ("a", "b", "c"))


def test_curves_are_those_of_the_files(content, results):
    for model in content["models"]:
        stored = dict(np.load(results.folder / "decoded" / model["vae"] / "seed-0.npz"))
        assert len(model["curves"]) == len(stored["pair"]) == 4
        for n, curve in enumerate(model["curves"]):
            assert curve["pair"] == stored["pair"][n] and curve["curve"] == stored["curve"][n]
            np.testing.assert_allclose(np.array(curve["points"]).T, stored["points"][n], atol=1e-3)
            np.testing.assert_allclose(curve["energy"], stored["energy"][n], rtol=1e-6)
            frames = stored["frames"][n].reshape(-1, 6, 5)
            sheet = picture(curve["frames"])
            np.testing.assert_array_equal(np.split(sheet, len(frames), axis=1), frames)


def test_thumbnails_and_latents_are_of_the_same_images(content, results):
    sheet, columns = picture(content["thumbnails"]["picture"]), content["thumbnails"]["columns"]
    images = dict(np.load(results.folder / "images.npz"))
    assert content["labels"] == images["train_labels"].tolist()  # all, as there are few
    for n in (0, 7, 179):
        row, column = divmod(n, columns)
        one = sheet[6 * row : 6 * row + 6, 5 * column : 5 * column + 5]
        np.testing.assert_array_equal(one, images["train_images"][n])
    latents = dict(np.load(results.folder / "latents/single/seed-0.npz"))["means"]
    np.testing.assert_allclose(content["models"][0]["latents"], latents.T, atol=1e-3)


def test_backgrounds_go_from_their_lowest_to_their_highest_shade(content):
    for model in content["models"]:
        for name, field in model["backgrounds"].items():
            values = np.frombuffer(base64.b64decode(field["values"]), np.uint8)
            assert len(values) == explorer.NODES**2, name
        density = model["backgrounds"]["density"]
        values = np.frombuffer(base64.b64decode(density["values"]), np.uint8)
        values = values.reshape(explorer.NODES, explorer.NODES)
        assert values[0, 0] == 0 and values[-1, -1] == 255  # rows go upwards
        assert (np.diff(values.astype(int), axis=0) >= 0).all()


def test_without_a_grid_there_are_no_backgrounds(content, results):
    files = (
        results.folder / "latents/single/seed-0.npz",
        results.folder / "decoded/single/seed-0.npz",
    )
    one = explorer.Files("single", 0, 1, *map(str, files), None)
    found = explorer.content([one], str(results.folder / "images.npz"), ())
    assert "backgrounds" not in found["models"][0]
    assert [c["name"] for c in found["classes"]] == ["class 0", "class 1", "class 2"]


def test_numbers_that_there_are_not_are_null(content):
    assert explorer._told(float("nan")) is None and explorer._told(1.23456789) == 1.234568
    json.loads(within_html(content).replace("\\u003c", "<"))


def test_no_text_ends_the_script_that_it_stands_in():
    text = within_html({"name": "</script><script>alert(1)</script>"})
    assert "<" not in text and json.loads(text)["name"].startswith("</script>")
    assert within_html({}) == ""


def test_colour_images_have_their_colours():
    images = np.random.default_rng(0).integers(0, 256, (3, 3, 4, 5), dtype=np.uint8)
    sheet = picture(explorer.sprite(images, 2))
    assert sheet.shape == (8, 10, 3)
    np.testing.assert_array_equal(sheet[4:, :5].transpose(2, 0, 1), images[2])
    assert not sheet[4:, 5:].any()


def experiment(**changed):
    settings = {
        "metrics": ["fisher-rao", "density"],
        "vaes": ["single", "ensemble"],
        "seeds": [0, 1],
        "decoder_counts": {"single": [1], "ensemble": [1, 3]},
        "starts": {"polynomial": "graph"},
        "solvers": ["newton"],
        "pairs": 5,
    }
    return Experiment(**settings | changed).described()


def test_what_is_explored_is_all_of_a_models_decoders_and_the_first_pairs():
    more = experiment(
        metrics=["fisher-rao"], pairs=9, orders=2, totals={"single": 1, "ensemble": 3}
    )
    found = explored.requests([experiment(), more], "ensemble", 1, 3, 7)
    assert [(r.series.metric, r.decoder_count, r.pairs) for r in found] == [
        ("fisher-rao", 3, 7),
        ("density", 0, 5),
    ]
    assert all((r.series.vae, r.series.seed, r.series.order) == ("ensemble", 1, 0) for r in found)


def test_what_is_asked_for_first_comes_first():
    requests = explored.requests([experiment()], "single", 0, 1, 5)
    rows = [
        {**vars(r.series), "decoders": r.decoder_count, "pair": pair}
        for pair in range(2)
        for r in reversed(requests)
    ]
    ordered = explored.in_order(pd.DataFrame(rows), requests)
    assert ordered["metric"].tolist() == ["fisher-rao"] * 2 + ["density"] * 2
    assert ordered["pair"].tolist() == [0, 1, 0, 1]


def test_a_field_is_resampled_at_equal_steps():
    axes = np.array([[0.0, 1, 3, 7, 8], [0, 2, 3, 4, 10]])
    field = np.add.outer(axes[0], 2 * axes[1])
    evenly = resampled.evenly(axes, field, 5)
    expected = np.add.outer(np.linspace(0, 8, 5), 2 * np.linspace(0, 10, 5))
    np.testing.assert_allclose(evenly, expected, atol=1e-12)
    low, high = resampled.shades(np.arange(101.0))
    assert (low, high) == (2.0, 98.0)
