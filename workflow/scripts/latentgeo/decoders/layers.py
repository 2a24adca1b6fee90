"""Affine layers and their linear parts; a new one is a line in `LINEAR_PARTS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch.nn.functional as F
from torch import Tensor, nn

from .activations import ACTIVATIONS


def linear(layer: nn.Linear, x: Tensor) -> Tensor:
    return F.linear(x, layer.weight)


def convolution(layer: nn.Conv2d, x: Tensor) -> Tensor:
    """With the layer's own stride, dilation, groups and kind of padding."""
    return layer._conv_forward(x, layer.weight, None)


def transposed_convolution(layer: nn.ConvTranspose2d, x: Tensor) -> Tensor:
    options = layer.stride, layer.padding, layer.output_padding, layer.groups, layer.dilation
    return F.conv_transpose2d(x, layer.weight, None, *options)


def normalisation(layer: nn.BatchNorm1d | nn.BatchNorm2d, x: Tensor) -> Tensor:
    """In evaluation mode, by the variance that was found in training."""
    factor = (layer.running_var + layer.eps).rsqrt()
    factor = factor if layer.weight is None else factor * layer.weight
    return x * factor.view(-1, *[1] * (x.dim() - 2))


def itself(layer: nn.Module, x: Tensor) -> Tensor:
    """A layer that only rearranges or averages numbers."""
    return layer(x)


def nothing(layer: nn.Module, x: Tensor) -> Tensor:
    return x


LINEAR_PARTS: dict[type[nn.Module], Callable[[nn.Module, Tensor], Tensor]] = {
    nn.Linear: linear,
    nn.Conv2d: convolution,
    nn.ConvTranspose2d: transposed_convolution,
    nn.BatchNorm1d: normalisation,
    nn.BatchNorm2d: normalisation,
    nn.Dropout: nothing,
    nn.Dropout2d: nothing,
    nn.Identity: nothing,
    nn.Flatten: itself,
    nn.Unflatten: itself,
    nn.PixelShuffle: itself,
    nn.Upsample: itself,
    nn.UpsamplingNearest2d: itself,
    nn.UpsamplingBilinear2d: itself,
    nn.ZeroPad2d: itself,
    nn.ReflectionPad2d: itself,
    nn.ReplicationPad2d: itself,
    nn.AvgPool2d: itself,
}


def linear_part(layer: nn.Module, x: Tensor) -> Tensor:
    """An affine layer without its constant; TypeError when it is not known to be affine."""
    if type(layer) not in LINEAR_PARTS:
        raise TypeError(f"no derivative is known for the layer {type(layer).__name__}")
    return LINEAR_PARTS[type(layer)](layer, x)


def layers(decoder: nn.Module) -> Iterator[nn.Module]:
    """The layers of (nested) sequences, one after the other; of others they are themselves."""
    if type(decoder) is nn.Sequential and not _has_hooks(decoder):
        for layer in decoder:
            yield from layers(layer)
    else:
        yield decoder


def has_closed_form(decoder: nn.Module) -> bool:
    """Whether all layers are of kinds whose derivatives are known, and do what these do."""
    return all(
        (type(layer) in LINEAR_PARTS or type(layer) in ACTIVATIONS) and not _has_hooks(layer)
        for layer in layers(decoder)
    )


def _has_hooks(layer: nn.Module) -> bool:
    return bool(layer._forward_hooks or layer._forward_pre_hooks or layer._backward_hooks)
