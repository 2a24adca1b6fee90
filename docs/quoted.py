"""What documents quote of committed runs, made of their tables: a function for each fragment.

Each is given a run, a folder of docs/results/ (see its README.md) or of the project, and makes
markdown. `prose.py` puts it into documents.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

HOME = Path(__file__).resolve().parents[1]
RESULTS = HOME / "docs/results"
BETWEEN, WITHIN = "fisher-rao", "fisher-rao-within"
METRICS = {BETWEEN: "the study's energy", WITHIN: "the expected metric"}
MEASURES = {
    "length": "length",
    "published_length": "published length",
    "energy": "energy",
    "travel": "travel",
    "disagreement": "disagreement",
    "euclidean": "Euclidean",
}


def load(run: str, table: str) -> pd.DataFrame:
    return pd.read_csv(RESULTS / run / f"{table}.csv")


def number(value: float, digits: int = 2) -> str:
    """A number with so many significant digits, without an exponent; – where there is none."""
    if not np.isfinite(value):
        return "–"
    places = max(0, digits - 1 - int(np.floor(np.log10(abs(value))))) if value else 0
    return f"{round(value, places):,.{places}f}"


def interval(row) -> str:
    """An estimate and its interval."""
    return told(row.effect, row.low, row.high)


def told(estimate: float, low: float, high: float) -> str:
    """An estimate with the ends of its interval, where it has one."""
    ends = f" ({number(low)} to {number(high)})" if np.isfinite(low) else ""
    return number(estimate) + ends


def markdown(rows: list[list[str]], head: list[str]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# ── what is put between markers ──────────────────────────────────────────────────────────────────


def elbo(run: str) -> str:
    """Test ELBOs of all types, as ranges over models."""
    table = load(run, "models")
    models = table.groupby(["vae", "seed"], sort=False)["elbo"].mean()
    parts = []
    for vae, own in models.groupby(level="vae", sort=False):
        parts.append([vae, str(len(own)), f"{own.min():.1f} to {own.max():.1f}"])
    return markdown(parts, ["VAE type", "models", "test ELBO [nats], mean over decoders"])


def coefficients(run: str) -> str:
    """Mean CVs over pairs, corrected for the number of models, of the first curve family."""
    table = load(run, "cv")
    table = table[table["curve"] == table["curve"].iloc[0]]
    order = ["length", "published_length", "energy", "travel", "disagreement", "euclidean"]
    rows = []
    for (vae, count, metric), own in table.groupby(["vae", "decoders", "metric"], sort=False):
        means = own.groupby("measure")["cv_corrected"].mean()
        name = vae if count == 1 else f"{vae}: {METRICS[metric]}"
        rows.append([name, str(own["n"].max()), *(number(means[m]) for m in order)])
    return markdown(rows, ["", "models", *(MEASURES[m] for m in order)])


def claims(run: str) -> str:
    """Every claim, with its effect and its verdict."""
    table = load(run, "claims")
    rows = [
        [row.claim, row.case, interval(row), f"**{row.verdict}**"] for row in table.itertuples()
    ]
    return markdown(rows, ["claim", "where", "effect (95 %)", "verdict"])


def verdicts(run: str) -> str:
    """Of every claim how many of its cases hold, do not, and are undecided."""
    table = load(run, "claims")
    rows = []
    for claim, own in table.groupby("claim", sort=False):
        counts = own["verdict"].value_counts()
        each = [str(counts.get(v, 0)) for v in ("holds", "does not hold", "undecided")]
        rows.append([claim, *each])
    return markdown(rows, ["claim", "holds", "does not hold", "undecided"])


def contrasts(run: str) -> str:
    """Ratios of CVs of ensembles to those of single decoders, length first."""
    table = load(run, "claims")
    table = table[table["claim"].str.startswith("ensembles lower")]
    wanted = table["case"].str.endswith("ensemble over single")
    curve = table["case"].str.split(r"[,:] ", regex=True, expand=True)
    first = curve[2] == curve[2].iloc[0]
    table, parts = table[wanted & first], curve[wanted & first]
    rows = []
    for measure in ("length", "published_length", "energy", "travel"):
        cells = []
        for metric in METRICS:
            own = table[(parts[0] == measure) & (parts[1] == metric)]
            cells += [interval(row) for row in own.itertuples()] or ["–"]
        rows.append([MEASURES[measure], *cells])
    return markdown(rows, ["CV of the", *(f"under {name}" for name in METRICS.values())])


def segments(run: str) -> str:
    """Lengths relative to those of the study's N, over pairs, by the number of segments."""
    table = load(run, "segments")
    groups = table.groupby(["vae", "metric"], sort=False)
    numbers = sorted(set(table["segments"]))
    rows = []
    for (vae, metric), own in groups:
        wide = own.pivot(index="pair", columns="segments", values="length")
        relative = wide.div(wide[32], axis=0)
        cells = [f"{number(relative[n].min())} to {number(relative[n].max())}" for n in numbers]
        rows.append([f"{vae}: {METRICS[metric]}", *cells])
    return markdown(rows, ["length at N over that at 32", *map(str, numbers)])


