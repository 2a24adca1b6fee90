"""A study that is killed again and again ends with the same tables as an undisturbed one."""

import os
import random
import re
import signal
import subprocess
import sys
import time

import pytest
from project import TINY, copy_project, heeds_interrupts

KILLS = 20

pytestmark = pytest.mark.slow


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
        preexec_fn=heeds_interrupts,
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


def test_results_that_a_power_loss_cut_off_are_named_and_come_back(spoilable):
    """The one line of advice is followed, and then everything is as it was."""
    before = results(spoilable)
    damaged = {
        "results/models/single/seed-1/model.safetensors": 0.5,
        "results/models/single/seed-1/history.csv": 0,
        "results/latents/single/seed-1.npz": 0.5,
        next(name for name in before if "single/seed-0" in name and "/line/" in name): 0,
        "results/tables/cv.csv": 0,
        "results/figures/cv.png": 0.5,
        "results/figures/training.pdf": 0.9,
    }
    for name, share in damaged.items():
        os.truncate(spoilable.folder / name, int(share * len(before[name])))
    done = spoilable.snakemake("--cores", "2")
    assert done.returncode != 0
    advice = re.search(r"delete and run again: rm -r (.*)", done.stdout)
    assert set(advice[1].split()) == set(damaged)
    for name in damaged:
        (spoilable.folder / name).unlink()
    done = spoilable.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    assert results(spoilable) == before


def results(study):
    """All results but the page and its record, which tells how long jobs took, as logs do."""
    untimed = {"results/study.html", "results/records/study_page.json"}
    files = study.files("results/**/*.*").items()
    return {k: v for k, v in files if not k.endswith(".log") and k not in untimed}


def unlock(study):
    """What `snakemake --unlock` does, in no time."""
    for lock in (study.folder / ".snakemake/locks").glob("*.lock"):
        lock.unlink()


def test_an_interrupt_ends_the_run_and_the_next_one_goes_on(battered):
    run = start(battered)
    time.sleep(8)
    os.killpg(run.pid, signal.SIGINT)
    assert run.wait(timeout=600) != 0  # a job may not hear it while it imports
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
        done = battered.snakemake("--cores", "1", "--", "results/images.npz")
        assert done.returncode != 0
        assert "No space left on device" in done.stdout
        assert not [p for p in results.rglob("*") if p.suffix == ".npz"]
    finally:
        subprocess.run(["umount", str(results)], check=True)
    done = battered.snakemake("--cores", "1", "--", "results/images.npz")
    assert done.returncode == 0, done.stdout
