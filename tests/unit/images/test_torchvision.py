"""Images from IDX files as torchvision lays them out."""

import gzip
import hashlib
import os
import re
import struct
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest
import torchvision  # noqa: F401 - makes a temporary folder of its own
from latentgeo.errors import StudyError
from latentgeo.images.counts import DOWNLOADED, IDX_FILES, data_files, idx_files
from latentgeo.images.torchvision import download, read, read_torchvision


def write_idx(folder, images, labels, prefix):
    """The two files of a split in the IDX format that MNIST comes in."""
    folder.mkdir(parents=True, exist_ok=True)
    header = struct.pack(">IIII", 2051, *images.shape)
    (folder / f"{prefix}-images-idx3-ubyte").write_bytes(header + images.tobytes())
    header = struct.pack(">II", 2049, len(labels))
    (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(header + labels.tobytes())


@pytest.fixture
def idx(tmp_path):
    """A root with a small data set of ten classes, laid out as torchvision's MNIST."""
    rng = np.random.default_rng(0)
    arrays = {}
    for split, prefix, count in (("train", "train", 60), ("test", "t10k", 20)):
        images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = (np.arange(count) % 10).astype(np.uint8)
        write_idx(tmp_path / "MNIST" / "raw", images, labels, prefix)
        arrays |= {f"{split}_images": images, f"{split}_labels": labels}
    return tmp_path, arrays


@pytest.fixture(autouse=True)
def scratch(tmp_path_factory, monkeypatch):
    """Where temporary files are made; nothing may be left there."""
    folder = tmp_path_factory.mktemp("scratch")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert os.listdir(folder) == []


def there(root):
    """The files of the data set below a root, of which there are four."""
    files = idx_files(str(root), "MNIST")
    assert len(files) == 4
    return files


def test_torchvision_reads_idx_files(idx):
    root, arrays = idx
    found = read_torchvision("MNIST", there(root), [3, 7])
    chosen = np.isin(arrays["train_labels"], [3, 7])
    np.testing.assert_array_equal(found["train_images"], arrays["train_images"][chosen])
    np.testing.assert_array_equal(found["train_labels"], arrays["train_labels"][chosen])
    assert set(found["test_labels"]) == {3, 7}


def test_neither_files_nor_network_is_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr("torchvision.datasets.mnist.MNIST.mirrors", ["http://127.0.0.1:9/"])
    with pytest.raises(StudyError, match=r"data\.root: .* has no MNIST files and they cannot be"):
        outputs = [tmp_path / "raw" / name for name in IDX_FILES]
        download("MNIST", outputs, str(tmp_path / "nowhere"))


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
@pytest.mark.parametrize("damage", ["truncated", "other magic", "empty", "still compressed"])
def test_a_damaged_idx_file_is_a_clear_error(idx, name, damage):
    root, _ = idx
    path = root / "MNIST" / "raw" / name
    content = path.read_bytes()
    path.write_bytes(
        {
            "truncated": content[:-5],
            "other magic": b"\xff\xff" + content[2:],
            "empty": b"",
            "still compressed": gzip.compress(content),
        }[damage]
    )
    with pytest.raises(StudyError, match=r"data\.root: .*MNIST"):
        read_torchvision("MNIST", there(root), [0, 1])


def test_swapped_images_and_labels_are_a_clear_error(idx):
    root, _ = idx
    images = root / "MNIST/raw/train-images-idx3-ubyte"
    labels = root / "MNIST/raw/train-labels-idx1-ubyte"
    swapped = images.read_bytes()
    images.write_bytes(labels.read_bytes())
    labels.write_bytes(swapped)
    with pytest.raises(StudyError):
        read_torchvision("MNIST", there(root), [0, 1])


# ── files as they are, or compressed ────────────────────────────────────────────────────────────


def compress(root, *positions):
    """Put .gz in the place of some of the four files; all four, in their order."""
    raw = root / "MNIST/raw"
    for name in (IDX_FILES[n] for n in positions):
        (raw / f"{name}.gz").write_bytes(gzip.compress((raw / name).read_bytes()))
        (raw / name).unlink()
    return [raw / (f"{name}.gz" if n in positions else name) for n, name in enumerate(IDX_FILES)]


@pytest.mark.parametrize("packed", [(), (0,), (1, 2), (3,), (0, 1, 2, 3)], ids=str)
def test_files_are_read_as_they_are_or_compressed(idx, packed):
    root, arrays = idx
    files = compress(root, *packed)
    assert there(root) == files
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}
    found = read_torchvision("MNIST", files, range(10))
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == np.uint8
    settings = {"source": "torchvision", "dataset": "MNIST", "root": "x", "classes": [4, 2]}
    again = read(settings, *map(str, files))
    assert set(again["train_labels"]) == {2, 4}
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files} == before
    assert sorted((root / "MNIST").rglob("*.*")) == sorted(f for f in files if f.suffix)


