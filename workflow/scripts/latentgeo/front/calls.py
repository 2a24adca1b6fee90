"""Everything in one call, for decoders that are measured once; `Model` keeps what it finds out.

Decoders are `torch.nn.Module`s in evaluation mode that map latent points (B, d) to what the
likelihood reads (see `likelihoods`), one or several. Energies are in nats, lengths in √nats.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from ..curves import Family
from ..objectives.fisher_rao import BETWEEN, WITHIN
from .geodesics import Geodesics
from .model import DEFAULT_CURVE, Model


def solve(
    decoders: nn.Module | Sequence[nn.Module],
    start: Tensor,
    end: Tensor,
    *,
    likelihood: Any = "bernoulli",
    coupling: str = BETWEEN,
    curve: Family = DEFAULT_CURVE,
    segments: int = 32,
    initial: str | Tensor = "auto",
    latents: Tensor | None = None,
    tolerance: float = 1e-6,
    progress: bool = False,
) -> Geodesics:
    """Geodesics from start to end, (B, d) each; see `Model` and `Model.solve`."""
    model = Model(decoders, likelihood=likelihood, coupling=coupling, latents=latents)
    return model.solve(
        start,
        end,
        curve=curve,
        segments=segments,
        initial=initial,
        tolerance=tolerance,
        progress=progress,
    )


def energy(decoders: nn.Module | Sequence[nn.Module], points: Tensor, **model: Any) -> Tensor:
    """The energy of curves with points (B, N + 1, d), in nats: (B,); see `Model`."""
    return Model(decoders, **model).energy(points)


def length(decoders: nn.Module | Sequence[nn.Module], points: Tensor, **model: Any) -> Tensor:
    """The length of curves with points (B, N + 1, d), in √nats: (B,); see `Model`."""
    return Model(decoders, **model).length(points)


def metric(decoders: nn.Module | Sequence[nn.Module], points: Tensor, **model: Any) -> Tensor:
    """The metric at points (R, d), in nats: (R, d, d); see `Model`."""
    return Model(decoders, **model).metric(points)


def distance_matrix(
    decoders: nn.Module | Sequence[nn.Module],
    points: Tensor,
    *,
    likelihood: Any = "bernoulli",
    coupling: str = WITHIN,
    latents: Tensor | None = None,
    **settings: Any,
) -> Tensor:
    """Lengths of geodesics between all points (n, d): (n, n); see `Model.distance_matrix`.

    Several decoders are coupled within each: between different ones there is no metric.
    """
    model = Model(decoders, likelihood=likelihood, coupling=coupling, latents=latents)
    return model.distance_matrix(points, **settings)
