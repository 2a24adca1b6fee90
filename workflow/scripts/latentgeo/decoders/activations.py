"""Activations with their first two derivatives; a new one is a line in `ACTIVATIONS`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Activation(NamedTuple):
    """An elementwise function of a layer with its settings and inputs of any shape."""

    value: Callable[[nn.Module, Tensor], Tensor]
    """f, never in place: the inputs are needed for the derivatives."""
    derivatives: Callable[[nn.Module, Tensor], tuple[Tensor, Tensor]]
    """f′ and f″; 0 for f″ at a kink."""


def silu(layer: nn.SiLU, x: Tensor) -> tuple[Tensor, Tensor]:
    s = torch.sigmoid(x)
    rest = x * (1 - s)
    return s * (1 + rest), s * (1 - s) * (2 + rest - x * s)


def tanh(layer: nn.Tanh, x: Tensor) -> tuple[Tensor, Tensor]:
    y = torch.tanh(x)
    slope = 1 - y.square()
    return slope, -2 * y * slope


def sigmoid(layer: nn.Sigmoid, x: Tensor) -> tuple[Tensor, Tensor]:
    s = torch.sigmoid(x)
    slope = s * torch.sigmoid(-x)
    return slope, slope * (1 - 2 * s)


def softplus(layer: nn.Softplus, x: Tensor) -> tuple[Tensor, Tensor]:
    curved, s = x * layer.beta <= layer.threshold, torch.sigmoid(x * layer.beta)
    return torch.where(curved, s, 1), torch.where(curved, layer.beta * s * (1 - s), 0)


def gelu(layer: nn.GELU, x: Tensor) -> tuple[Tensor, Tensor]:
    if layer.approximate == "none":
        density = torch.exp(-x.square() / 2) / math.sqrt(2 * math.pi)
        return torch.special.ndtr(x) + x * density, density * (2 - x.square())
    k, c = math.sqrt(2 / math.pi), 0.044715
    y = torch.tanh(k * (x + c * x**3))
    first, second = k * (1 + 3 * c * x.square()), 6 * k * c * x
    bend = 1 - y.square()
    slope = (1 + y) / 2 + x * bend * first / 2
    return slope, bend * first + x * bend * (second - 2 * y * first.square()) / 2


def elu(layer: nn.ELU, x: Tensor) -> tuple[Tensor, Tensor]:
    below = layer.alpha * torch.exp(x.clamp(max=0))
    return torch.where(x > 0, 1, below), torch.where(x > 0, 0, below)


def relu(layer: nn.ReLU, x: Tensor) -> tuple[Tensor, Tensor]:
    return (x > 0).to(x.dtype), torch.zeros_like(x)


def leaky_relu(layer: nn.LeakyReLU, x: Tensor) -> tuple[Tensor, Tensor]:
    slope = torch.full_like(x, layer.negative_slope)
    return slope.masked_fill(x > 0, 1), torch.zeros_like(x)


ACTIVATIONS: dict[type[nn.Module], Activation] = {
    nn.SiLU: Activation(lambda layer, x: F.silu(x), silu),
    nn.Tanh: Activation(lambda layer, x: torch.tanh(x), tanh),
    nn.Sigmoid: Activation(lambda layer, x: torch.sigmoid(x), sigmoid),
    nn.Softplus: Activation(lambda layer, x: layer(x), softplus),
    nn.GELU: Activation(lambda layer, x: layer(x), gelu),
    nn.ELU: Activation(lambda layer, x: F.elu(x, layer.alpha), elu),
    nn.ReLU: Activation(lambda layer, x: F.relu(x), relu),
    nn.LeakyReLU: Activation(lambda layer, x: F.leaky_relu(x, layer.negative_slope), leaky_relu),
}
