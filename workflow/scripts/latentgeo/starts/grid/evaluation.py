"""The fields of a model's decoders, from one evaluation of each at the nodes of a grid."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import permutations
from math import isqrt
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ...decoders import places
from ...decoders.passes import POINTS_AT_ONCE
from ...errors import StudyError
from ...likelihoods.base import Likelihood
from .derivatives import FIRST, IN_X, IN_Y, SECOND, stretched
from .fields import LatentGrid, node_positions
from .refinement import Refinement

DENSE_WITHIN = 0.6
"""Within how many standard deviations of the latents' median the nodes are dense: decoders change
most there. 40 nodes so laid serve the starts better than 48 even ones."""
LEFT_OUT = 0.001
"""Share of the latents that may lie beyond each side: outliers would take up much of the grid."""
MARGIN = 1.5
"""How far the grid goes on beyond the rest on each side, as a share of its width: far out, where
decoders hardly change, is many a shortest way of a single decoder."""
FINER = Fraction(4, 3)
"""Points of the lattice for each node, along an axis: products have finer features than factors."""
FLAT = 1e-6
"""Share of another axis' spread below which an axis has none."""
FEATURES_AT_ONCE = 112
"""Pixels that are interpolated together: more only take memory."""


class Decoded(NamedTuple):
    """One decoder at the nodes: mean and eta (G, G, D), the entropy a pixel (G, G)."""

    mean: Tensor
    eta: Tensor
    entropy: Tensor


def evaluate_grid(
    decoders: Sequence[nn.Module], likelihood: Likelihood, latents: np.ndarray, nodes: int
) -> LatentGrid:
    """The fields and the entropy on a lattice over latents (n, 2).

    The fields are products of the decoders' means and natural parameters and have finer features
    than these; hence they are taken from quintic splines through means and natural parameters, on
    a lattice that is finer. Far out, where nodes are sparse, these may oscillate; the entropy,
    which figures show, does not.
    """
    centre, deviation = np.median(latents, axis=0), _deviation(latents)
    scale = DENSE_WITHIN * deviation
    ends = np.arcsinh((_box(latents, deviation) - centre) / scale)
    coarse, fine = (
        (centre + scale * np.sinh(np.linspace(*ends, count))).T
        for count in (nodes, int(FINER * nodes))
    )
    spline = Refinement(nodes, fine.shape[1])
    points = torch.from_numpy(node_positions(coarse))
    decoded = [_decode(decoder, likelihood, points) for decoder in decoders]
    own, every = _sums_of_products(spline, decoded)
    chain = _chain_rule(*(torch.from_numpy(part) for part in (fine, centre, scale)))
    fields = _fields(*(chain @ jets @ chain.mT for jets in (own.cumsum(0), every)))
    counts = torch.arange(1, len(decoded) + 1)[:, None, None]
    entropy = torch.stack([parts.entropy for parts in decoded]).double().cumsum(0) / counts
    fields["entropy"] = torch.from_numpy(spline.between_neighbours(entropy.numpy()))
    return LatentGrid(fine, centre, scale, **{name: f.numpy() for name, f in fields.items()})


def _deviation(latents: np.ndarray) -> np.ndarray:
    """Standard deviations of latents (n, 2); of axes that have none the other's, or 1."""
    own = latents.std(axis=0)
    usual = own.max() or 1.0
    return np.where(own > FLAT * usual, own, usual)


