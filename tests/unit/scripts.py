"""Scripts run as rules do, but for their log."""

from __future__ import annotations

import logging
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import job

SCRIPTS = Path(job.__file__).parent


class Named(dict):
    """Files or parameters by name, as Snakemake gives them."""

    __getattr__ = dict.__getitem__


def run(name: str, files: dict[str, Any], params: dict[str, Any], output: Any) -> None:
    """Run a script with input files, parameters and output files."""
    begin, job.begin = job.begin, lambda snakemake: logging.getLogger()
    try:
        given = SimpleNamespace(input=Named(files), params=Named(params), output=output)
        runpy.run_path(str(SCRIPTS / f"{name}.py"), {"snakemake": given})
    finally:
        job.begin = begin
