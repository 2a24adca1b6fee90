"""Geodesics as rows of a table, and back from the files that jobs wrote."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from .errors import StudyError
from .files import replacing
from .stored import AGAIN, GEODESICS, load_geodesics

COLUMNS = list(GEODESICS)
MEASURES = ["energy", "disagreement", "travel", "length", "euclidean"]
"""What is compared between models: energies in nats, lengths in √nats and latent units."""


def read_geodesics(paths: Iterable[str], **arrays: str) -> pd.DataFrame:
    """One row a geodesic, in the order of the columns, sorted; more arrays as extra columns.

    Those are given with their forms (see `stored.load_shaped`), as points="float n t 2".
    """
    frames = []
    for path in paths:
        stored = load_geodesics(path, **arrays)
        size = len(stored["pair"])
        columns = {name: np.broadcast_to(stored[name], size) for name in COLUMNS}
        frames.append(pd.DataFrame(columns | {name: list(stored[name]) for name in arrays}))
    return pd.concat(frames).sort_values(COLUMNS[:8], kind="stable", ignore_index=True)


def write_table(table: pd.DataFrame, path: str) -> None:
    """A tidy CSV, numbers with ten significant digits, written whole or not at all."""
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.10g")


def read_table(path: str, *columns: str) -> pd.DataFrame:
    """Read a CSV that `write_table` wrote; StudyError, naming it, when it is damaged."""
    try:
        if not Path(path).read_bytes().endswith(b"\n"):
            raise ValueError("cut off")
        table = pd.read_csv(path)
        if missing := sorted(set(columns) - set(table.columns)):
            raise ValueError(f"no column {', '.join(missing)}")
        if table.empty or not all(is_numeric_dtype(table[name]) for name in columns):
            raise ValueError("no numbers")
    except (OSError, ValueError) as error:
        reason = str(error).strip()
        raise StudyError(f"{path}: not a table of this workflow ({reason}); {AGAIN}") from error
    return table
