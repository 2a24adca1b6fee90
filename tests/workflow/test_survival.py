"""A study that is killed again and again ends with the same tables as an undisturbed one."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from project import TINY, copy_project

KILLS = 20


@pytest.fixture
def battered(tmp_path):
    return copy_project(tmp_path)


def start(study, *arguments):
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--configfile", str(TINY)]
    return subprocess.Popen(
        [*command, *arguments, "--", "tables"],
        cwd=study.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def test_kills_at_any_time_leave_the_same_tables(finished, battered):
    """Half of the kills take the workers along, half leave them alive."""
    moments = random.Random(0)
    kills = 0
    while kills < KILLS:
        unlock(battered)
        run = start(battered)
        try:
            run.wait(timeout=moments.uniform(1.5, 9.0))
        except subprocess.TimeoutExpired:
            if kills % 2:
                os.kill(run.pid, signal.SIGKILL)
            else:
                os.killpg(run.pid, signal.SIGKILL)
            run.wait()
        kills += 1
    time.sleep(0.5)
    unlock(battered)
    done = battered.snakemake("--cores", "1", "--", "tables")
    assert done.returncode == 0, done.stdout
    # nor does it matter that the other run had two cores
    assert battered.files("results/tables/*.csv") == finished.files("results/tables/*.csv")
    assert not list((battered.folder / "results").rglob("checkpoint*"))


def unlock(study):
    """What `snakemake --unlock` does, in no time."""
    for lock in (study.folder / ".snakemake/locks").glob("*.lock"):
        lock.unlink()


def test_an_interrupt_ends_the_run_and_the_next_one_goes_on(battered):
    run = start(battered)
    time.sleep(8)
    os.killpg(run.pid, signal.SIGINT)
    assert run.wait(timeout=60) != 0
    assert not list((battered.folder / ".snakemake/locks").glob("*.lock"))
    assert battered.would_run("tables")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_full_disk_is_an_error_that_leaves_nothing_half_written(battered):
    results = battered.folder / "results"
    results.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(results)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        done = battered.snakemake("--cores", "1", "--", "results/digits.npz")
        assert done.returncode != 0
        assert "No space left on device" in done.stdout
        assert not [p for p in results.rglob("*") if p.suffix == ".npz"]
    finally:
        subprocess.run(["umount", str(results)], check=True)
    done = battered.snakemake("--cores", "1", "--", "results/digits.npz")
    assert done.returncode == 0, done.stdout
