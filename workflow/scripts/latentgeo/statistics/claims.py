"""What is claimed of geodesics in VAEs, and whether a study bears it out.

Every claim is decided by an effect and its interval, by one of the rules below, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import permutations
from typing import Any

import pandas as pd

from .contests import against
from .intervals import Interval

HOLDS, FAILS, UNDECIDED = "holds", "does not hold", "undecided"
NEGLIGIBLE = 0.9
"""A ratio whose whole interval is above this is no reduction worth the name."""
SAME = 0.01
"""Shares by which two things may differ that are called the same."""
RULES = {
    "lower": f"ratio: holds if its interval is below 1, does not if it is above {NEGLIGIBLE}",
    "nearer": "difference: holds if its interval is below 0, does not if it is above",
    "same": f"ratio: holds if its interval is within {SAME:.0%} of 1, does not if it is beyond",
}
"""What decides, by name."""


@dataclass(frozen=True)
class Claim:
    """A claim, of whom it is, and what a study says to it."""

    claim: str
    of: str
    case: str
    """Where it is looked at: metric, measure, VAE types."""
    effect: float
    low: float
    high: float
    models: int
    pairs: int
    rule: str
    """A key of `RULES`."""

    @property
    def verdict(self) -> str:
        return decided(self.rule, self.low, self.high)

    def row(self) -> dict[str, Any]:
        """As a row of claims.csv."""
        return asdict(self) | {"rule": RULES[self.rule], "verdict": self.verdict}


def decided(rule: str, low: float, high: float) -> str:
    """What a rule says of an interval; undecided without one."""
    least, most = {"lower": (NEGLIGIBLE, 1.0), "nearer": (0.0, 0.0)}.get(rule, (1 + SAME, 1 - SAME))
    if rule == "same":
        if low >= most and high <= least:
            return HOLDS
        return FAILS if low > least or high < most else UNDECIDED
    if high < most:
        return HOLDS
    return FAILS if low > least else UNDECIDED


@dataclass(frozen=True)
class Type:
    """A VAE type: its name, decoders, epochs, and whether its training is its own."""

    name: str
    decoders: int
    epochs: int
    special: bool


def of_variation(contrasts: pd.DataFrame, types: Iterable[Type]) -> Iterator[Claim]:
    """Claims on how much measures vary over retrained models, from contrasts.csv."""
    for a, b in permutations(types, 2):
        common = not a.special and not b.special
        if a.decoders > 1 == b.decoders and common:
            yield from _between(contrasts, a, b, "ensembles lower the CV", ENSEMBLING)
        elif 1 < b.decoders < a.decoders and common:
            yield from _between(contrasts, a, b, "more decoders lower the CV", "the study")
        elif a.decoders == b.decoders and a.epochs > b.epochs:
            yield from _between(contrasts, a, b, "longer training lowers the CV", "ours")
    for row in contrasts[contrasts["measure_a"] != contrasts["measure_b"]].itertuples():
        case = f"{row.vae_a}, {row.metric_a}, {row.curve}"
        claim = "geodesic distances vary less than Euclidean ones"
        yield _claim(claim, IDENTIFICATION, case, row)


ENSEMBLING = "the study; Syrota et al. 2024"
IDENTIFICATION = "Syrota et al. 2025"
COMPARED = ("length", "energy", "travel", "published_length")


def _between(contrasts: pd.DataFrame, a: Type, b: Type, claim: str, of: str) -> Iterator[Claim]:
    """Of every measure that is compared, under every metric and curve family."""
    for turned in (False, True):
        first, second = (b, a) if turned else (a, b)
        chosen = (contrasts["vae_a"] == first.name) & (contrasts["vae_b"] == second.name)
        chosen &= contrasts["decoders_a"] == first.decoders
        chosen &= contrasts["decoders_b"] == second.decoders
        chosen &= contrasts["measure_a"].isin(COMPARED)
        for row in contrasts[chosen].itertuples():
            metric = row.metric_b if turned else row.metric_a
            case = f"{row.measure_a}, {metric}, {row.curve}: {a.name} over {b.name}"
            yield _claim(f"{claim} of the {row.measure_a}".replace("_", " "), of, case, row, turned)


def _claim(claim: str, of: str, case: str, row: Any, turned: bool = False) -> Claim:
    ratio, low, high = row.ratio, row.low, row.high
    if turned:
        ratio, low, high = 1 / ratio, 1 / high, 1 / low
    models = min(row.models_a, row.models_b)
    return Claim(claim, of, case, ratio, low, high, models, row.pairs, "lower")


def of_proximity(proximity: pd.DataFrame) -> Iterator[Claim]:
    """Claims on how close geodesics are to the data, from proximity.csv."""
    most = proximity["decoders"].max()
    if most == proximity["decoders"].min():
        return
    for row in proximity[proximity["decoders"] == most].itertuples():
        case = f"{row.metric}, {row.curve}: {most} decoders less 1, in spreads, over {row.over}"
        found = Interval(row.difference, row.low, row.high)
        claim = "geodesics lie closer to the data with more decoders"
        yield Claim(claim, "the study", case, *found, row.models, row.pairs, "nearer")


def of_starts(geodesics: pd.DataFrame, hot: str = "hot", cold: str = "line") -> Iterator[Claim]:
    """Claims on what a hot start saves, from geodesics of the contest."""
    if not {hot, cold} <= set(geodesics["start"]):
        return
    for claim, measure, rule in (
        ("a hot start lowers the initial energy", "initial_energy", "lower"),
        ("a hot start converges in fewer steps", "steps", "lower"),
        ("a hot start ends at the same energy", "energy", "same"),
    ):
        for row in against(geodesics, hot, cold, measure).itertuples():
            case = f"{row.vae}, {row.metric}, {row.curve}, {row.solver}: {hot} over {cold}"
            yield Claim(claim, "the study", case, row.ratio, row.low, row.high, 1, row.n, rule)
