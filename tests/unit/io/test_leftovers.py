"""What lies beside a file that is written: links that somebody planted, and what was left over."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import tempfile

import numpy as np
import pytest
from latentgeo.io.arrays import load_arrays, save_arrays
from latentgeo.io.whole import replacing

HOST = socket.gethostname()
KEPT = b"somebody's own\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "results").mkdir()
    return tmp_path / "results"


@pytest.fixture
def victim(tmp_path):
    path = tmp_path / "victim"
    path.write_bytes(KEPT)
    path.chmod(0o640)
    return path


@pytest.fixture(scope="module")
def dead():
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def living():
    """The number of another process that runs."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process.pid
    process.communicate()


def write_and_check(folder, *beside, write=None):
    """Write, see that it went well, and that nothing but what is told lies beside it."""
    (write or save_arrays)(folder / "images.npz", values=np.arange(3))
    assert load_arrays(folder / "images.npz")["values"].tolist() == [0, 1, 2]
    assert not (folder / "images.npz").is_symlink()
    assert sorted(os.listdir(folder)) == sorted(["images.npz", *beside])


def untouched(victim):
    return victim.read_bytes() == KEPT and stat.S_IMODE(victim.stat().st_mode) == 0o640


# ── links that somebody planted ─────────────────────────────────────────────────────────────────


def test_a_link_under_a_name_that_could_be_foreseen_is_not_followed(folder, victim):
    """It was made of the host and the process alone."""
    name = f".images~{HOST}~{os.getpid()}.npz"
    (folder / name).symlink_to(victim)
    write_and_check(folder, name)
    assert untouched(victim)


@pytest.mark.parametrize("dangling", [False, True])
def test_a_link_under_the_very_name_is_not_followed(folder, victim, monkeypatch, dangling):
    """Names that were drawn before somebody saw them are taken to be known."""
    monkeypatch.setattr(tempfile, "_name_sequence", iter(["first", "second", "third", "fourth"]))
    name = f".images~{HOST}~{os.getpid()}~first.npz"
    target = victim.with_name("not-yet") if dangling else victim
    (folder / name).symlink_to(target)
    write_and_check(folder, name)
    assert untouched(victim)
    assert target.exists() != dangling


def test_a_link_in_the_place_of_the_file_is_replaced(folder, victim):
    (folder / "images.npz").symlink_to(victim)
    write_and_check(folder)
    assert untouched(victim)


def test_a_link_that_looks_left_over_goes_without_its_target(folder, victim, dead):
    (folder / f".images~{HOST}~{dead}~abc.npz").symlink_to(victim)
    write_and_check(folder)
    assert untouched(victim)


def test_the_temporary_file_is_there_empty_and_its_writers_alone(folder):
    before = os.umask(0)
    try:
        with replacing(folder / "images.npz") as temporary:
            found = temporary.lstat()
            assert stat.S_ISREG(found.st_mode)
            assert stat.S_IMODE(found.st_mode) == 0o600
            assert found.st_size == 0
            assert found.st_nlink == 1
    finally:
        os.umask(before)


def test_no_two_writes_use_one_name(folder):
    names = set()
    for _ in range(20):
        with replacing(folder / "images.npz") as temporary:
            names.add(temporary.name)
            assert temporary.parent == folder
    assert len(names) == 20
    assert all(name.startswith(".") and name.endswith(".npz") for name in names)


def test_two_writes_of_one_file_at_once_do_not_disturb_each_other(folder):
    with replacing(folder / "table.csv") as first:
        first.write_text("first\n")
        with replacing(folder / "table.csv") as second:
            second.write_text("second\n")
        assert first.read_text() == "first\n"
        assert (folder / "table.csv").read_text() == "second\n"
    assert (folder / "table.csv").read_text() == "first\n"
    assert os.listdir(folder) == ["table.csv"]


# ── what was left over ──────────────────────────────────────────────────────────────────────────


def test_what_a_process_that_is_no_more_left_is_removed(folder, dead):
    for name in ("abc", "x_9", "a~b"):
        (folder / f".images~{HOST}~{dead}~{name}.npz").write_bytes(b"PK")
    write_and_check(folder)


