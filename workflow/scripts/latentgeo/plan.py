"""Which geodesics a study needs, and the fewest jobs that solve them.

Experiments ask for series of geodesics under so many decoders, for so many of the first pairs.
What several of them ask for is solved once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, order=True)
class Series:
    """Everything that distinguishes geodesics, but for the pair and the number of decoders."""

    vae: str
    seed: int
    metric: str
    curve: str
    start: str
    solver: str


@dataclass(frozen=True, order=True)
class Request:
    """The geodesics of a series for the first `pairs` pairs; 0 decoders where none matter."""

    series: Series
    decoders: int
    pairs: int


@dataclass(frozen=True, order=True)
class Job:
    """Pairs first ... stop - 1 of a series, under lowest ... highest decoders, as one batch."""

    series: Series
    lowest: int
    highest: int
    first: int
    stop: int

    @property
    def decoders(self) -> str:
        """ "10", or "1-9" for every number of decoders from 1 to 9."""
        span = (self.lowest, self.highest)
        return str(self.lowest) if self.lowest == self.highest else "{}-{}".format(*span)

    @property
    def block(self) -> str:
        return f"{self.first}-{self.stop}"

    def serves(self, request: Request) -> bool:
        return (
            self.series == request.series
            and self.lowest <= request.decoders <= self.highest
            and self.first < request.pairs
        )


def span(text: str) -> tuple[int, int]:
    """ "1-9" as (1, 9), and "10" as (10, 10)."""
    first, _, last = text.partition("-")
    return int(first), int(last or first)


def plan(requests: Iterable[Request], per_job: int) -> dict[Series, list[Job]]:
    """The jobs that serve all requests, by series.

    Neighbouring numbers of decoders that need as many pairs share a job: they share the model,
    the grid, the pairs and the start of a process.
    """
    needed: dict[Series, dict[int, int]] = {}
    for r in requests:
        by_decoders = needed.setdefault(r.series, {})
        by_decoders[r.decoders] = max(r.pairs, by_decoders.get(r.decoders, 0))
    return {
        series: [
            Job(series, lowest, highest, first, min(first + per_job, pairs))
            for lowest, highest, pairs in _runs(by_decoders)
            for first in range(0, pairs, per_job)
        ]
        for series, by_decoders in needed.items()
    }


def serving(jobs: dict[Series, list[Job]], requests: Iterable[Request]) -> list[Job]:
    """The jobs of a plan that some requests need, each once."""
    found = {j: None for r in requests for j in jobs[r.series] if j.serves(r)}
    return list(found)


def _runs(pairs_of: dict[int, int]) -> list[tuple[int, int, int]]:
    """Runs of consecutive decoder numbers with equal pairs, as (lowest, highest, pairs)."""
    ordered = sorted(pairs_of.items())
    keyed = groupby(enumerate(ordered), lambda item: (item[1][0] - item[0], item[1][1]))
    runs = [[decoders for _, (decoders, _) in group] for _, group in keyed]
    return [(run[0], run[-1], pairs_of[run[0]]) for run in runs]
