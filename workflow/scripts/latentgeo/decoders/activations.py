"""Activations with their first two derivatives; a new one is a line in `ACTIVATIONS`."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Activation(NamedTuple):
    """An elementwise function of inputs of any shape."""

    value: Callable[[Tensor], Tensor]
    """f, never in place: the inputs are needed for the derivatives."""
    derivatives: Callable[[Tensor], tuple[Tensor, Tensor]]
    """f′ and f″."""


def silu_derivatives(x: Tensor) -> tuple[Tensor, Tensor]:
    """f′ and f″ of f(x) = x sigmoid(x)."""
    s = torch.sigmoid(x)
    rest = x * (1 - s)
    return s * (1 + rest), s * (1 - s) * (2 + rest - x * s)


ACTIVATIONS: dict[type[nn.Module], Activation] = {
    nn.SiLU: Activation(F.silu, silu_derivatives),
}
