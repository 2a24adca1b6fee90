"""Which groups of geodesics are compared, by their names in `variation.GROUP`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

Group = tuple[str, int, str, str]
"""VAE type, number of decoders, metric, curve family."""


def compared(groups: Sequence[Group]) -> list[tuple[Group, Group]]:
    """Every two groups that differ in what can be told apart, in their order.

    Of one curve family; of one metric, if both have several decoders and are not of the same
    models: one decoder has the same geodesics under all metrics.
    """
    return [(a, b) for a, b in combinations(groups, 2) if _comparable(a, b)]


def _comparable(a: Group, b: Group) -> bool:
    alone = 1 in (a[1], b[1])
    return a[3] == b[3] and (a[2] == b[2] or alone or a[:2] == b[:2])
