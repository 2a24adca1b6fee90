"""Affine layers and their linear parts; a new one is a line in `LINEAR_PARTS`."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn


def linear(layer: nn.Linear, x: Tensor) -> Tensor:
    return F.linear(x, layer.weight)


def convolution(layer: nn.Conv2d, x: Tensor) -> Tensor:
    """With the layer's own stride, dilation, groups and kind of padding."""
    return layer._conv_forward(x, layer.weight, None)


def itself(layer: nn.Module, x: Tensor) -> Tensor:
    """A layer that only rearranges numbers."""
    return layer(x)


LINEAR_PARTS: dict[type[nn.Module], Callable[[nn.Module, Tensor], Tensor]] = {
    nn.Linear: linear,
    nn.Conv2d: convolution,
    nn.Flatten: itself,
    nn.Unflatten: itself,
    nn.PixelShuffle: itself,
}


def linear_part(layer: nn.Module, x: Tensor) -> Tensor:
    """An affine layer without its bias; TypeError when the layer is not known to be affine."""
    if type(layer) not in LINEAR_PARTS:
        raise TypeError(f"no derivative is known for the layer {type(layer).__name__}")
    return LINEAR_PARTS[type(layer)](layer, x)