def test_files_are_read_through_links_and_relative_paths(idx, tmp_path, monkeypatch):
    root, arrays = idx
    files = compress(root, 1)
    (tmp_path / "links and more").mkdir()
    links = []
    for path in files:
        links.append(tmp_path / "links and more" / path.name)
        links[-1].symlink_to(path)
    monkeypatch.chdir(tmp_path / "links and more")
    for given in (links, [path.relative_to(tmp_path / "links and more") for path in links]):
        found = read_torchvision("MNIST", given, range(10))
        np.testing.assert_array_equal(found["test_images"], arrays["test_images"])


@pytest.mark.parametrize("name", ["FashionMNIST", "KMNIST"])
def test_other_data_sets_are_read_from_the_same_files(idx, name):
    root, arrays = idx
    found = read_torchvision(name, there(root), range(10))
    np.testing.assert_array_equal(found["train_images"], arrays["train_images"])


@pytest.mark.parametrize("position", range(4))
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: b"", id="empty"),
        pytest.param(lambda content: b"no gzip\n", id="text"),
        pytest.param(gzip.decompress, id="not compressed"),
        pytest.param(gzip.compress, id="compressed twice"),
        pytest.param(lambda content: content[:-4], id="cut off"),
        pytest.param(lambda content: content[:9], id="the header alone"),
        pytest.param(lambda content: content + b"more", id="more behind it"),
        pytest.param(
            lambda content: content[:-8] + bytes([content[-8] ^ 1]) + content[-7:], id="checksum"
        ),
        pytest.param(lambda content: gzip.compress(gzip.decompress(content)[:-1]), id="truncated"),
    ],
)
def test_a_damaged_compressed_file_is_a_clear_error(idx, position, damage):
    root, _ = idx
    files = compress(root, *range(4))
    files[position].write_bytes(damage(files[position].read_bytes()))
    with pytest.raises(StudyError, match=r"^data\.root: .*MNIST") as error:
        read_torchvision("MNIST", files, [0, 1])
    assert str(root / "MNIST/raw") in str(error.value)


def damaged_stream(content):
    """Compressed bytes of which a block has a kind that there is not."""
    return content[:10] + b"\x07" + content[11:]


@pytest.mark.parametrize("position", range(4))
def test_a_damaged_stream_is_a_clear_error(idx, position):
    root, _ = idx
    files = compress(root, *range(4))
    files[position].write_bytes(damaged_stream(files[position].read_bytes()))
    with pytest.raises(StudyError, match=r"data\.root: .*MNIST"):
        read_torchvision("MNIST", files, [0, 1])


@pytest.mark.parametrize("packed", [(), (0, 1, 2, 3)], ids=["as they are", "compressed"])
@pytest.mark.parametrize("first, second", [(0, 1), (2, 3), (0, 2), (1, 3), (0, 3)])
def test_any_two_files_that_were_swapped_are_a_clear_error(idx, packed, first, second):
    root, _ = idx
    files = compress(root, *packed)
    contents = files[first].read_bytes(), files[second].read_bytes()
    files[second].write_bytes(contents[0])
    files[first].write_bytes(contents[1])
    with pytest.raises(StudyError, match=re.escape(str(root / "MNIST/raw"))):
        read_torchvision("MNIST", files, range(10))


