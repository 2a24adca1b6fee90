"""Figures and tables as the page shows them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
from docutils.core import publish_parts
from jinja2 import Environment

from .conclusions import conclusions

MOST_ROWS = 3000
"""Of a table on the page; the file has all of them."""
DIGITS = 5
"""Significant ones of a number."""


@dataclass(frozen=True)
class Figure:
    """A picture with its caption, in the parts of the study that it belongs to."""

    name: str
    parts: str
    caption: str
    """HTML."""
    alt: str
    png: str
    """A data URI."""
    pdf: str
    """Where it lies, beside the page; ..."""
    data: str
    """... and what it shows."""
    follows: list[str]
    """What follows from it."""


@dataclass(frozen=True)
class Table:
    """A table's cells as text; `numeric` says which columns are sorted as numbers."""

    name: str
    parts: str
    caption: str
    columns: list[str]
    numeric: list[bool]
    rows: list[list[str]]
    total: int
    file: str
    """Where all of it lies, beside the page."""

    @property
    def left_out(self) -> bool:
        return self.total > len(self.rows)


def figure(
    path: str,
    told: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    captions: Path,
    folder: Path,
) -> Figure:
    """A PNG below a folder; `told` has its caption's name, parts, and wildcards.

    What follows from it is computed of the study's tables, by name, and of its own data.
    """
    text = _caption(captions, told)
    picture = base64.b64encode(Path(path).read_bytes()).decode()
    place = Path(path).relative_to(folder)
    return Figure(
        place.stem,
        told["parts"],
        _html(text),
        " ".join(f"{place.stem}: {text}".replace("``", "").split()),
        f"data:image/png;base64,{picture}",
        place.with_suffix(".pdf").as_posix(),
        place.with_suffix(".csv").as_posix(),
        conclusions(place.stem, tables, pd.read_csv(Path(path).with_suffix(".csv"))),
    )


def table(path: str, told: Mapping[str, Any], captions: Path, folder: Path) -> Table:
    """A CSV file below a folder."""
    whole = pd.read_csv(path, keep_default_na=False, na_values=[""])
    numeric = [
        pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
        for kind in whole.dtypes
    ]
    rows = whole.head(MOST_ROWS).itertuples(index=False)
    place = Path(path).relative_to(folder)
    return Table(
        place.stem,
        told["parts"],
        _html(_caption(captions, told)),
        list(whole.columns),
        numeric,
        [[_cell(value) for value in row] for row in rows],
        len(whole),
        place.as_posix(),
    )


def _cell(value: Any) -> str:
    """A value as text; nothing where there is none."""
    if isinstance(value, float):
        return "" if value != value else f"{value:.{DIGITS}g}"
    return str(value)


def _caption(captions: Path, told: Mapping[str, Any]) -> str:
    """The text of a caption file, which may ask for wildcards as Snakemake's report lets it."""
    text = (captions / f"{told['caption']}.rst").read_text(encoding="utf-8")
    job = SimpleNamespace(wildcards=SimpleNamespace(**told["wildcards"]))
    return Environment(autoescape=False).from_string(text).render(snakemake=job)


def _html(text: str) -> str:
    """reStructuredText as HTML, without a page around it."""
    settings = {"file_insertion_enabled": False, "raw_enabled": False, "report_level": 5}
    parts = publish_parts(text, writer="html5", settings_overrides=settings)
    return parts["body"]