def test_it_is_removed_when_the_write_fails_too(folder, dead):
    (folder / f".images~{HOST}~{dead}~abc.npz").write_bytes(b"PK")
    with pytest.raises(RuntimeError), replacing(folder / "images.npz"):
        raise RuntimeError
    assert os.listdir(folder) == []


def test_what_a_killed_process_really_left_is_removed(folder):
    code = (
        "import os, signal, sys; from latentgeo.io.whole import replacing\n"
        "with replacing(sys.argv[1]) as temporary:\n"
        "    temporary.write_bytes(b'PK'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    library = os.pathsep.join(sys.path)
    subprocess.run(
        [sys.executable, "-c", code, folder / "images.npz"],
        env=os.environ | {"PYTHONPATH": library},
    )
    (left,) = os.listdir(folder)
    assert (folder / left).read_bytes() == b"PK"
    write_and_check(folder)


def test_what_a_living_process_writes_is_left(folder, living):
    names = [f".images~{HOST}~{number}~abc.npz" for number in (living, os.getpid(), os.getppid())]
    for name in names:
        (folder / name).write_bytes(b"PK")
    write_and_check(folder, *set(names))


def test_what_somebody_elses_process_writes_is_left(folder, dead, monkeypatch):
    def kill(process, signal):
        raise PermissionError if (process, signal) == (dead, 0) else AssertionError

    monkeypatch.setattr(os, "kill", kill)
    name = f".images~{HOST}~{dead}~abc.npz"
    (folder / name).write_bytes(b"PK")
    write_and_check(folder, name)


@pytest.mark.parametrize(
    "form",
    [
        ".images~another-{host}~{dead}~abc.npz",  # of a process that is not known here
        ".images~{host}-2~{dead}~abc.npz",
        ".digit~{host}~{dead}~abc.npz",
        ".images-2~{host}~{dead}~abc.npz",
        "images~{host}~{dead}~abc.npz",
        ".images~{host}~{dead}~abc.csv",
        ".images~{host}~{dead}~abc",
        ".images~{host}~{dead}.npz",
        ".images~{host}~{dead}x~abc.npz",
        ".images~{host}~-{dead}~abc.npz",
        ".images~{host}~{dead}.0~abc.npz",
        ".images~{host}~ {dead}~abc.npz",
        ".images~{host}~²~abc.npz",
        ".images~{host}~abc.npz",
        ".images~host~abc.npz",
        ".images~{host}~.npz",
        ".images~{host}~~.npz",
        ".images~{host}~~{dead}~.npz",
        ".images~{host}~[~abc.npz",
        ".images~{host}~a\nb~abc.npz",
        ".images~.npz",
        ".images.npz",
        ".npz",
    ],
)
def test_what_is_not_known_to_be_left_over_neither_disturbs_nor_goes(form, folder, dead):
    name = form.format(host=HOST, dead=dead)
    (folder / name).write_bytes(KEPT)
    write_and_check(folder, name)
    assert (folder / name).read_bytes() == KEPT


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
def test_a_number_that_no_process_has_disturbs_nothing(number, folder):
    (folder / f".images~{HOST}~{number}~abc.npz").write_bytes(KEPT)
    save_arrays(folder / "images.npz", values=np.arange(3))
    assert load_arrays(folder / "images.npz")["values"].tolist() == [0, 1, 2]


def test_a_folder_with_the_name_of_something_left_over_disturbs_nothing(folder, dead):
    name = f".images~{HOST}~{dead}~abc.npz"
    (folder / name).mkdir()
    write_and_check(folder, name)


@pytest.mark.parametrize("name", ["images[1].npz", "images*.npz", "a b.npz", "images", ".npz"])
def test_a_file_of_any_name_is_written(name, folder, dead):
    (folder / f".images~{HOST}~{dead}~abc.npz").write_bytes(KEPT)
    with replacing(folder / name) as temporary:
        temporary.write_bytes(b"new")
    assert (folder / name).read_bytes() == b"new"