@pytest.mark.parametrize("packed", [(), (0, 1, 2, 3)], ids=["as they are", "compressed"])
def test_a_file_that_went_meanwhile_is_a_clear_error(idx, packed):
    root, _ = idx
    files = compress(root, *packed)
    files[2].unlink()
    with pytest.raises(StudyError, match=r"^data\.root: .*MNIST"):
        read_torchvision("MNIST", files, [0, 1])


def test_a_file_that_may_not_be_read_is_named(idx, monkeypatch):
    root, _ = idx
    files = there(root)
    monkeypatch.setattr(os, "access", lambda path, mode: path != files[1])
    with pytest.raises(StudyError, match=f"{files[1]}: permission denied"):
        read_torchvision("MNIST", files, [0, 1])


# ── where they are ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("packed", [(), (2,), (0, 1, 2, 3)], ids=str)
@pytest.mark.parametrize("position", range(4))
def test_one_that_is_missing_is_named(idx, packed, position):
    """Else the others would be left aside, and the real MNIST be downloaded in their place."""
    root, _ = idx
    files = compress(root, *packed)
    assert idx_files(str(root), "MNIST") == files
    files[position].unlink()
    name = f"{root}/MNIST/raw has no {IDX_FILES[position]}; all of"
    with pytest.raises(StudyError, match=name):
        idx_files(str(root), "MNIST")
    files[position].mkdir()
    with pytest.raises(StudyError, match=name):
        idx_files(str(root), "MNIST")


def test_where_there_is_none_of_them_they_are_brought(idx):
    root, _ = idx
    for path in there(root):
        path.unlink()
    assert idx_files(str(root), "MNIST") == []


def test_a_file_that_is_there_twice_is_read_as_it_is(idx):
    root, _ = idx
    for name in IDX_FILES:
        (root / "MNIST/raw" / f"{name}.gz").write_bytes(b"")
    assert there(root) == [root / "MNIST/raw" / name for name in IDX_FILES]


@pytest.mark.parametrize("name", ["FashionMNIST", "mnist", ""])
def test_files_are_those_of_their_own_data_set(idx, name):
    root, _ = idx
    assert idx_files(str(root), name) == []
    assert idx_files(str(root / "elsewhere"), "MNIST") == []


def test_a_root_below_ones_home(idx, tmp_path, monkeypatch):
    _, arrays = idx
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "MNIST").rename(tmp_path / "home/MNIST")
    (tmp_path / "home/x").symlink_to(tmp_path / "home")
    expected = [tmp_path / "home/x/MNIST/raw" / name for name in IDX_FILES]
    assert idx_files("~/x", "MNIST") == expected
    settings = {"source": "torchvision", "dataset": "MNIST", "root": "~/x", "classes": [1, 2]}
    files, content = data_files(settings)
    assert files == list(map(str, expected))
    assert content
    found = read(settings, *files)
    assert len(found["train_labels"]) == np.isin(arrays["train_labels"], [1, 2]).sum()


def test_a_home_of_nobody_is_an_error_that_names_the_key():
    with pytest.raises(StudyError, match=r"data\.root: ~nobody-of-this-name/x"):
        idx_files("~nobody-of-this-name/x", "MNIST")


# ── downloads ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def mirror(idx, monkeypatch):
    """A mirror of MNIST and FashionMNIST on this machine: what it has, by name, and its outputs."""
    from torchvision.datasets import mnist

    root, arrays = idx
    served = {path.name: path.read_bytes() for path in compress(root, *range(4))}
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            name = self.path.rpartition("/")[2]
            asked.append(name)
            self.send_response(200 if name in served else 404)
            self.end_headers()
            self.wfile.write(served.get(name, b""))

        do_HEAD = do_GET

        def log_message(self, *args):
            pass

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        sums = [(name, hashlib.md5(content).hexdigest()) for name, content in served.items()]
        for kind in (mnist.MNIST, mnist.FashionMNIST):
            monkeypatch.setattr(kind, "mirrors", [f"http://127.0.0.1:{server.server_port}/files/"])
            monkeypatch.setattr(kind, "resources", sums)
        yield served, asked, arrays
        server.shutdown()
        thread.join()


