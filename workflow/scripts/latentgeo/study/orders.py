"""The orders in which an ensemble's decoders are taken: the first few of each are another few."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import TypeVar

T = TypeVar("T")


def in_order(decoders: Sequence[T], order: int) -> list[T]:
    """A model's decoders in their own order, 0, or as they follow on another one of them.

    Of M decoders the first n < M of any two orders below M are different ones, and as few of them
    are the same as can be. Decoders are trained alike: any few of them are a random few.
    """
    first = order * _stride(len(decoders)) % len(decoders)
    return [*decoders[first:], *decoders[:first]]


def _stride(count: int) -> int:
    """About a golden section of a number, and without a divisor in common."""
    near = sorted(range(1, count + 1), key=lambda stride: abs(stride - 0.618 * count))
    return next(stride for stride in near if gcd(stride, count) == 1)
