"""What follows from figures is counted and computed from small tables, by hand."""

import numpy as np
import pandas as pd
import pytest
from latentgeo.study.page.conclusions import conclusions

NOTHING = pd.DataFrame()


def claims(**verdicts):
    rows = [(claim, verdict) for claim, own in verdicts.items() for verdict in own]
    return {"claims": pd.DataFrame(rows, columns=["claim", "verdict"])}


def test_verdicts_of_the_claims_that_a_figure_is_about_are_counted():
    tables = claims(
        **{
            "ensembles lower the CV of the length": ["holds", "undecided", "undecided"],
            "a hot start helps": ["does not hold"],
        }
    )
    assert conclusions("cv", tables, NOTHING) == [
        "“Ensembles lower the CV of the length” holds in 1, is undecided in 2 of 3 cases."
    ]
    assert conclusions("contest", tables, NOTHING) == [
        "“A hot start helps” does not hold in 1 of 1 case."
    ]
    assert conclusions("models", tables, NOTHING) == []


def test_lengths_that_have_a_limit_change_little_at_last():
    rows = [
        ("single", "fisher-rao", 1, pair, n, length)
        for pair, lengths in enumerate([(9.0, 10.0, 10.1), (1.0, 2.0, 1.9)])
        for n, length in zip((8, 16, 32), lengths, strict=True)
    ]
    columns = ["vae", "metric", "decoders", "pair", "segments", "length"]
    table = pd.DataFrame(rows, columns=columns)
    [said] = conclusions("segments", {"segments": table}, NOTHING)
    assert said.startswith("single, Fisher–Rao metric: from 16 to 32 segments")
    assert "changes by 5 % at most" in said
    assert conclusions("segments", {"segments": table[table["segments"] == 8]}, NOTHING) == []


def test_deviations_are_compared_with_the_straight_line_of_the_same_pair():
    rows = []
    for pair, (line, curve) in enumerate([(0.1, 0.05), (0.2, 0.4)]):
        for name, mean in (("ensemble: straight line", line), ("ensemble: geodesic", curve)):
            rows += [(pair, name, name, 9.0), (pair, "σ over decoders", name, mean)] * 2
    strips = pd.DataFrame(rows, columns=["pair", "row", "of", "mean"])
    [said] = conclusions("filmstrips", {}, strips)
    assert "ensemble, geodesic: " in said and "is 1.00 times" in said and "2 pairs" in said
    single = strips[strips["row"] == strips["of"]]
    assert conclusions("filmstrips", {}, single) == []


@pytest.mark.parametrize("seeds, spread", [(1, ""), (2, " ± 1.4 (σ over 2 models)")])
def test_the_elbo_is_the_mean_over_models_of_the_mean_over_decoders(seeds, spread):
    rows = [("x", seed, 1700 + 2 * seed + d) for seed in range(seeds) for d in (-1, 1)]
    models = pd.DataFrame(rows, columns=["vae", "seed", "elbo"])
    mean = np.mean([1700 + 2 * seed for seed in range(seeds)])
    assert conclusions("training", {"models": models}, NOTHING) == [
        f"x: test ELBO {mean:.1f}{spread} nats."
    ]
