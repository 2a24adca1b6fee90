import os
import pickle
import re
import zipfile

import numpy as np
import pandas as pd
import pytest
from latentgeo.errors import StudyError
from latentgeo.io.arrays import load_arrays, save_arrays
from latentgeo.io.csv import write_table
from latentgeo.io.whole import replacing

ARRAYS = {
    "energy": np.linspace(0, 1, 12).reshape(3, 4),
    "steps": np.arange(10),
    "status": np.array(["converged", "step limit"]),
}


def refused(path):
    return pytest.raises(StudyError, match=re.escape(str(path)))


@pytest.fixture
def stored(tmp_path):
    path = tmp_path / "result.npz"
    save_arrays(path, **ARRAYS)
    return path


def files_in(folder):
    return sorted(path.name for path in folder.iterdir())


# ── replacing ───────────────────────────────────────────────────────────────────────────────────


def test_a_file_appears_whole_with_folders_that_are_missing(tmp_path):
    path = tmp_path / "a" / "b" / "table.csv"
    with replacing(path) as temporary:
        temporary.write_text("x\n")
        assert temporary.suffix == ".csv"
        assert not path.exists()
    assert path.read_text() == "x\n"
    assert files_in(path.parent) == ["table.csv"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(error), replacing(path) as temporary:
        temporary.write_text("ne")
        raise error
    assert path.read_text() == "old"
    assert files_in(tmp_path) == ["table.csv"]


def test_an_interrupted_first_write_leaves_no_file(tmp_path):
    with pytest.raises(RuntimeError), replacing(tmp_path / "table.csv") as temporary:
        temporary.write_text("ne")
        raise RuntimeError
    assert files_in(tmp_path) == []


def test_a_writer_that_renames_over_the_temporary_file_is_fine(tmp_path):
    with replacing(tmp_path / "table.csv") as temporary:
        (tmp_path / "own").write_text("x")
        (tmp_path / "own").replace(temporary)
    assert (tmp_path / "table.csv").read_text() == "x"


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_files_have_the_permissions_that_the_user_asked_for(tmp_path, mask, mode):
    before = os.umask(mask)
    try:
        with replacing(tmp_path / "table.csv") as temporary:
            temporary.write_text("x")
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert (tmp_path / "table.csv").stat().st_mode & 0o777 == mode


# ── tables ──────────────────────────────────────────────────────────────────────────────────────


def test_numbers_of_a_table_have_ten_significant_digits(tmp_path):
    table = pd.DataFrame({"energy": [2 / 3e5, 123456.789012345], "steps": [12, 345]})
    write_table(table, str(tmp_path / "table.csv"))
    expected = "energy,steps\n6.666666667e-06,12\n123456.789,345\n"
    assert (tmp_path / "table.csv").read_text() == expected


# ── arrays ──────────────────────────────────────────────────────────────────────────────────────


def test_arrays_come_back_exactly(stored):
    loaded = load_arrays(stored)
    assert set(loaded) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert loaded[name].dtype == array.dtype
        np.testing.assert_array_equal(loaded[name], array)


def test_arrays_are_written_under_the_name_that_is_asked_for(tmp_path):
    save_arrays(tmp_path / "arrays", steps=np.arange(3))
    assert [path.name for path in tmp_path.iterdir()] == ["arrays"]
    np.testing.assert_array_equal(load_arrays(tmp_path / "arrays")["steps"], np.arange(3))


def test_only_the_named_arrays_are_read(stored):
    assert list(load_arrays(stored, "steps")) == ["steps"]


def test_equal_arrays_give_equal_bytes(stored, tmp_path):
    save_arrays(tmp_path / "again.npz", **{name: array.copy() for name, array in ARRAYS.items()})
    assert (tmp_path / "again.npz").read_bytes() == stored.read_bytes()
    with zipfile.ZipFile(stored) as archive:  # a time of writing would differ another day
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_objects_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(TypeError, match="'pairs'"):
        save_arrays(tmp_path / "x.npz", fine=np.zeros(2), pairs=np.array([{}, None]))
    assert files_in(tmp_path) == []


def test_a_missing_file_is_named(tmp_path):
    with refused(tmp_path / "none.npz"):
        load_arrays(tmp_path / "none.npz")


def test_a_missing_array_and_its_file_are_named(stored):
    with pytest.raises(StudyError) as error:
        load_arrays(stored, "steps", "length")
    assert str(error.value) == f"{stored}: has no array 'length'"


@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.6, 0.95, 0.999])
def test_a_truncated_file_is_refused(stored, share):
    data = stored.read_bytes()
    stored.write_bytes(data[: int(share * len(data))])
    with refused(stored):
        load_arrays(stored)


@pytest.mark.parametrize("bit", [0, 3, 6])
def test_a_flipped_bit_anywhere_is_refused_or_harmless(stored, bit):
    data = stored.read_bytes()
    silent = []
    for position in range(bit % 2, len(data), 2):
        damaged = bytearray(data)
        damaged[position] ^= 1 << bit
        stored.write_bytes(damaged)
        try:
            loaded = load_arrays(stored, *ARRAYS)
        except StudyError as error:
            assert str(stored) in str(error)
        except Exception as error:
            silent.append((position, repr(error)))
        else:
            if not all(np.array_equal(loaded[name], array) for name, array in ARRAYS.items()):
                silent.append((position, "other values"))
    assert silent == []


def test_an_array_that_claims_to_be_shorter_than_it_is_is_refused(tmp_path):
    # then not all of its bytes are read, and zipfile compares no checksum
    path = tmp_path / "long.npz"
    save_arrays(path, energy=np.arange(2000.0))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"(2000,)", b"(200 ,)", 1))  # one flipped bit
    with refused(path):
        load_arrays(path)


def test_an_array_of_objects_is_never_unpickled(tmp_path):
    path = tmp_path / "objects.npz"
    np.savez(path, pairs=np.array([{"a": 1}, None]))
    with refused(path):
        load_arrays(path)


@pytest.mark.parametrize("write", [pickle.dumps, lambda _: b"", lambda _: b"text\n"])
def test_another_kind_of_file_is_refused(tmp_path, write):
    path = tmp_path / "other.npz"
    path.write_bytes(write({"a": 1}))
    with refused(path):
        load_arrays(path)


def test_a_single_array_is_not_an_archive(tmp_path):
    np.save(tmp_path / "one.npy", np.zeros(3))
    with refused(tmp_path / "one.npy"):
        load_arrays(tmp_path / "one.npy")
