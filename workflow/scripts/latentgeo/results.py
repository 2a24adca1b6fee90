"""Geodesics as rows of a table, and back from the files that jobs wrote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from .files import load_arrays, replacing

COLUMNS = [
    "vae",
    "seed",
    "decoders",
    "metric",
    "curve",
    "start",
    "solver",
    "pair",
    "label_a",
    "label_b",
    "energy",
    "disagreement",
    "travel",
    "length",
    "euclidean",
    "initial_energy",
    "steps",
    "converged",
]
MEASURES = ["energy", "disagreement", "travel", "length", "euclidean"]
"""What is compared between models: energies in nats, lengths in √nats and latent units."""


def read_geodesics(paths: Iterable[str], arrays: Sequence[str] = ()) -> pd.DataFrame:
    """One row a geodesic, in the order of the columns, sorted; some arrays as extra columns."""
    frames = []
    for path in paths:
        stored = load_arrays(path, *COLUMNS, *arrays)
        size = len(stored["pair"])
        columns = {name: np.broadcast_to(stored[name], size) for name in COLUMNS}
        frames.append(pd.DataFrame(columns | {name: list(stored[name]) for name in arrays}))
    return pd.concat(frames).sort_values(COLUMNS[:8], kind="stable", ignore_index=True)


def write_table(table: pd.DataFrame, path: str) -> None:
    """A tidy CSV, numbers with ten significant digits, written whole or not at all."""
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.10g")
