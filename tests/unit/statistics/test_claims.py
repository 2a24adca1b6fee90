"""What decides a claim, and which effects belong to which claim."""

import numpy as np
import pandas as pd
import pytest
from latentgeo.statistics.claims import RULES, Type, decided, of_proximity, of_starts, of_variation


@pytest.mark.parametrize(
    ("rule", "low", "high", "verdict"),
    [
        ("lower", 0.5, 0.99, "holds"),
        ("lower", 0.5, 1.01, "undecided"),
        ("lower", 0.89, 1.4, "undecided"),
        ("lower", 0.91, 1.4, "does not hold"),
        ("lower", 1.2, 1.4, "does not hold"),
        ("lower", 0.95, 0.99, "holds"),
        ("nearer", -0.2, -0.01, "holds"),
        ("nearer", -0.2, 0.01, "undecided"),
        ("nearer", 0.01, 0.2, "does not hold"),
        ("same", 0.995, 1.005, "holds"),
        ("same", 0.98, 1.005, "undecided"),
        ("same", 0.9, 0.98, "does not hold"),
        ("same", 1.02, 1.1, "does not hold"),
        *((rule, np.nan, np.nan, "undecided") for rule in ("lower", "nearer", "same")),
    ],
)
def test_the_interval_decides(rule, low, high, verdict):
    assert decided(rule, low, high) == verdict
    assert rule in RULES


def contrast(a, b, measures=("length", "length"), metric_b="fisher-rao", ratio=2.0):
    (vae_a, decoders_a), (vae_b, decoders_b) = a, b
    return {
        **{"curve": "polynomial", "vae_a": vae_a, "decoders_a": decoders_a},
        **{"metric_a": "fisher-rao", "measure_a": measures[0], "vae_b": vae_b},
        **{"decoders_b": decoders_b, "metric_b": metric_b, "measure_b": measures[1]},
        **{"models_a": 5, "models_b": 6, "pairs": 7, "ratio": ratio, "low": 1.25, "high": 4.0},
    }


ONE, TEN = ("single", 1), ("ensemble", 10)
TYPES = [
    Type("single", 1, 24, False),
    Type("ensemble", 10, 40, False),
    Type("three", 3, 40, False),
    Type("short", 1, 7, True),
]


def test_an_ensemble_is_compared_with_a_single_decoder_whichever_comes_first():
    table = pd.DataFrame([contrast(ONE, TEN, metric_b="fisher-rao-within")])
    [claim] = of_variation(table, TYPES)
    assert claim.claim == "ensembles lower the CV of the length"
    assert (claim.effect, claim.low, claim.high) == (0.5, 0.25, 0.8)
    assert claim.case == "length, fisher-rao-within, polynomial: ensemble over single"
    assert (claim.models, claim.pairs, claim.verdict) == (5, 7, "holds")
    assert claim.row()["rule"] == RULES["lower"]
    [turned] = of_variation(pd.DataFrame([contrast(TEN, ONE)]), TYPES)
    assert (turned.effect, turned.low, turned.high) == (2.0, 1.25, 4.0)
    assert turned.verdict == "does not hold"


def test_which_contrasts_are_of_which_claim():
    rows = [
        contrast(TEN, ("three", 3)),
        contrast(ONE, ("short", 1)),
        contrast(("short", 1), TEN),  # of another training: no claim
        contrast(("ensemble", 3), ONE),  # the first three of ten: no type's own number
        contrast(ONE, ONE, ("length", "euclidean")),
        contrast(TEN, ONE, ("euclidean", "euclidean")),
    ]
    found = [(claim.claim, claim.case) for claim in of_variation(pd.DataFrame(rows), TYPES)]
    assert sorted(found) == [
        ("geodesic distances vary less than Euclidean ones", "single, fisher-rao, polynomial"),
        (
            "longer training lowers the CV of the length",
            "length, fisher-rao, polynomial: single over short",
        ),
        (
            "more decoders lower the CV of the length",
            "length, fisher-rao, polynomial: ensemble over three",
        ),
    ]


def test_proximity_is_judged_at_the_most_decoders():
    row = {"metric": "m", "curve": "c", "models": 4, "n": 40, "pairs": 5, "over": "models"}
    each = [(1, 0.0, 0.0, 0.0), (2, -0.1, -0.3, 0.1), (3, -0.2, -0.3, -0.1)]
    names = ("decoders", "difference", "low", "high")
    table = pd.DataFrame([row | dict(zip(names, values, strict=True)) for values in each])
    [claim] = of_proximity(table)
    assert (claim.effect, claim.low, claim.high, claim.pairs) == (-0.2, -0.3, -0.1, 5)
    assert claim.verdict == "holds" and "3 decoders less 1" in claim.case
    assert not list(of_proximity(table[:1]))


def test_a_hot_start_is_compared_with_the_line():
    rows = [
        {"start": start, "pair": pair, "initial_energy": first, "steps": steps, "energy": 5.0}
        for start, first, steps in (("hot", 10.0, 4), ("line", 20.0, 2))
        for pair in range(3)
    ]
    table = pd.DataFrame(rows).assign(vae="e", metric="m", curve="c", solver="newton")
    found = {claim.claim: claim for claim in of_starts(table)}
    verdicts = {name.removeprefix("a hot start "): one.verdict for name, one in found.items()}
    assert verdicts == {
        "lowers the initial energy": "holds",
        "converges in fewer steps": "does not hold",
        "ends at the same energy": "holds",
    }
    assert found["a hot start lowers the initial energy"].effect == pytest.approx(0.5)
    assert not list(of_starts(table[table["start"] == "hot"]))
