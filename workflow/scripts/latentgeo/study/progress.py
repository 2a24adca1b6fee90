"""How far a run is: a line for each job that ends, and on a terminal a bar with what runs now.

Snakemake tells of its jobs by log records with an `event`; of those about single jobs its own
terminal handler is made silent, and they go here instead. Snakemake itself asks, whose environment
need not have more than Python.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from .bar import Bar, Plain

EACH = {"job_info", "job_started", "job_finished", "progress", "shellcmd", "resources_info"}
"""Events about single jobs."""
CHATTER = ("Select jobs to execute", "Execute ")
"""How Snakemake's lines about single jobs begin that have no event."""
TYPICAL = {"train_vae": 40.0, "solve_geodesics": 9.0, "solve_segments": 12.0, "decode_curves": 6.0}
"""Seconds of jobs on one core of 2026, in the default study, until the run's own are known; ..."""
OTHER = 3.0
"""... and of all others."""


@dataclass
class Timing:
    """What jobs took, by rule, and what is left."""

    left: dict[str, int] = field(default_factory=dict)
    """Jobs that have not ended, by rule."""
    took: dict[str, list[float]] = field(default_factory=dict)
    most: int = 1
    """Jobs that ran at the same time."""

    def seconds_of(self, rule: str) -> float:
        """Of one job: the mean of those that ended, or a typical time at this run's speed."""
        if own := self.took.get(rule):
            return sum(own) / len(own)
        found = sum(sum(own) for own in self.took.values())
        expected = sum(TYPICAL.get(r, OTHER) * len(own) for r, own in self.took.items())
        return TYPICAL.get(rule, OTHER) * (found / expected if expected else 1.0)

    def remaining(self, running: Iterable[tuple[str, float]]) -> float:
        """Seconds until the end, for jobs of rules that have been running for so many each."""
        waiting = sum(number * self.seconds_of(rule) for rule, number in self.left.items())
        done = sum(min(since, self.seconds_of(rule)) for rule, since in running)
        return max(waiting - done, 0.0) / self.most


class Progress(logging.Handler):
    """Tells on a terminal or a file how far Snakemake's run is."""

    def __init__(self, display: Bar | Plain, clock: Callable[[], float] = time.monotonic):
        super().__init__()
        self.display, self.clock, self.timing = display, clock, Timing()
        self.total = self.done = 0
        self.jobs: dict[int, tuple[str, str, float]] = {}
        """Rule, message and beginning of jobs that run."""
        self.closed = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        event, tell = str(getattr(record, "event", "")), None
        if event == "run_info":
            counts = {name: int(number) for name, number in record.stats.items()}
            self.total = counts.pop("total", 0) or sum(counts.values())
            self.timing.left = counts
        elif event == "job_info" and self.total:
            message = record.rule_msg or record.rule_name
            self.jobs[record.jobid] = (record.rule_name, message, self.clock())
            self.timing.most = max(self.timing.most, len(self.jobs))
        elif event == "job_finished":
            tell = self._finish(record.job_id)
        elif event in ("job_error", "group_error"):
            self.jobs.pop(getattr(record, "jobid", -1), None)
        if self.total and event in EACH | {"job_error"}:
            self.display.show(self.share(), self.running(), tell)

    def keep_showing(self, every: float = 2.0) -> None:
        """Let time that is left run on while jobs do."""

        def go_on() -> None:
            while not self.closed.wait(every):
                with self.lock:  # that of every handler, while it is told of an event
                    if self.jobs:
                        self.display.show(self.share(), self.running(), None)

        threading.Thread(target=go_on, daemon=True).start()

    def _finish(self, number: int) -> str | None:
        """What is said of a job that ended; nothing of those that only gather others."""
        rule, message, since = self.jobs.pop(number, ("", "", self.clock()))
        self.done += 1
        self.timing.left[rule] = max(self.timing.left.get(rule, 1) - 1, 0)
        if not rule:
            return None
        seconds = self.clock() - since
        self.timing.took.setdefault(rule, []).append(seconds)
        return f"{message} ({in_words(seconds)})"

    def share(self) -> str:
        """How many of the jobs have ended, and how long the others take."""
        now = self.clock()
        running = [(rule, now - since) for rule, _, since in self.jobs.values()]
        left = self.timing.remaining(running)
        ended = f"{self.done} of {self.total}"
        return ended if self.done >= self.total else f"{ended}, {in_words(left)} left"

    def running(self) -> list[str]:
        """What runs now, the newest first."""
        return [message for _, message, _ in reversed(self.jobs.values())]

    def close(self) -> None:
        self.closed.set()
        self.display.close()
        super().close()


def in_words(seconds: float) -> str:
    """A time as one says it: 8 s, 3 min, 2 h 10 min."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def silent_about_jobs(record: logging.LogRecord) -> bool:
    """Whether Snakemake's own handler may say something: a filter."""
    if str(getattr(record, "event", None)) in EACH:
        return False
    return not str(record.msg).startswith(CHATTER)


def follow(logger: logging.Logger, stream: Any) -> Progress | None:
    """Tell of a run on a stream in the place of Snakemake's own handler, where that is in use."""
    own = [handler for handler in logger.handlers if handler.name == "DefaultStreamHandler"]
    if not own or any(isinstance(handler, Progress) for handler in logger.handlers):
        return None
    for handler in own:
        handler.addFilter(silent_about_jobs)
    progress = Progress(Bar(stream) if stream.isatty() else Plain(stream))
    logger.addHandler(progress)
    if stream.isatty():
        progress.keep_showing()
    return progress
