"""Which versions the jobs of a study run with, as far as that is known before they run."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def version_of(package: str, environment: Path, makes_environments: bool) -> str:
    """The version that jobs have, which is part of what decides a result.

    The one that a conda environment file pins, when Snakemake makes the environments, or when the
    package is not installed where the study is planned.
    """
    if not makes_environments:
        try:
            return version(package)
        except PackageNotFoundError:
            pass
    pinned = re.search(rf"- {package}==(\S+)", environment.read_text(encoding="utf-8"))
    return pinned[1]