def _box(latents: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """The lowest and highest corner of the grid: (2, 2)."""
    low, high = np.quantile(latents, [LEFT_OUT, 1 - LEFT_OUT], axis=0)
    width = np.maximum(high - low, FLAT * deviation)
    wide = np.where(width > FLAT * deviation, width, deviation)
    return np.stack([low, high]) + MARGIN * np.outer([-1, 1], wide)


@torch.no_grad()
def _decode(decoder: nn.Module, likelihood: Likelihood, points: Tensor) -> Decoded:
    """In the decoder's own precision."""
    nodes, parts = isqrt(len(points)), []
    for part in points.split(POINTS_AT_ONCE):
        eta = likelihood.link(decoder(places.moved(part, decoder, copy=True)).flatten(1))
        pixels = eta.shape[-1] // likelihood.outputs
        found = likelihood.mean(eta), eta, likelihood.entropy(eta) / pixels
        good = torch.stack([values.flatten(1).isfinite().all(1) for values in found[:2]]).all(0)
        if not good.all():
            where = ", ".join(f"{x:.3g}" for x in part[~places.home(good)][0].tolist())
            raise StudyError(
                f"the grid over the latent space: a decoder's outputs are not finite at ({where}); "
                "the starts landmarks and line need no grid"
            )
        parts.append([places.home(values) for values in found])
    return Decoded(
        *(torch.cat(part).unflatten(0, (nodes, nodes)) for part in zip(*parts, strict=True))
    )


def _sums_of_products(spline: Refinement, decoded: Sequence[Decoded]) -> tuple[Tensor, Tensor]:
    """Sums over pixels of the jet of the mean times the jet of eta.

    Of each decoder, and of the sums of the first 2, 3, ... decoders: (M, F, F, 6, 6) both.
    """
    own, every = torch.zeros(2, len(decoded), spline.fine, spline.fine, 6, 6, dtype=torch.float64)
    for first in range(0, decoded[0].mean.shape[-1], FEATURES_AT_ONCE):
        features, sums = slice(first, first + FEATURES_AT_ONCE), None
        for k, parts in enumerate(decoded):
            jets = [
                spline(part[..., features].contiguous()).movedim(0, -2)
                for part in (parts.mean, parts.eta)
            ]
            own[k] += jets[0] @ jets[1].mT
            if sums is None:
                sums = jets
                continue
            sums = [a.add_(b) for a, b in zip(sums, jets, strict=True)]
            every[k] += sums[0] @ sums[1].mT
    return own, every


def _chain_rule(axes: Tensor, centre: Tensor, scale: Tensor) -> Tensor:
    """From derivatives by steps of a lattice to derivatives in z: (F, F, 6, 6)."""
    u, first, second = stretched(axes.T, centre, scale)
    spacing = (u[-1] - u[0]) / (len(u) - 1)
    rule = torch.zeros(*u.shape, 3, 3, dtype=u.dtype)
    rule[..., 0, 0], rule[..., 1, 1] = 1, first / spacing
    rule[..., 2, 1], rule[..., 2, 2] = second / spacing, (first / spacing) ** 2
    x, y = (rule[:, axis][:, orders][..., orders] for axis, orders in enumerate((IN_X, IN_Y)))
    return x[:, None] * y


def _fields(own: Tensor, every: Tensor) -> dict[str, Tensor]:
    """The fields for the first 1, 2, ... M decoders from sums of products of jets.

    `own` sums mean_k eta_k, `every` all mean_k eta_l, over those decoders: (M, F, F, 6, 6).
    """
    count = torch.arange(1, len(own) + 1)[:, None, None, None, None]
    within = own / count
    between = torch.where(count > 1, (every - own) / (count * (count - 1)).clamp(min=1), own)
    among = within - between  # the covariance of mu and its slopes with eta and its slopes
    fields = {
        "disagreement": among[..., 0, 0],
        "drift": among[..., 0, FIRST] - among[..., FIRST, 0],
    }
    return fields | _of_steps(between) | {f"own_{n}": f for n, f in _of_steps(within).items()}


def _of_steps(coupled: Tensor) -> dict[str, Tensor]:
    """The fields of second order and more in steps, of mean products of jets (M, F, F, 6, 6)."""
    first_second = coupled[..., FIRST, SECOND]
    second_first = coupled[..., SECOND, FIRST].movedim(-1, -3)
    return {
        "metric": symmetric(coupled[..., FIRST, FIRST], 2),
        "skewness": symmetric(first_second - second_first, 3),
        "slope": symmetric(first_second + second_first, 3),
        "bending": symmetric(coupled[..., SECOND, :][..., SECOND], 4),
    }


def symmetric(tensor: Tensor, order: int) -> Tensor:
    """The mean over all orders of the last so many axes."""
    whole = range(tensor.dim() - order)
    ways = [tensor.permute(*whole, *way) for way in permutations(range(len(whole), tensor.dim()))]
    return sum(ways) / len(ways)
