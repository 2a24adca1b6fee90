"""What distinguishes geodesics from one another, and where a file of them lies.

Geodesics of one series differ in their pair of images and in the number of decoders alone. A file
holds a block of pairs for a span of numbers of decoders.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PLACE = (
    "{vae}/seed-{seed}{order}/decoders-{decoder_span}/"
    "{metric}/{curve}/{start}/{solver}/pairs-{block}.npz"
)


@dataclass(frozen=True, order=True)
class Series:
    """Everything that distinguishes geodesics, but for the pair and the number of decoders."""

    vae: str
    seed: int
    metric: str
    curve: str
    start: str
    solver: str
    order: int = 0
    """In which a model's decoders are taken, see `orders`: 0 is their own."""

    @classmethod
    def of(cls, names: Any) -> Series:
        """From an object with the fields as attributes, numbers as text: a rule's wildcards."""
        texts = {name: str(getattr(names, name)) for name in cls.__dataclass_fields__}
        return cls(**texts | {"seed": int(texts["seed"]), "order": order_of(texts["order"])})


@dataclass(frozen=True, order=True)
class Request:
    """The geodesics of a series for the first `pairs` pairs; 0 decoders where none matter."""

    series: Series
    decoder_count: int
    pairs: int


def place(series: Series, decoder_span: tuple[int, int], block: tuple[int, int]) -> str:
    """Where the geodesics of pairs block[0] ... block[1] - 1 lie, for lowest ... highest decoders.

    A span of decoders is "10", or "1-9" for every number from 1 to 9.
    """
    lowest, highest = decoder_span
    return PLACE.format(
        **vars(series) | {"order": order_name(series.order)},
        decoder_span=str(lowest) if lowest == highest else f"{lowest}-{highest}",
        block="{}-{}".format(*block),
    )


def order_name(order: int) -> str:
    """What names of files say of an order of decoders: nothing of their own."""
    return f"-order-{order}" if order else ""


def order_of(text: str) -> int:
    """ "-order-2" as 2, and "" as 0."""
    return int(text.rpartition("-")[-1] or 0)


def span(text: str) -> tuple[int, int]:
    """ "1-9" as (1, 9), and "10" as (10, 10)."""
    first, _, last = text.partition("-")
    return int(first), int(last or first)
