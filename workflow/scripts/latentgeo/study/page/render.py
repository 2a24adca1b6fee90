"""The page, from its template."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from plotly.offline import get_plotlyjs

REPORT = Path(__file__).parents[4] / "report"
"""Captions, and the page's template, style and script."""
PARTS = {
    "": "All of it",
    "a": "Part A: one decoder",
    "b": "Part B: ensembles of decoders",
    "c": "Part C: where to start",
}
"""The parts of the study; what belongs to several is shown with the first of them."""


def page(**content: Any) -> str:
    """The page of `figures`, `tables`, `explorer`, and all else that the template names."""
    found = Environment(
        loader=FileSystemLoader(REPORT / "page"), autoescape=True, undefined=StrictUndefined
    )
    found.trim_blocks = found.lstrip_blocks = found.keep_trailing_newline = True
    exhibits = {
        letter: {
            "title": title,
            "figures": [f for f in content["figures"] if f.parts[:1] == letter],
            "tables": [t for t in content["tables"] if t.parts[:1] == letter],
        }
        for letter, title in PARTS.items()
    }
    content["explorer"] = within_html(content["explorer"])
    template = found.get_template("study.html")
    return template.render(parts=exhibits, plotly=get_plotlyjs(), **content)


def within_html(content: Any) -> str:
    """JSON that can stand in a script of a page, whatever texts it holds; "" of nothing."""
    text = json.dumps(content, separators=(",", ":"), allow_nan=False) if content else ""
    return text.replace("<", "\\u003c")
