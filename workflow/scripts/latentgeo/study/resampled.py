"""Fields on a grid with unequal steps, as pictures have them: at equal ones."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator


def evenly(axes: np.ndarray, field: np.ndarray, count: int) -> np.ndarray:
    """A field (G, G) on nodes with coordinates (2, G), at count points an axis: (count, count).

    Monotone cubic interpolation, which makes no extrema of its own.
    """
    for n, nodes in enumerate(axes):
        field = PchipInterpolator(nodes, field, axis=n)(np.linspace(nodes[0], nodes[-1], count))
    return field


def shades(field: np.ndarray) -> tuple[float, float]:
    """From where to where the shades of a picture go: all but the outermost 2 % of the nodes.

    Most nodes lie where the latents do; what is far out may be anything.
    """
    low, high = np.quantile(field, [0.02, 0.98])
    return float(low), float(high)
