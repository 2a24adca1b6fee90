"""What every script of a rule begins with: its log, its threads, and how it fails."""

import atexit
import contextlib
import ctypes
import logging
import os
import resource
import sys
import time

log = logging.getLogger("latentgeo")
started = time.perf_counter()
EVERY = 15
"""Seconds between two lines of a job on the terminal; its log has all of them."""


class Sparing(logging.Filter):
    """Lets what is no error pass from time to time only."""

    def __init__(self):
        super().__init__()
        self.last = time.monotonic()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info:  # tracebacks are for the log alone
            return False
        if record.levelno >= logging.WARNING:
            return True
        late = time.monotonic() - self.last >= EVERY
        self.last = time.monotonic() if late else self.last
        return late


def listen(snakemake) -> None:
    """Log to the rule's log and to the terminal; let errors end in one line on the terminal.

    Tracebacks go to the log alone.
    """
    name = " ".join(filter(None, [snakemake.rule, *map(str, snakemake.wildcards)]))
    to_file = logging.FileHandler(snakemake.log[0], mode="w", encoding="utf-8")
    to_file.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    to_terminal = logging.StreamHandler()
    to_terminal.setFormatter(logging.Formatter(f"[{name}] %(message)s"))
    to_terminal.addFilter(Sparing())
    log.setLevel(logging.INFO)
    log.handlers = [to_file, to_terminal]
    log.propagate = False
    sys.excepthook = fail


def fail(kind, error, traceback) -> None:
    """Say that the job failed; what it was made from is then not written down."""
    atexit.unregister(note)
    log.error("error: %s", error if str(error) else kind.__name__)
    log.error("traceback", exc_info=(kind, error, traceback))


# scripts import this module first, so that an error in what they import later is told too
if hasattr(sys.modules["__main__"], "snakemake"):
    listen(sys.modules["__main__"].snakemake)

from latentgeo.errors import StudyError
from latentgeo.study import provenance


def begin(snakemake) -> logging.Logger:
    """What every script calls once it has imported what it needs; its log."""
    listen(snakemake)
    keep_freed_memory()
    if "torch" in sys.modules:
        import torch

        check_version(torch.__version__, snakemake.params.get("torch"))
        torch.set_num_threads(snakemake.threads)
    place = provenance.place(snakemake.log[0])
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StudyError(f"{place.parent}: no folder can be made ({error.strerror})") from error
    # the last one registered comes first
    atexit.register(note, snakemake)
    atexit.register(tell_costs)
    return log


def check_version(found: str, planned: str | None) -> None:
    """Raise StudyError when the job has another torch than the study was planned with."""
    if planned and found.partition("+")[0] != planned.partition("+")[0]:
        raise StudyError(
            f"torch is {found} where this job runs, but {planned} where the study was planned; "
            "install the same (requirements.txt), or use --sdm conda"
        )


def tell_costs() -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    log.info("%.1f s, peak memory %.0f MiB", time.perf_counter() - started, peak)


def note(snakemake) -> None:
    """Write down what the results of a job were made from; a job that cannot has failed."""
    record = provenance.Record(
        snakemake.rule,
        dict(snakemake.wildcards.items()),
        provenance.plain(snakemake.params.items()),
        {path: provenance.checksum(path) for path in sorted(map(str, snakemake.input))},
        {path: provenance.checksum(path) for path in sorted(map(str, snakemake.output))},
    )
    place = provenance.place(snakemake.log[0])
    try:
        provenance.write(place, record)
    except OSError as error:
        log.error("error: %s: cannot be written (%s)", place, error.strerror)
        os._exit(1)  # any other exit status would be too late


def keep_freed_memory() -> None:
    """Let glibc reuse blocks up to 32 MiB: their page faults cost a quarter of a job."""
    trim_threshold, mmap_threshold = -1, -3
    with contextlib.suppress(AttributeError, OSError):  # another C library
        libc = ctypes.CDLL(None)
        libc.mallopt(mmap_threshold, 2**25)  # larger ones would leave holes
        libc.mallopt(trim_threshold, 2**31 - 1)
