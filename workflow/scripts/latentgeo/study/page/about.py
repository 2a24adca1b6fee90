"""With what, on what, and how long a study was made."""

from __future__ import annotations

import platform
import re
import subprocess
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("snakemake", "torch", "torchvision", "numpy", "scipy", "pandas", "matplotlib")
LAST = re.compile(r"([\d.]+) s, peak memory (\d+) MiB\s*$")
"""How the log of a job ends."""


def versions() -> dict[str, str]:
    """Of Python and the packages that are there."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def commit(project: Path) -> str:
    """The commit of the project's code, and whether it was changed since; "" where it has none."""
    command = ["git", "-C", str(project), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def jobs(logs: Path) -> dict[str, list[tuple[float, int]]]:
    """Seconds and peak memory, in MiB, of the jobs of every rule, from what their logs end with."""
    found: dict[str, list[tuple[float, int]]] = {}
    for path in sorted(logs.rglob("*.log")):
        last = LAST.search(path.read_text(encoding="utf-8", errors="replace"))
        if last:
            rule = path.relative_to(logs).parts[0].removesuffix(".log")
            found.setdefault(rule, []).append((float(last[1]), int(last[2])))
    return found


def times(logs: Path) -> list[dict[str, str]]:
    """Jobs, seconds and the largest memory of every rule, the longest first."""
    ordered = sorted(jobs(logs).items(), key=lambda item: -sum(s for s, _ in item[1]))
    return [_told(rule, own) for rule, own in ordered]


def _told(rule: str, own: Iterable[tuple[float, int]]) -> dict[str, str]:
    seconds, memory = zip(*own, strict=True)
    return {
        "rule": rule,
        "jobs": str(len(seconds)),
        "seconds": f"{sum(seconds):.0f}",
        "longest": f"{max(seconds):.1f}",
        "memory": str(max(memory)),
    }
