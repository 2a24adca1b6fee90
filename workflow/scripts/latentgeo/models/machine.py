"""What to work on, and what a model was trained on: another processor trains another model."""

from __future__ import annotations

import platform
from pathlib import Path

import torch

from ..errors import StudyError


def device(wanted: str, key: str) -> torch.device:
    """Where to work: `cpu`, `cuda`, or `auto`, which takes a GPU where there is one.

    StudyError, naming the config's key, for a GPU that torch cannot use.
    """
    usable = torch.cuda.is_available()
    if wanted == "cuda" and not usable:
        raise StudyError(f"{key}: cuda, but torch finds no usable GPU; use cpu or auto")
    return torch.device("cuda" if usable and wanted != "cpu" else "cpu")


def processor(device: torch.device) -> str:
    """The processor's name and the instructions that torch uses of it, or the name of the GPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{_cpu_name()} ({torch.backends.cpu.get_cpu_capability()})"


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # not a Linux
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
