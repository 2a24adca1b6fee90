"""How much of a large study its figures show; what they leave out they say themselves.

Figures of the default study show everything. Tables always have everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import TypeVar

from .series import Request, span

MOST_GEODESICS = 60
"""Geodesics over one latent space."""
MOST_PAIRS = 12
"""Pairs side by side, or with names in one latent space."""
MOST_TYPES = 12
"""VAE types, or curve families with each solver: rows of panels."""
MOST_BESIDE = 6
"""Pairs with a panel each side by side."""
MOST_STRIPS = 4
"""Pairs with film strips."""
MOST_SEEDS = 10
"""Seeds with a panel or a line each."""
MOST_LINES = 20
"""Lines in one panel."""
MOST_PANELS = 48
MOST_LETTERS = 24
"""Letters of a name in a legend."""

Item = TypeVar("Item")

METRICS = {
    "fisher-rao": "Fisher–Rao metric",
    "fisher-rao-within": "expected Fisher–Rao metric",
    "density": "density metric",
}


def metric(name: str, decoders: int = 1) -> str:
    """A metric in words, with how decoders are coupled where there are several."""
    coupled = decoders > 1 and name == "fisher-rao"
    return METRICS.get(name, name) + (", between different decoders" if coupled else "")


def first(items: Iterable[Item], most: int, what: str) -> tuple[list[Item], str]:
    """The first of many items, and what to say of it: nothing when they are all."""
    items = list(items)
    note = f"the first {most} of {len(items):,} {what}" if len(items) > most else ""
    return items[:most], note


def shortened(name: str, most: int = MOST_LETTERS) -> str:
    """A name of any length for a legend."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def class_name(label: int, names: Sequence[str]) -> str:
    """Of a class of images: by its number among the names, or the number alone."""
    return names[label] if names else f"class {label}"


def beside(rows: Sequence, most: int) -> int:
    """How many panels fit into each row, no more than `most` and at least one."""
    return max(1, min(most, MOST_PANELS // len(rows)))


def of_first_pairs(
    paths: Iterable[str], requests: Iterable[Request], pairs: int
) -> tuple[list[str], list[Request]]:
    """What to read, and to ask for, where only the first pairs are to be shown."""
    blocks = {path: span(PurePath(path).stem.removeprefix("pairs-")) for path in paths}
    needed = [path for path, (start, _) in blocks.items() if start < pairs]
    return needed, [replace(r, pairs=min(r.pairs, pairs)) for r in requests]
