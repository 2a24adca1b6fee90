"""Where decoders run: in the precision and on the device of their own parameters.

Points come from the processor and go to the decoder; natural parameters, Jacobians and all that is
summed over pixels stay there; what is left, a few numbers a point, comes home.
"""

from __future__ import annotations

from itertools import chain

import torch
from torch import Tensor, nn


def moved(points: Tensor, decoder: nn.Module, copy: bool = False) -> Tensor:
    """Points (R, d) as a decoder takes them; a copy where a layer may work in place."""
    return points.to(device=device(decoder), dtype=precision(decoder), copy=copy)


def home(values: Tensor) -> Tensor:
    """Results on the processor."""
    return values.cpu()


def precision(decoder: nn.Module) -> torch.dtype:
    """The type of a decoder's parameters; float64 where it has none."""
    numbers = (p.dtype for p in _parameters(decoder))
    return next((dtype for dtype in numbers if dtype.is_floating_point), torch.float64)


def device(decoder: nn.Module) -> torch.device:
    """The device of a decoder's parameters; the processor where it has none."""
    return next((p.device for p in _parameters(decoder)), torch.device("cpu"))


def _parameters(decoder: nn.Module):
    return chain(decoder.parameters(), decoder.buffers())
