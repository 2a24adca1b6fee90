"""How many images and pairs there are, counted without numpy."""

import gzip
import os
import re
from itertools import combinations

import numpy as np
import pytest
from latentgeo.errors import StudyError
from latentgeo.images.counts import (
    CHECKSUMS,
    IDX_FILES,
    class_names,
    content,
    count_embedded,
    data_files,
    idx_files,
    pair_capacity,
)
from project import PROJECT

EMBEDDED = PROJECT / "resources/mnist-012.npz"


@pytest.mark.parametrize("classes", [[0], [2, 1], [0, 1, 2], [0, 7], [1, 1], [], range(3)], ids=str)
def test_the_count_is_that_of_the_labels(classes):
    with np.load(EMBEDDED) as stored:
        labels = stored["train_labels"]
        expected = np.isin(labels, list(classes)).sum() if classes else len(labels)
    assert count_embedded(EMBEDDED, classes) == expected


def test_pairs_are_counted_without_order():
    for images in range(7):
        assert pair_capacity(images) == len(list(combinations(range(images), 2)))


@pytest.mark.parametrize(
    "damage", ["missing", "empty", "text", "truncated", "flipped bit", "others"]
)
def test_a_damaged_file_is_an_error_that_names_it(tmp_path, damage):
    path, content = tmp_path / "images.npz", bytearray(EMBEDDED.read_bytes())
    if damage == "others":
        np.savez(path, other=np.zeros(3))
    elif damage != "missing":
        flipped = bytearray(content)
        flipped[content.index(b"train_labels.npy") + 2000] ^= 1
        damaged = {
            "empty": b"",
            "text": b"no zip\n",
            "truncated": content[:-5000],
            "flipped bit": flipped,
        }
        path.write_bytes(damaged[damage])
    with pytest.raises(StudyError, match=rf"{path}: .*restore the file from the repository"):
        count_embedded(path, [0, 1])


def test_the_content_of_files_does_not_depend_on_where_they_lie(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(b"one")
    second.write_bytes(b"two")
    before = content(first, second)
    moved = first.rename(tmp_path / "moved")
    assert content(moved, second) == before
    assert content(second, moved) != before
    moved.write_bytes(b"three")
    assert content(moved, second) != before


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(StudyError, match="missing: cannot be read"):
        content(tmp_path / "missing")


# ── data files ──────────────────────────────────────────────────────────────────────────────────


def settings(root, **other):
    return {"source": "torchvision", "dataset": "MNIST", "root": str(root), "classes": [0]} | other


def write_data(root, dataset="MNIST"):
    folder = root / dataset / "raw"
    folder.mkdir(parents=True)
    for name in IDX_FILES:
        (folder / name).write_bytes(name.encode())
    return folder


def test_the_content_of_other_bytes_of_the_same_name_size_and_date_is_another(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"one")
    dates, before = path.stat(), content(path)
    path.write_bytes(b"two")
    os.utime(path, ns=(dates.st_atime_ns, dates.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (dates.st_size, dates.st_mtime_ns)
    assert content(path) != before
    path.write_bytes(b"one")
    assert content(path) == before


def test_where_one_file_ends_and_the_next_begins_is_part_of_the_content(tmp_path):
    def of(*parts):
        paths = [tmp_path / str(n) for n in range(len(parts))]
        for path, part in zip(paths, parts, strict=True):
            path.write_bytes(part)
        return content(*paths)

    contents = [of(b"ab", b"c"), of(b"a", b"bc"), of(b"abc"), of(b"abc", b""), of()]
    assert len(set(contents)) == 5
    assert all(re.fullmatch("[0-9a-f]{16}", found) for found in contents)


@pytest.mark.parametrize("name", IDX_FILES)
def test_other_bytes_of_a_data_file_of_the_same_size_and_date_are_other_data(name, tmp_path):
    path = write_data(tmp_path) / name
    dates, before = path.stat(), data_files(settings(tmp_path))
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(dates.st_atime_ns, dates.st_mtime_ns))
    files, found = data_files(settings(tmp_path))
    assert files == before[0] == list(map(str, idx_files(str(tmp_path), "MNIST")))
    assert found != before[1]


def test_data_files_that_lie_elsewhere_or_have_another_date_are_the_same_data(tmp_path):
    folder = write_data(tmp_path / "first")
    files, before = data_files(settings(tmp_path / "first"))
    for name in IDX_FILES:
        os.utime(folder / name, (0, 0))
    assert data_files(settings(tmp_path / "first")) == (files, before)
    (tmp_path / "first").rename(tmp_path / "second")
    moved, after = data_files(settings(tmp_path / "second"))
    assert after == before
    assert moved == [path.replace("first", "second") for path in files]
    (tmp_path / "second/MNIST").rename(tmp_path / "second/KMNIST")
    assert data_files(settings(tmp_path / "second", dataset="KMNIST"))[1] == before


def test_a_compressed_file_is_another_file(tmp_path):
    path = write_data(tmp_path) / IDX_FILES[0]
    _, before = data_files(settings(tmp_path))
    path.with_suffix(".gz").write_bytes(gzip.compress(path.read_bytes()))
    assert data_files(settings(tmp_path))[1] == before
    path.unlink()
    files, after = data_files(settings(tmp_path))
    assert files[0] == f"{path}.gz"
    assert after != before


@pytest.mark.parametrize("dataset", ["MNIST", "KMNIST"])
def test_without_files_those_to_be_downloaded_are_read(dataset, tmp_path):
    assert data_files(settings(tmp_path, dataset=dataset)) == (
        [f"results/downloads/{dataset}/raw/{name}" for name in IDX_FILES],
        "",
    )


@pytest.mark.parametrize("missing", IDX_FILES)
def test_three_of_four_files_are_an_error_that_names_the_fourth(missing, tmp_path):
    (write_data(tmp_path, "KMNIST") / missing).unlink()
    with pytest.raises(StudyError, match=f"data.root: .*KMNIST/raw has no {missing}; all of"):
        data_files(settings(tmp_path, dataset="KMNIST"))


def test_the_embedded_digits_are_no_files_but_have_a_content(tmp_path):
    write_data(tmp_path)
    files, found = data_files(settings(tmp_path, source="embedded"))
    assert files == []
    assert found == content(EMBEDDED, CHECKSUMS)


def test_a_data_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    path = write_data(tmp_path) / IDX_FILES[1]
    read_bytes = type(path).read_bytes

    def read(asked):
        if asked == path:
            raise PermissionError(13, "Permission denied")
        return read_bytes(asked)

    monkeypatch.setattr(type(path), "read_bytes", read)
    with pytest.raises(StudyError, match=rf"{path}: cannot be read \(Permission denied\)"):
        data_files(settings(tmp_path))


def test_classes_of_a_folder_are_called_as_its_folders(tmp_path):
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
    (tmp_path / "a file").touch()
    settings = {"source": "folder", "root": str(tmp_path)}
    assert class_names(settings) == ["a", "b"]
    for split in ("train", "test"):
        (tmp_path / split / "c").mkdir(parents=True)
    assert class_names(settings) == ["c"]
    assert class_names({"source": "npz", "file": "x.npz"}) == []
