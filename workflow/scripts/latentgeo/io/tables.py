"""Tables in CSV files, written the same everywhere."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from pandas.api.types import is_numeric_dtype

from ..errors import AGAIN, StudyError
from .whole import replacing


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
