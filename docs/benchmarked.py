"""What documents quote of the benchmarks: of their tables in benchmarks/results/.

As in `quoted`, a function makes a fragment, and is given the folder that has results/.
"""

from __future__ import annotations

import pandas as pd
from quoted import HOME, markdown, number, told

SOLVED = {
    ("newton", "graph"): "this solver, graph start",
    ("newton-escapes", "graph"): "this solver, graph start, 4 escapes",
    ("newton", "line"): "this solver, line",
    ("l-bfgs-b", "line"): "L-BFGS-B (scipy)",
    ("adam", "line"): "Adam, tuned and batched",
    ("stochman", "line"): "stochman",
    ("study", "line"): "the study's recipe",
    ("study", "random"): "the study's recipe",
}
TYPES = {"single": "one decoder", "ensemble": "ten"}


def load(run: str, table: str) -> pd.DataFrame:
    return pd.read_csv(HOME / run / f"results/{table}.csv")


def contest(run: str) -> str:
    """Of every contestant the mean CPU of a curve until it is at the best, and the share there."""
    table = load(run, "contest")
    table["cell"] = [
        f"{number(row['cpu_0.1pct_mean'])} ({row['share_0.1pct_geodesics']:.0%})"
        for _, row in table.iterrows()
    ]
    return _by_contestant(table, "cell")


def restarts(run: str) -> str:
    """How many times the CPU of this solver others are expected to need, with its range."""
    table = load(run, "restarts")
    table = table[(table["goal"] == "geodesic") & (table["contestant"] != "newton")].copy()
    table["cell"] = [
        told(row.ratio, row.ratio_lowest, row.ratio_highest) for row in table.itertuples()
    ]
    return _by_contestant(table, "cell")


def _by_contestant(table: pd.DataFrame, cell: str) -> str:
    """A row a contestant, a column a VAE type and curve family."""
    columns = list(dict.fromkeys(zip(table["vae"], table["family"], strict=True)))
    rows: dict[str, list[str]] = {}
    for (contestant, start), name in SOLVED.items():
        own = table[(table["contestant"] == contestant) & (table["start"] == start)]
        found = own.set_index(["vae", "family"])[cell]
        cells = rows.setdefault(name, ["–"] * len(columns))
        for n, column in enumerate(columns):
            cells[n] = found.get(column, cells[n])
    heads = [f"{TYPES[vae]}, {family}" for vae, family in columns]
    return markdown(
        [[name, *cells] for name, cells in rows.items() if set(cells) != {"–"}], ["", *heads]
    )


CONTESTANTS = {
    ("newton", "landmarks"): "ours, landmarks",
    ("newton", "line"): "ours, line",
    ("georce", "line"): "GEORCE",
    ("l-bfgs-b", "line"): "L-BFGS-B",
    ("adam", "line"): "Adam",
    ("stochman", "line"): "stochman",
}
COUPLINGS = {
    ("single", "between"): "one decoder",
    ("ensemble", "within"): "ten, expected metric",
    ("ensemble", "between"): "ten, the study's energy",
}


def dimensions(run: str) -> str:
    """Of every contestant the share of curves within 0.1 % of the best, and its expected CPU."""
    table = load(run, "dimensions")
    rows = []
    keys = ["dimensions", "likelihood", "vae", "coupling"]
    for (d, likelihood, vae, coupling), own in table.groupby(keys, sort=False):
        cells = []
        for contestant, start in CONTESTANTS:
            found = own[(own["contestant"] == contestant) & (own["start"] == start)]
            cells += [_reached(row) for _, row in found.iterrows()] or ["–"]
        rows.append([str(d), likelihood, COUPLINGS[vae, coupling], *cells])
    return markdown(rows, ["d", "likelihood", "decoders", *CONTESTANTS.values()])


def _reached(row: pd.Series) -> str:
    least = "> " if row["lower_bound"] else ""
    return f"{row['share_0.1pct']:.0%}, {least}{number(row['cpu_expected'])} s"
