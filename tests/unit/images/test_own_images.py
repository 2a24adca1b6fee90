"""The user's own images: npz files and folders, and what is wrong with them."""

import numpy as np
import pytest
from latentgeo.errors import StudyError
from latentgeo.images.folder import read_folder
from latentgeo.images.npz import read_npz
from PIL import Image

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (12, 4, 5), dtype=np.uint8)
LABELS = np.arange(12) % 2


def npz(tmp_path, **arrays):
    np.savez(tmp_path / "my.npz", **arrays)
    return read_npz(tmp_path / "my.npz", [], 0.25, 0)


def test_test_images_are_drawn_from_an_npz_or_given(tmp_path):
    drawn = npz(tmp_path, images=IMAGES, labels=LABELS)
    assert [len(drawn[f"{split}_images"]) for split in ("train", "test")] == [9, 3]
    both = np.concatenate([drawn["train_images"], drawn["test_images"]])
    assert sorted(map(bytes, both)) == sorted(map(bytes, IMAGES))
    given = npz(tmp_path, train_images=IMAGES[:8], test_images=IMAGES[8:] / 255)
    np.testing.assert_array_equal(given["test_images"], IMAGES[8:])
    assert given["train_labels"].tolist() == [0] * 8


WRONG = {
    "two kinds": ({"images": IMAGES, "test_images": IMAGES}, "test_images beside images"),
    "both": ({"train_images": IMAGES, "test_images": IMAGES, "labels": LABELS}, "labels beside"),
    "half": (
        {"train_images": IMAGES, "test_images": IMAGES, "test_labels": LABELS},
        "only one of train_labels and test_labels",
    ),
    "none": ({"images": IMAGES[:0].astype(int)}, "holds no pixels"),
    "large": ({"images": IMAGES.astype(float)}, "floats from 0 to 1, are wanted"),
    "objects": ({"images": IMAGES, "labels": np.array([None] * 12)}, "without pickles"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_npz_is_one_error_and_nobody_is_told_to_delete_it(tmp_path, name):
    arrays, message = WRONG[name]
    with pytest.raises(StudyError, match=message) as error:
        npz(tmp_path, **arrays)
    assert "data.file" in str(error.value) and "delete" not in str(error.value)


def folder(tmp_path, *names):
    for name in names:
        (tmp_path / name).mkdir(parents=True)
        for number, image in enumerate(IMAGES):
            Image.fromarray(image).save(tmp_path / name / f"{number}.png")
    return lambda: read_folder(tmp_path, [1, 4, 5], [], 0.25, 0)


def test_hidden_folders_are_no_classes(tmp_path):
    found = folder(tmp_path, "b", "a", ".checkpoints")()
    assert (
        sorted(np.concatenate([found["train_labels"], found["test_labels"]])) == [0] * 12 + [1] * 12
    )


@pytest.mark.parametrize("split", ["train", "test"])
def test_one_split_alone_is_no_class(tmp_path, split):
    with pytest.raises(StudyError, match=f"it has {split}, but not train and test"):
        folder(tmp_path, f"{split}/a", f"{split}/b")()


def test_sixteen_bits_are_scaled_and_what_is_beyond_them_is_refused(tmp_path):
    read = folder(tmp_path, "a")
    deep = np.linspace(0, 65535, 20).round().astype(np.uint16).reshape(4, 5)
    for number in range(12):
        Image.fromarray(deep).save(tmp_path / f"a/{number}.png")
    found = read()
    for image in found["train_images"]:
        np.testing.assert_array_equal(image, np.round(deep / 257))
    Image.fromarray(np.linspace(0, 1, 20, dtype=np.float32).reshape(4, 5)).save(
        tmp_path / "a/x.tif"
    )
    with pytest.raises(StudyError, match=r"x\.tif: its pixels are floating-point"):
        read()
    Image.fromarray(deep.astype(np.int32) + 1).save(tmp_path / "a/x.tif")
    with pytest.raises(StudyError, match="pixels 1 to 65536; 16 bits are wanted"):
        read()


def test_a_photograph_that_lies_on_its_side_is_turned(tmp_path):
    read = folder(tmp_path, "a")
    picture = Image.fromarray(np.repeat(np.repeat(IMAGES[0].T, 8, 0), 8, 1))
    tags = picture.getexif()
    tags[0x0112] = 8  # to be turned by 90 degrees
    for number in range(12):
        (tmp_path / f"a/{number}.png").unlink()
        picture.save(tmp_path / f"a/{number}.png", exif=tags)
    found = read()["train_images"][0]
    expected = np.asarray(picture.rotate(90, expand=True))[4::8, 4::8]
    assert np.abs(found.astype(int) - expected).mean() < 25