def proximity(run: str) -> str:
    """Proximity of the fewest and the most decoders, in spreads, and the paired difference."""
    table = load(run, "proximity")
    most = table["decoders"].max()
    rows = []
    for row in table[table["decoders"] == most].itertuples():
        found = told(row.difference, row.low, row.high)
        rows.append([METRICS[row.metric], row.curve, number(row.scaled), found])
    return markdown(
        rows, ["", "curve", f"{most} decoders [spreads]", "less that of one decoder (95 %)"]
    )


def literature(run: str) -> str:
    """What others published, and the same statistic of ours where there is one."""
    table = pd.read_csv(HOME / "resources/literature.csv", dtype=str, keep_default_na=False)
    table["here"] = [_ours(row, load(run, "cv")) for row in table.itertuples()]
    columns = ["source", "data", "decoders", "retrainings", "pairs", "measure", "statistic"]
    columns += ["value", "note", "here"]
    return markdown(table[columns].to_numpy().tolist(), columns)


def _ours(row, table: pd.DataFrame) -> str:
    """The statistic of a published row in a run's CVs; published lengths, cubic polynomials.

    Under the study's coupling, as published lengths of ensembles draw decoders independently.
    """
    table = table[(table["metric"] == BETWEEN) & (table["curve"] == "polynomial")]
    cvs = table.pivot(index="pair", columns=["vae", "measure"], values="cv_corrected")
    if row.measure == "geodesic CV":
        vae = {"1": "single", "2": "two", "3": "three"}.get(row.decoders, "ensemble")
        length, euclidean = (cvs[vae, m].mean() for m in ("published_length", "euclidean"))
        return f"{number(length)}, Euclidean {number(euclidean)}"
    if row.measure == "length":
        found = stats.ttest_rel(*(cvs[v, "published_length"] for v in ("ensemble", "single")))
        return f"{number(found.statistic)}, of ensembles against one decoder"
    if row.measure == "geodesic against Euclidean":
        own = (cvs["ensemble", m] for m in ("published_length", "euclidean"))
        return number(stats.ttest_rel(*own).statistic)
    return "–"


def published(run: str) -> str:
    """CVs of the energy as the study printed them, and in its default run and another."""
    printed = pd.read_csv(HOME / "resources/published.csv")
    runs = {"default": load("default", "cv"), run: load(run, "cv")}
    rows = []
    for vae, own in printed.groupby("vae", sort=False):
        cells = [_spread(own["cv"])]
        for table in runs.values():
            chosen = (table["vae"] == vae) & (table["metric"] == BETWEEN)
            chosen &= (table["measure"] == "energy") & (table["curve"] == "polynomial")
            cells.append(_spread(table.loc[chosen, "cv"]))
        rows.append([vae, *cells])
    heads = [f"{name} run: mean (range) over {_size(table)}" for name, table in runs.items()]
    return markdown(rows, ["CV of the energy", "as printed: mean (range) over 6 pairs", *heads])


def _spread(values: pd.Series) -> str:
    return f"{number(values.mean())} ({number(values.min())} to {number(values.max())})"


def _size(table: pd.DataFrame) -> str:
    return f"{table['pair'].nunique()} pairs, {table['n'].max()} models"
