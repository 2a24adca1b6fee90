"""What one sees along curves: decoded images, and how much energy and length lie behind."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .decoders import places
from .decoders.passes import natural_parameters
from .likelihoods.base import Likelihood
from .objectives.base import Objective

POINTS_AT_ONCE = 1024


@torch.no_grad()
def images(
    decoders: Sequence[nn.Module], likelihood: Likelihood, points: Tensor
) -> tuple[Tensor, Tensor]:
    """The images that decoders expect at points (..., d), in [0, 1], (..., features) float64.

    Their mean over decoders, and their standard deviation (M - 1; 0 of one decoder).
    """
    each = torch.stack([_expected(decoder, likelihood, points) for decoder in decoders])
    deviation = each.std(0) if len(decoders) > 1 else torch.zeros_like(each[0])
    return each.mean(0), deviation


def _expected(decoder: nn.Module, likelihood: Likelihood, points: Tensor) -> Tensor:
    parts = points.reshape(-1, points.shape[-1]).split(POINTS_AT_ONCE)
    each = [likelihood.expected(natural_parameters(decoder, likelihood.link, p)) for p in parts]
    return places.home(torch.cat(each)).unflatten(0, points.shape[:-1])


@torch.no_grad()
def so_far(objective: Objective, points: Tensor) -> tuple[Tensor, Tensor]:
    """Energy and length from the beginning to each of the points (B, N + 1, d): (B, N + 1) both.

    An energy is a sum over segments, so that each segment is a curve of its own; the last values
    are those of the whole curve.
    """
    segments = torch.stack([points[:, :-1], points[:, 1:]], dim=2).flatten(0, 1)  # BN×2×d
    parts = segments.split(objective.curves_at_once(1))
    energy = torch.cat([objective.energy(part) for part in parts])
    length = objective.measures(segments)["length"]
    shape = len(points), points.shape[1] - 1
    both = [values.unflatten(0, shape).cumsum(1) for values in (energy, length)]
    return tuple(torch.nn.functional.pad(values, (1, 0)) for values in both)


def at_equal_steps(points: Tensor, length: Tensor, count: int) -> Tensor:
    """Points at equal steps of length along the chords of curves (B, N + 1, d): (B, count, d).

    `length` is that from the beginning to each point, (B, N + 1), as `so_far` has it. Of a curve
    without length they are at equal steps of time.
    """
    still = length[:, -1:] <= 0
    steps = torch.arange(points.shape[1], dtype=length.dtype)
    length = torch.where(still, steps, length)
    wanted = length[:, -1:] * torch.linspace(0, 1, count, dtype=length.dtype)
    after = torch.searchsorted(length, wanted.contiguous()).clamp(1, points.shape[1] - 1)
    low, high = length.gather(1, after - 1), length.gather(1, after)
    share = ((wanted - low) / (high - low).clamp(min=torch.finfo(length.dtype).tiny))[..., None]
    index = after[..., None].expand(-1, -1, points.shape[-1])
    return torch.lerp(points.gather(1, index - 1), points.gather(1, index), share.clamp(0, 1))


def straight(start: Tensor, end: Tensor, segments: int) -> Tensor:
    """Straight lines from start to end, (B, d) each, in so many equal steps: (B, N + 1, d)."""
    times = torch.linspace(0, 1, segments + 1, dtype=start.dtype)[:, None]
    return torch.lerp(start[:, None], end[:, None], times)
