"""What every script of a rule begins with: its log, its threads, and how it fails."""

import atexit
import contextlib
import ctypes
import logging
import resource
import sys
import time

log = logging.getLogger("latentgeo")


def begin(snakemake) -> logging.Logger:
    """Log to the rule's log and to the terminal; let errors end in one line on the terminal.

    Tracebacks go to the log alone.
    """
    name = " ".join([snakemake.rule, *map(str, snakemake.wildcards)])
    to_file = logging.FileHandler(snakemake.log[0], mode="w")
    to_file.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    to_terminal = logging.StreamHandler()
    to_terminal.setFormatter(logging.Formatter(f"[{name}] %(message)s"))
    to_terminal.addFilter(lambda record: not record.exc_info)
    log.setLevel(logging.INFO)
    log.handlers = [to_file, to_terminal]
    log.propagate = False
    started = time.perf_counter()

    def fail(kind, error, traceback):
        log.error("error: %s", error if str(error) else kind.__name__)
        log.error("traceback", exc_info=(kind, error, traceback))

    sys.excepthook = fail
    keep_freed_memory()
    if "torch" in sys.modules:
        import torch

        torch.set_num_threads(snakemake.threads)

    def end():
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        log.info("%.1f s, peak memory %.0f MiB", time.perf_counter() - started, peak)

    atexit.register(end)
    return log


def keep_freed_memory() -> None:
    """Let glibc reuse blocks up to 32 MiB: their page faults cost a quarter of a job."""
    trim_threshold, mmap_threshold = -1, -3
    with contextlib.suppress(AttributeError, OSError):  # another C library
        libc = ctypes.CDLL(None)
        libc.mallopt(mmap_threshold, 2**25)  # larger ones would leave holes
        libc.mallopt(trim_threshold, 2**31 - 1)
