"""The tiny study through a real, one-node Slurm.

Needs root and Debian's slurm-wlm and munge; skipped, with the reason, without them.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from project import TINY, copy_project, heeds_interrupts

HERE = Path(__file__).parent
PROFILE = ["--profile", "profiles/slurm-test"]

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="starting a Slurm of one's own needs root"),
    pytest.mark.skipif(
        not (shutil.which("slurmctld") and shutil.which("munged")),
        reason="Slurm is not installed (Debian: slurm-wlm, munge)",
    ),
]


@pytest.fixture(scope="module", autouse=True)
def slurm(tmp_path_factory):
    """A one-node Slurm for the tests of this file."""
    state = tmp_path_factory.mktemp("slurm")
    for folder in [state, *state.parents][:3]:  # the daemons run as other users
        folder.chmod(0o755)
    up = subprocess.run(
        [HERE / "slurm-up.sh", state],
        capture_output=True,
        text=True,
        env=os.environ | {"SLURM_TEST_CPUS": "4"},
    )
    assert up.returncode == 0, up.stdout + up.stderr
    yield
    subprocess.run([HERE / "slurm-down.sh", state, "--purge"], check=True)


@pytest.fixture
def study(tmp_path):
    return copy_project(tmp_path)


def queued() -> list[str]:
    return subprocess.run(
        ["squeue", "--noheader", "--format", "%i %T"], capture_output=True, text=True, check=True
    ).stdout.splitlines()


def test_the_tiny_study_gives_the_local_runs_tables(finished, study):
    """With the groups of small jobs that `profiles/slurm` has."""
    profile = yaml.safe_load((study.folder / "profiles/slurm/config.yaml").read_text())
    groups = ["--groups", *profile["groups"], "--group-components", *profile["group-components"]]
    jobs = sum(study.would_run("tables").values())
    done = study.snakemake(*PROFILE, *groups, "--", "tables")
    assert done.returncode == 0, done.stdout
    assert 0 < done.stdout.count("submitted with SLURM jobid") < jobs
    assert study.files("results/tables/*.csv") == finished.files("results/tables/*.csv")


def tried(study, resource: str, body: str) -> list[int]:
    """Make `extract_images` note its resource and then run a body; after a run, what was noted."""
    script = study.folder / "workflow/scripts/extract_images.py"
    note = study.folder / "noted"
    text = script.read_text()
    begin = "log = begin(snakemake)\n"
    assert begin in text
    lines = [
        "import time",
        "from pathlib import Path",
        f"note = Path({str(note)!r})",
        "first = not note.exists()",
        f"note.open('a').write(f'{{snakemake.resources.{resource}}}\\n')",
        body,
    ]
    script.write_text(text.replace(begin, begin + "\n".join(lines) + "\n"))
    done = study.snakemake(*PROFILE, "--retries", "3", "--", "results/images.npz")
    assert done.returncode == 0, done.stdout
    return [int(line) for line in note.read_text().split()]


def test_a_job_killed_for_memory_comes_back_with_more(study):
    """The first attempt may use 60 MB, less than numpy and the digits take."""
    rules = study.folder / "rules/data.smk"
    rules.write_text(rules.read_text().replace("mem_mb=grows(800)", "mem_mb=grows(60)", 1))
    amounts = tried(study, "mem_mb", "ballast = bytearray(90 * 2**20); time.sleep(6)")
    # an attempt may be killed before it notes anything, the first one too
    assert amounts[-1] in (120, 240, 480)


def test_a_job_that_times_out_is_tried_again_with_more_time(study):
    """The first attempt has a minute and sleeps through it."""
    rules = study.folder / "rules/data.smk"
    rules.write_text(rules.read_text().replace("runtime=grows(10)", "runtime=grows(1)", 1))
    assert tried(study, "runtime", "time.sleep(300 if first else 0)") == [1, 2]


def test_an_interrupt_cancels_what_is_queued_and_running(study):
    command = [
        sys.executable,
        "-m",
        "snakemake",
        *PROFILE,
        "--configfile",
        str(TINY),
        "--",
        "tables",
    ]
    run = subprocess.Popen(
        command, cwd=study.folder, start_new_session=True, preexec_fn=heeds_interrupts
    )
    for _ in range(120):
        time.sleep(0.5)
        if queued():
            break
    assert queued()
    os.killpg(run.pid, signal.SIGINT)
    assert run.wait(timeout=90) != 0
    for _ in range(60):
        time.sleep(0.5)
        if not [line for line in queued() if "COMPL" not in line]:
            break
    assert not [line for line in queued() if "COMPL" not in line]
