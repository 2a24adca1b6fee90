"""Values and derivatives of functions of two variables, in one order everywhere.

A "jet" of a function of (x, y) is its value, its two first and its three second derivatives: f,
f_x, f_y, f_xx, f_xy, f_yy. `IN_X` and `IN_Y` say how often each is taken in x and in y.
"""

from __future__ import annotations

import torch
from torch import Tensor

IN_X, IN_Y = [0, 1, 0, 2, 1, 0], [0, 0, 1, 0, 1, 2]
SECOND = torch.tensor([[3, 4], [4, 5]])
"""Where in a jet the second derivatives stand."""
FIRST = slice(1, 3)
"""Where in a jet the first derivatives stand."""


def stretched(z: Tensor, centre: Tensor, scale: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """u with z = centre + scale sinh(u), and its first two derivatives; all of z's shape."""
    offset = z - centre
    slope = (offset.square() + scale**2).rsqrt()
    return torch.asinh(offset / scale), slope, -offset * slope**3


def products_of(along: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Products of a function of x and one of y, by number, of functions `along` x and y.

    Of four functions each `along` (..., 2, 3, 4) has the values and two derivatives; x and y are
    two tables of numbers below 12.
    """
    of_x, of_y = (
        along[..., axis, :, :].flatten(-2).index_select(-1, numbers.flatten())
        for axis, numbers in enumerate((x, y))
    )
    return (of_x * of_y).unflatten(-1, x.shape)
