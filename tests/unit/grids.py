"""Latent grids with fields that are known in closed form."""

import numpy as np
import torch
from latentgeo.starts.grid.fields import LatentGrid

STEPS = ("metric", "skewness", "slope", "bending")


def latent_grid(axes, centre, scale, disagreement, metric, **fields):
    """A grid whose other fields are 0 where they are not given."""
    orders = {"drift": 1, "skewness": 3, "slope": 3, "bending": 4, "entropy": 0}
    orders |= {f"own_{name}": orders.get(name, 2) for name in STEPS}
    zeros = {name: np.zeros((*disagreement.shape, *[2] * dim)) for name, dim in orders.items()}
    fields = zeros | fields | {"disagreement": disagreement, "metric": metric}
    return LatentGrid(axes=axes, centre=np.array(centre), scale=np.array(scale), **fields)


def warped(lower, upper, centre, scale, nodes):
    """Coordinates of nodes that are equidistant in u, with z = centre + scale sinh(u)."""
    ends = np.arcsinh((np.array([lower, upper]) - centre) / scale)
    return centre + scale * np.sinh(np.linspace(*ends, nodes))


def smooth_fields(x, y):
    """D, a, C, S, T and Q at arrays of coordinates, symmetric where they should be."""
    sin, cos = np.sin, np.cos
    skew = np.stack([cos(x), sin(x + y), cos(2 * x - y), sin(y)], -1)
    slope = np.stack([sin(2 * x), cos(y), sin(x) * y, cos(x + 2 * y)], -1)
    bending = np.stack([3 + cos(y), sin(x), 1 + cos(x * y), sin(x - y), 2 + sin(x + y)], -1)
    return (
        2 + sin(2 * x) * cos(y),
        np.stack([cos(x * y), sin(x) + y], -1),
        np.stack([3 + cos(x + y), 0.5 * sin(x * y), 0.5 * sin(x * y), 2 + sin(x - 2 * y)], -1),
        3 * skew[..., [0, 1, 1, 2, 1, 2, 2, 3]],
        2 * slope[..., [0, 1, 1, 2, 1, 2, 2, 3]],
        4 * bending[..., [0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4]],
    )


def smooth_grid(nodes=12):
    """A grid over [-1, 1] × [-2, 1] of smooth fields; of one decoder half, D = a = 0."""
    centre, scale = np.array([0.2, -0.4]), np.array([0.7, 1.5])
    axes = np.stack([warped(-1, 1, 0.2, 0.7, nodes), warped(-2, 1, -0.4, 1.5, nodes)])
    whole = smooth_fields(*np.meshgrid(*axes, indexing="ij"))
    names = {"disagreement": 0, "drift": 1, "metric": 2, "skewness": 3, "slope": 3, "bending": 4}
    fields = {}
    for (name, order), field in zip(names.items(), whole, strict=True):
        field = field.reshape(nodes, nodes, *[2] * order)
        fields[name] = np.stack([(0 if order < 2 else 0.5) * field, field])
    return latent_grid(axes, centre, scale, **fields)


def flat_axes(nodes, upper=1.0):
    """Nodes that are nearly equidistant on [0, upper]²: axes, centre and scale."""
    axis = warped(0, upper, upper / 2, 5 * upper, nodes)
    return np.stack([axis, axis]), [upper / 2] * 2, [5 * upper] * 2


def wall_grid(nodes=21, steep=True):
    """Over [0, 1]²: the flat metric, but for a high wall at x = 1/2 with a gap where y > 0.8."""
    axes, centre, scale = flat_axes(nodes)
    metric = np.tile(np.eye(2), (1, nodes, nodes, 1, 1))
    if steep:
        metric[0, 9:12, : nodes - 4] *= 1e4
    else:
        x, y = np.meshgrid(*axes, indexing="ij")
        wall = np.exp(-(((x - 0.5) / 0.12) ** 2)) / (1 + np.exp((y - 0.7) / 0.06))
        metric *= (1 + 100 * wall)[..., None, None]
    return latent_grid(axes, centre, scale, np.zeros((1, nodes, nodes)), metric)


def positions(grid):
    return torch.from_numpy(np.stack(np.meshgrid(*grid.axes, indexing="ij"), -1))
