"""Reading the tables of a study."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from pandas.api.types import is_numeric_dtype

from ..errors import AGAIN, StudyError
from .whole import check_readable


def read_table(path: str, *columns: str) -> pd.DataFrame:
    """Read a CSV that `csv.write_table` wrote; StudyError, naming it, when it is damaged."""
    check_readable(path)
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