def outputs_in(folder, dataset="MNIST"):
    return [folder / place.format(dataset=dataset) for place in DOWNLOADED]


def files_in(folder):
    return sorted(path for path in folder.rglob("*") if not path.is_dir())


@pytest.mark.parametrize("name", ["MNIST", "FashionMNIST"])
def test_a_download_brings_exactly_the_four_files(name, mirror, tmp_path):
    served, asked, arrays = mirror
    folder = tmp_path / "study"
    outputs = outputs_in(folder, name)
    os.umask(mask := os.umask(0))
    assert str(outputs[0]).endswith(f"results/downloads/{name}/raw/train-images-idx3-ubyte")
    download(name, outputs, "data/MNIST/raw")
    assert files_in(folder) == sorted(outputs)
    for output, plain in zip(outputs, IDX_FILES, strict=True):
        assert output.read_bytes() == gzip.decompress(served[f"{plain}.gz"])
        assert output.stat().st_mode & 0o777 == 0o666 & ~mask
        assert not output.is_symlink()
    assert set(asked) == set(served)
    found = read_torchvision(name, outputs, range(10))
    for split in arrays:
        np.testing.assert_array_equal(found[split], arrays[split])


def test_a_download_goes_to_the_outputs_in_their_order(mirror, tmp_path):
    served, _, _ = mirror
    outputs = [tmp_path / "elsewhere" / name for name in "abcd"]
    download("MNIST", outputs, "data/MNIST/raw")
    assert [path.read_bytes() for path in outputs] == [
        gzip.decompress(served[f"{name}.gz"]) for name in IDX_FILES
    ]


@pytest.mark.parametrize("position", range(4))
@pytest.mark.parametrize("damage", ["not there", "other bytes", "cut off", "no gzip", "no idx"])
def test_a_download_that_fails_leaves_nothing(mirror, damage, position, tmp_path, monkeypatch):
    from torchvision.datasets import mnist

    served, _, _ = mirror
    name = f"{IDX_FILES[position]}.gz"
    if damage == "not there":
        del served[name]
    elif damage == "other bytes":
        served[name] = gzip.compress(b"other")
    else:
        damaged = {
            "cut off": served[name][:-20],
            "no gzip": b"<html></html>",
            "no idx": gzip.compress(b"text"),
        }
        served[name] = damaged[damage]
        sums = [(n, hashlib.md5(content).hexdigest()) for n, content in served.items()]
        monkeypatch.setattr(mnist.MNIST, "resources", sums)
    folder = tmp_path / "study"
    if damage == "no idx" and position > 1:  # test images are looked at as they are read
        download("MNIST", outputs_in(folder), "data/MNIST/raw")
        with pytest.raises(StudyError, match="holds damaged MNIST files"):
            read_torchvision("MNIST", outputs_in(folder), [0, 1])
        return
    with pytest.raises(StudyError) as error:
        download("MNIST", outputs_in(folder), "data/MNIST/raw")
    text = str(error.value)
    assert text.startswith("data.root: data/MNIST/raw has no MNIST files and they cannot be down")
    assert text.endswith("put the four IDX files there (or .gz), or use data.source: embedded")
    assert files_in(tmp_path / "study") == []


def test_a_download_that_fails_leaves_what_was_there(mirror, tmp_path):
    served, _, _ = mirror
    outputs = outputs_in(tmp_path)
    outputs[0].parent.mkdir(parents=True)
    for output in outputs:
        output.write_text("former")
    del served[f"{IDX_FILES[3]}.gz"]
    with pytest.raises(StudyError):
        download("MNIST", outputs, "data/MNIST/raw")
    assert [output.read_text() for output in outputs] == ["former"] * 4
    assert files_in(outputs[0].parent) == sorted(outputs)
