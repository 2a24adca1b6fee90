"""What the benchmark ran on."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("torch", "numpy", "scipy", "stochman")


def describe() -> dict:
    """CPU model, cores, memory, versions and date; the CPU and memory as Linux tells them."""
    return {
        "cpu": _first("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory": _first("/proc/meminfo", "MemTotal"),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
        "threads": 1,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
    }


def _first(file: str, field: str) -> str:
    if not Path(file).exists():
        return platform.processor() if field == "model name" else ""
    lines = Path(file).read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(field)), "")
