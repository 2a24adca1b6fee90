"""What follows from a figure, in sentences whose numbers are those of the tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ...statistics.claims import FAILS, HOLDS, UNDECIDED
from ..shown import metric

CLAIMS = {
    "cv": (
        "ensembles lower the CV",
        "more decoders lower the CV",
        "longer training lowers the CV",
        "geodesic distances vary less",
    ),
    "proximity": ("geodesics lie closer",),
    "contest": ("a hot start",),
    "starts-energy": ("a hot start",),
}
"""Beginnings of the claims that a figure is about."""


def conclusions(figure: str, tables: Mapping[str, pd.DataFrame], data: pd.DataFrame) -> list[str]:
    """Of a figure, by name, from the study's tables and from the figure's own data."""
    if figure == "segments":
        return _limits(tables["segments"])
    if figure == "filmstrips":
        return _deviations(data)
    if figure == "training":
        return _training(tables["models"])
    return _verdicts(tables["claims"], CLAIMS.get(figure, ()))


def _verdicts(claims: pd.DataFrame, beginnings: tuple[str, ...]) -> list[str]:
    found = []
    for claim, own in claims.groupby("claim", sort=False):
        if claim.startswith(beginnings):
            counts = own["verdict"].value_counts()
            told = [f"{v} in {counts[v]}" for v in (HOLDS, FAILS, UNDECIDED) if v in counts]
            cases = "case" if len(own) == 1 else "cases"
            said = ", ".join(told).replace(f"{UNDECIDED} in", f"is {UNDECIDED} in")
            found.append(f"“{claim[:1].upper()}{claim[1:]}” {said} of {len(own)} {cases}.")
    return found


def _limits(segments: pd.DataFrame) -> list[str]:
    """By how much lengths still change when the last numbers of segments are doubled or so."""
    found = []
    for (vae, name, decoders), own in segments.groupby(["vae", "metric", "decoders"], sort=False):
        lengths = own.pivot(index="pair", columns="segments", values="length")
        if lengths.shape[1] < 2:
            continue
        before, last = lengths.columns[-2:]
        change = (lengths[last] / lengths[before] - 1).abs().max()
        found.append(
            f"{vae}, {metric(name, decoders)}: from {before} to {last} segments the length of a "
            f"pair changes by {100 * change:.2g} % at most."
        )
    return found


def _deviations(strips: pd.DataFrame) -> list[str]:
    """How much decoders differ along geodesics, against the straight lines of the same pairs."""
    own = strips[strips["row"] != strips["of"]]
    means = own.groupby(["of", "pair"], sort=False)["mean"].mean().unstack("pair")
    found = []
    for name, row in means.iterrows():
        vae, _, curve = name.partition(": ")
        line = f"{vae}: straight line"
        if name != line and line in means.index:
            ratio = np.exp(np.log(row / means.loc[line]).mean())
            found.append(
                f"{vae}, {curve}: the standard deviation over decoders is {ratio:.2f} times that "
                f"along the straight line (geometric mean over {row.notna().sum()} pairs)."
            )
    return found


def _training(models: pd.DataFrame) -> list[str]:
    found = []
    for vae, own in models.groupby("vae", sort=False):
        each = own.groupby("seed")["elbo"].mean()
        spread = f" ± {each.std():.1f} (σ over {len(each)} models)" if len(each) > 1 else ""
        found.append(f"{vae}: test ELBO {each.mean():.1f}{spread} nats.")
    return found
