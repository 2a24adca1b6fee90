"""What a start is, and what it may be made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..objectives.base import Streams


@dataclass(frozen=True)
class Starts:
    """Curves to start from, one or more for every pair.

    `weights` (C, P, d) of a family's basis; `owner` (C,) is the position of each curve's pair in
    the batch; `hessian`, (C, P d, P d), is nearly that of the energy there, NaN where none is
    known. `seeking` says that the lowest valley is sought, and not the one that they are in.
    """

    weights: Tensor
    owner: Tensor
    hessian: Tensor | None = None
    seeking: bool = False


@dataclass(frozen=True)
class Ingredients:
    """What a start may be made of, beside the problem itself."""

    streams: Streams
    """Random generators, one a pair."""
    routes: Any = None
    """What the metric's certificate compares curves with; for `graph` the `Routes` over a grid."""
    roadmap: Any = None
    """The model's `Roadmap`; for `landmarks`."""
    weights: Tensor | None = None
    """Weights of another metric's geodesics between the same pairs, (B, P, d); for `hot`."""


def one_each(weights: Tensor) -> Starts:
    """Starts with a single curve a pair, weights (B, P, d)."""
    return Starts(weights, torch.arange(len(weights)))
