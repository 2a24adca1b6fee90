"""What a study says, in few words, from its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ...statistics.claims import FAILS, HOLDS, UNDECIDED
from ...statistics.counts import WRONG

VERDICTS = (HOLDS, FAILS, UNDECIDED)


@dataclass(frozen=True)
class Answer:
    """A claim with how often each verdict is given, and the cases."""

    claim: str
    of: str
    counts: dict[str, int]
    cases: list[dict[str, str]]
    rule: str

    @property
    def verdict(self) -> str:
        """Of all cases where they agree, else that it depends."""
        given = [verdict for verdict, count in self.counts.items() if count]
        return given[0] if len(given) == 1 else "depends on the case"


def answers(claims: pd.DataFrame) -> list[Answer]:
    """Every claim of claims.csv, in its order."""
    found = []
    for claim, own in claims.groupby("claim", sort=False):
        counts = own["verdict"].value_counts()
        cases = [
            {"case": row.case, "effect": _interval(row), "verdict": row.verdict}
            for row in own.itertuples()
        ]
        each = {verdict: int(counts.get(verdict, 0)) for verdict in VERDICTS}
        found.append(Answer(claim, own["of"].iloc[0], each, cases, own["rule"].iloc[0]))
    return found


def _interval(row: Any) -> str:
    ends = f" ({row.low:.2g} to {row.high:.2g})" if row.low == row.low else ""
    return f"{row.effect:.2g}{ends}"


def convergence(geodesics: pd.DataFrame) -> list[dict[str, Any]]:
    """By metric, start and solver how many geodesics converged, why others did not, and limits."""
    found = []
    for (metric, start, solver), own in geodesics.groupby(["metric", "start", "solver"]):
        missed = own.loc[~own["converged"], "status"].value_counts()
        wrong = own.loc[own["limit"].isin(WRONG), "limit"].value_counts()
        row = {"metric": metric, "start": start, "solver": solver}
        row |= {"geodesics": len(own), "converged": int(own["converged"].sum())}
        row |= {"why_not": _counted(missed), "not_lowest": _counted(wrong)}
        found.append(row)
    return found


def _counted(counts: pd.Series) -> str:
    return ", ".join(f"{count} {what}" for what, count in counts.items())


def models(table: pd.DataFrame) -> list[dict[str, str]]:
    """The test ELBO of every VAE type, mean over decoders, as a range over models."""
    found = []
    for vae, own in table.groupby("vae", sort=False):
        elbo = own.groupby("seed")["elbo"].mean()
        ends = f"{elbo.min():.1f} to {elbo.max():.1f}"
        found.append({"vae": vae, "models": str(len(elbo)), "elbo": ends})
    return found


def asked(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the settings ask for, in words."""
    data, training, model = config["data"], config["training"], config["model"]
    where = {"embedded": "MNIST digits", "torchvision": data["dataset"]}.get(data["source"])
    classes = data["classes"] and "classes " + ", ".join(map(str, data["classes"]))
    likelihood = model["likelihood"]
    family = likelihood if isinstance(likelihood, str) else likelihood["family"]
    variation = config["experiments"]["variation"]
    return [
        ("images", ", ".join(filter(None, [where or data.get("file", data["root"]), classes]))),
        ("VAE types", ", ".join(_type(*entry) for entry in config["vaes"].items())),
        ("models of each", str(training["seeds"])),
        ("latent space", f"{model['latent_dim']} dimensions"),
        ("likelihood", family),
        (
            "curves",
            f"{', '.join(config['curves']['families'])}; {config['curves']['segments']} segments",
        ),
        ("pairs in every model", f"{variation['pairs']} of {config['pairs']['split']} images"),
    ]


def _type(name: str, entry: int | Mapping[str, Any]) -> str:
    count = entry if isinstance(entry, int) else entry.get("decoders", 1)
    return f"{name} (one decoder)" if count == 1 else f"{name} ({count} decoders)"
