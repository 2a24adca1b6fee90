"""The fewest jobs that solve all the geodesics that are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from .series import Request, Series, place


@dataclass(frozen=True, order=True)
class Job:
    """Pairs first ... stop - 1 of a series, under lowest ... highest decoders, as one batch."""

    series: Series
    lowest: int
    highest: int
    first: int
    stop: int

    @property
    def place(self) -> str:
        """Where its file lies, below the folder of all geodesics."""
        return place(self.series, (self.lowest, self.highest), (self.first, self.stop))

    @property
    def block(self) -> str:
        return f"{self.first}-{self.stop}"

    def serves(self, request: Request) -> bool:
        return (
            self.series == request.series
            and self.lowest <= request.decoder_count <= self.highest
            and self.first < request.pairs
        )


def plan(requests: Iterable[Request], per_job: int) -> dict[Series, list[Job]]:
    """The jobs that serve all requests, by series.

    What several requests ask for is solved once. Neighbouring numbers of decoders that need as many
    pairs share a job: they share the model, the grid, the pairs and the start of a process.
    """
    needed: dict[Series, dict[int, int]] = {}
    for r in requests:
        by_count = needed.setdefault(r.series, {})
        by_count[r.decoder_count] = max(r.pairs, by_count.get(r.decoder_count, 0))
    return {
        series: [
            Job(series, lowest, highest, first, min(first + per_job, pairs))
            for lowest, highest, pairs in _runs(by_count)
            for first in range(0, pairs, per_job)
        ]
        for series, by_count in needed.items()
    }


def serving(jobs: dict[Series, list[Job]], requests: Iterable[Request]) -> list[Job]:
    """The jobs of a plan that some requests need, each once."""
    found = {j: None for r in requests for j in jobs[r.series] if j.serves(r)}
    return list(found)


def _runs(pairs_of: dict[int, int]) -> list[tuple[int, int, int]]:
    """Runs of consecutive decoder numbers with equal pairs, as (lowest, highest, pairs)."""
    ordered = sorted(pairs_of.items())
    keyed = groupby(enumerate(ordered), lambda item: (item[1][0] - item[0], item[1][1]))
    runs = [[count for _, (count, _) in group] for _, group in keyed]
    return [(run[0], run[-1], pairs_of[run[0]]) for run in runs]
