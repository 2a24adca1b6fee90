"""Copies of the project for tests to run, to look at and to change."""

from __future__ import annotations

import os
import re
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

PROJECT = Path(__file__).parents[1]
TINY = PROJECT / "tests/workflow/tiny.yaml"
DEFAULTS = (PROJECT / "config.yaml").read_text(encoding="utf-8")
CHOSEN = DEFAULTS.replace("start: auto", "start: graph").replace("hot, auto]", "hot, graph]")
"""The default settings, with what the start `auto` stands for in two dimensions."""
SMALL_DATA = "data={source: torchvision, dataset: MNIST, root: data, classes: [0, 1, 2]}"
"""The setting that reads what `write_small_data` wrote."""
PARTS = ["Snakefile", "config.yaml", "rules", "workflow", "envs", "profiles", "resources"]


@dataclass
class Study:
    """A copy of the project in a folder of its own."""

    folder: Path
    data: str = ""
    """The setting that reads the small data, where there are any."""

    def snakemake(self, *arguments: str, config: Path | str | None = TINY, **environment: str):
        """Run Snakemake there; the finished process, with its output as text."""
        command = [sys.executable, "-m", "snakemake"]
        if config:
            command += ["--configfile", str(config)]
        command += arguments
        return subprocess.run(
            command,
            cwd=self.folder,
            env=os.environ | {"PYTHONHASHSEED": "0"} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def would_run(self, *arguments: str, **options) -> dict[str, int]:
        """How many jobs of each rule a run would have."""
        done = self.snakemake("--dry-run", "--cores", "1", *arguments, **options)
        assert done.returncode == 0, done.stdout
        stats = re.search(r"Job stats:\njob +count\n[- ]+\n(.*?)\n\n", done.stdout, re.DOTALL)
        lines = stats.group(1).splitlines() if stats else []
        counts = {rule: int(count) for rule, count in (line.split() for line in lines)}
        return {rule: count for rule, count in counts.items() if rule not in ("all", "total")}

    @contextmanager
    def changed(self, file: str, old: str, new: str) -> Iterator[None]:
        """The copy with a piece of one file replaced, for a while."""
        path = self.folder / file
        before, dates = path.read_text(), path.stat()
        assert old in before, f"{file} has no {old!r}"
        path.write_text(before.replace(old, new, 1))
        try:
            yield
        finally:
            path.write_text(before)
            os.utime(path, ns=(dates.st_atime_ns, dates.st_mtime_ns))

    def copy(self, folder: Path) -> Study:
        """The same study elsewhere, for a test to spoil."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Study(folder, self.data)

    def files(self, pattern: str) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.glob(pattern))
        }


def heeds_interrupts() -> None:
    """For a process to call first: whoever tests in the background may have SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def copy_project(folder: Path) -> Study:
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        source = PROJECT / part
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / part, ignore=ignored)
        else:
            shutil.copy(source, folder / part)
    return Study(folder)


def write_small_data(study: Study) -> None:
    """A twentieth of the digits as IDX files, where torchvision looks for them."""
    study.data = SMALL_DATA
    digits = np.load(study.folder / "resources/mnist-012.npz")
    folder = study.folder / "data/MNIST/raw"
    folder.mkdir(parents=True)
    for split, prefix in (("train", "train"), ("test", "t10k")):
        images, labels = digits[f"{split}_images"][::20], digits[f"{split}_labels"][::20]
        header = struct.pack(">IIII", 2051, *images.shape)
        (folder / f"{prefix}-images-idx3-ubyte").write_bytes(header + images.tobytes())
        header = struct.pack(">II", 2049, len(labels))
        (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(header + labels.tobytes())
