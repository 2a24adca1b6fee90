"""Writing tables as CSV, the same everywhere."""

from __future__ import annotations

import pandas as pd

from .whole import replacing


def write_table(table: pd.DataFrame, path: str) -> None:
    """A tidy CSV, numbers with ten significant digits, written whole or not at all."""
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.10g")
