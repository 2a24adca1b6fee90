"""What the page's explorer and the film strips show: some pairs' geodesics in some models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .experiments import requested
from .series import Request, Series

STRAIGHT = "straight line"
"""In the place of a curve family."""


def requests(
    described: Iterable[Mapping[str, Any]], vae: str, seed: int, decoder_count: int, pairs: int
) -> list[Request]:
    """All that described experiments ask for in one model under all of its decoders; each once.

    Of the first pairs alone.
    """
    found = [
        replace(request, pairs=min(request.pairs, pairs))
        for request in requested(described, vae=vae, seed=seed, order=0)
        if request.decoder_count in (0, decoder_count)
    ]
    most: dict[Request, Request] = {}
    for request in found:
        key = replace(request, pairs=0)
        most[key] = max(request, most.get(key, request))
    return list(most.values())


def in_order(geodesics: Any, requests: Sequence[Request]) -> Any:
    """Rows of `records.read`, those first that are asked for first."""
    ranks = {replace(request, pairs=0): n for n, request in enumerate(requests)}
    names = [*Series.__dataclass_fields__, "decoders"]

    def rank(row: tuple) -> int:
        return ranks[Request(Series(*row[:-1]), row[-1], 0)]

    each = [rank(row) for row in geodesics[names].itertuples(index=False, name=None)]
    return geodesics.iloc[sorted(range(len(each)), key=each.__getitem__)]
