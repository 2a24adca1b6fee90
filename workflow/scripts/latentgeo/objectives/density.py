"""Energy under the density metric of part C, which is small where there are data."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .base import Hessian, Ingredients, Streams

ROUNDINGS = 16
"""How many roundings of its own size a sum of positive terms has at most."""
WEIGHTS_AT_ONCE = 10**7
"""Pairs of a point and a latent held in memory at once, 8 bytes each in a handful of arrays."""


def make(ingredients: Ingredients, bandwidth: float | str, epsilon: float) -> Density:
    """The objective of the metric `density`; the bandwidth may be "scott"."""
    latents = ingredients.latents
    width = scott_bandwidth(latents) if bandwidth == "scott" else float(bandwidth)
    return Density(latents, width, epsilon)


def scott_bandwidth(latents: Tensor) -> float:
    """Scott's rule for normals on latents (n, d): n^(-1 / (d + 4)) times their mean deviation."""
    count, dim = latents.shape
    return float(count ** (-1 / (dim + 4)) * latents.std(0).mean())


@dataclass
class Density:
    """Energy under the density metric G(z) = I / (p(z) + epsilon) of part C:

        E = sum over i of G(z_i) ‖z_{i+1} - z_i‖²,   p a mixture of N(x_n, bandwidth² I)

    on the latents x_n, (n, d). Source: Hauberg, "Differential geometry for generative modeling".
    """

    latents: Tensor
    bandwidth: float
    epsilon: float

    def curves_at_once(self, segments: int) -> int:
        return max(1, WEIGHTS_AT_ONCE // (len(self.latents) * (segments + 1)))

    def density(self, points: Tensor) -> Tensor:
        """p at points (..., d), in units of 1 / volume: (...)."""
        # squared distances by a product of matrices: no offsets for autograd to keep
        own, others = points.square().sum(-1, keepdim=True), self.latents.square().sum(-1)
        squares = own + others - 2 * points @ self.latents.T
        return self._scale * torch.exp(squares / (-2 * self.bandwidth**2)).sum(-1)

    def energy(self, points: Tensor) -> Tensor:
        squares = points.diff(dim=1).square().sum(-1)
        return (squares / (self.density(points[:, :-1]) + self.epsilon)).sum(-1)

    def expand(self, points: Tensor) -> DensityExpansion:
        return DensityExpansion(self, points)

    def measures(self, points: Tensor) -> dict[str, Tensor]:
        """The metric's own length, (B,), by the trapezoidal rule; there are no decoders."""
        chunks = points.split(self.curves_at_once(points.shape[1] - 1))
        root = torch.cat([(self.density(part) + self.epsilon).rsqrt() for part in chunks])
        speeds = points.diff(dim=1).norm(dim=-1)
        return {"length": (speeds * (root[:, :-1] + root[:, 1:]) / 2).sum(-1)}

    def sampled(self, samples: int, streams: Streams) -> Density:
        return self

    @property
    def _scale(self) -> float:
        """The height of one of the normals, divided by their number."""
        count, dim = self.latents.shape
        return (2 * torch.pi * self.bandwidth**2) ** (-dim / 2) / count

    def _weights(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Each latent's share of p (..., n), and its offset from the point (..., n, d)."""
        offsets = self.latents - points[..., None, :]
        squares = offsets.square().sum(-1)
        return self._scale * torch.exp(squares / (-2 * self.bandwidth**2)), offsets

    def density_derivatives(self, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """p, ∇p and ∇²p at points (..., d): (...), (..., d), (..., d, d)."""
        weights, offsets = self._weights(points)
        density = weights.sum(-1)
        weighted = weights[..., None] * offsets
        first = weighted.sum(-2) / self.bandwidth**2
        identity = torch.eye(points.shape[-1], dtype=points.dtype)
        outer = weighted.transpose(-1, -2) @ offsets / self.bandwidth**2
        return density, first, (outer - density[..., None, None] * identity) / self.bandwidth**2


class DensityExpansion:
    """The density energy around given points; see `base.Expansion`."""

    def __init__(self, objective: Density, points: Tensor):
        self.steps = points.diff(dim=1)  # B×N×d
        self.squares = self.steps.square().sum(-1)
        p, dp, ddp = objective.density_derivatives(points[:, :-1])
        self.metric = 1 / (p + objective.epsilon)
        square = self.metric.square()
        self.slope = -square[..., None] * dp
        outer = dp[..., :, None] * dp[..., None, :]
        curvature = 2 * self.metric[..., None, None] * outer - ddp
        self.metric_hessian = square[..., None, None] * curvature
        energies = self.metric * self.squares
        self.energy = energies.sum(-1)
        # a normal of p is rounded by its exponent, of which the Laplacian has the mean
        laplacian = ddp.diagonal(dim1=-2, dim2=-1).sum(-1)
        exponents = (objective.bandwidth**2 * laplacian + points.shape[-1] * p) / 2
        own = energies * (ROUNDINGS + 4 * self.metric * exponents)
        # and every point by its distance from the origin
        pull = 4 * self.metric * self.squares.sqrt() + self.slope.norm(dim=-1) * self.squares
        rounding = own.sum(-1) + pull.sum(-1) * points.abs().amax((1, 2))
        self.resolution = torch.finfo(points.dtype).eps * rounding

    def gradient(self) -> Tensor:
        pull = 2 * self.metric[..., None] * self.steps
        own = self.slope * self.squares[..., None] - pull
        return own[:, 1:] + pull[:, :-1]

    def hessian(self, curves: Tensor) -> Hessian:
        chosen = (self.metric, self.slope, self.metric_hessian)
        metric, slope, curvature = (x[curves] for x in chosen)
        steps, squares = self.steps[curves], self.squares[curves]
        identity = 2 * metric[..., None, None] * torch.eye(steps.shape[-1], dtype=steps.dtype)
        cross = 2 * slope[..., :, None] * steps[..., None, :]
        own = curvature * squares[..., None, None] - cross - cross.transpose(-1, -2) + identity
        return Hessian(own[:, 1:] + identity[:, :-1], (cross - identity)[:, 1:-1])
