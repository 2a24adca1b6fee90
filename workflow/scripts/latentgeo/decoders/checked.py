"""Decoders of whoever brings them, looked at before use: an error in place of a wrong number."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from ..errors import StudyError
from ..likelihoods.base import Likelihood
from ..likelihoods.links import Link
from . import places
from .differentiated import DifferentiatedPass, Opaque
from .layers import has_closed_form
from .passes import DecoderPass

log = logging.getLogger(__name__)

POINTS = 4
"""At how many points a decoder is looked at."""
SAME = 1e-3
"""By what share of their size outputs may differ where only rounding differs, ..."""
EXACT = 1e-7
"""... and derivatives in float64."""
KINKED = (nn.ReLU, nn.LeakyReLU, nn.ReLU6, nn.PReLU, nn.Hardtanh, nn.Hardswish, nn.Hardsigmoid)
"""Layers whose slope jumps: no second derivative tells how far a curve is from its minimum."""


def checked(
    decoders: nn.Module | Sequence[nn.Module], likelihood: Likelihood, points: Tensor
) -> list[nn.Module]:
    """Decoders that map points (B, d) to what the likelihood reads, as they are to be used.

    One whose derivatives in closed form disagree with automatic differentiation at the first of the
    points (R, d) comes back as `Opaque`. Raises StudyError, saying which decoder it is, for a
    module in training mode, one that draws random numbers or mixes the points of a batch, outputs
    of a wrong shape, too few or too many, not finite, and for what cannot be differentiated twice.
    """
    several = [decoders] if isinstance(decoders, nn.Module) else list(decoders)
    if not several:
        raise StudyError("decoders: there are none")
    points = _different(points.detach().double())
    found = [
        _checked(f"decoder {number}", decoder, likelihood, points)
        for number, decoder in enumerate(several)
    ]
    sizes = sorted({outputs for _, outputs in found})
    if len(sizes) > 1:
        raise StudyError(f"decoders: they give different numbers of outputs, {sizes}")
    return [decoder for decoder, _ in found]


def _different(points: Tensor) -> Tensor:
    """A few points (r, d) that are not all the same, of points (R, d)."""
    some = torch.unique(points, dim=0)
    some = some[torch.linspace(0, len(some) - 1, POINTS).round().long().unique()]
    return some if len(some) > 1 else torch.cat([some, some + 1])


def _checked(
    name: str, decoder: nn.Module, likelihood: Likelihood, points: Tensor
) -> tuple[nn.Module, int]:
    """A decoder as it is to be used, and how many outputs it has."""
    if not isinstance(decoder, nn.Module):
        raise StudyError(f"{name}: a torch.nn.Module is wanted, not {type(decoder).__name__}")
    if any(module.training for module in decoder.modules()):
        raise StudyError(f"{name}: it is in training mode; call .eval() on it")
    with torch.no_grad():
        output = _outputs(name, decoder, points)
        _check_outputs(name, decoder, likelihood, points, output)
    _check_derivatives(name, decoder, likelihood.link, points)
    if has_closed_form(decoder) and not _agrees(decoder, likelihood.link, points):
        log.warning("%s: differentiated automatically, as its closed form is off", name)
        decoder = Opaque(decoder).eval()
    if any(isinstance(module, KINKED) for module in decoder.modules()):
        log.warning("%s: it has kinks (ReLU); what is said to have converged may not have", name)
    return decoder, output.shape[1]


def _outputs(name: str, decoder: nn.Module, points: Tensor) -> Tensor:
    """What it gives for points (R, d), flattened: (R, O)."""
    try:
        output = decoder(places.moved(points, decoder, copy=True))
    except Exception as error:  # whatever a module may raise
        shape = tuple(points.shape)
        raise StudyError(f"{name}: it fails at points of shape {shape} ({error})") from error
    if not isinstance(output, Tensor) or output.shape[:1] != points.shape[:1]:
        shape = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
        raise StudyError(
            f"{name}: for points of shape {tuple(points.shape)} it gives {shape}, "
            f"not a tensor ({len(points)}, ...)"
        )
    return output.flatten(1)


def _check_outputs(
    name: str, decoder: nn.Module, likelihood: Likelihood, points: Tensor, output: Tensor
) -> None:
    if output.shape[1] % likelihood.outputs or not output.shape[1]:
        raise StudyError(
            f"{name}: it gives {output.shape[1]} outputs, "
            f"but the likelihood reads {likelihood.outputs} for each feature"
        )
    if not (torch.isfinite(output).all() and torch.isfinite(likelihood.link(output)).all()):
        raise StudyError(f"{name}: its outputs are not finite")
    _check_family(likelihood, likelihood.link(output.double()))
    close = SAME * output.abs().amax()
    if not torch.allclose(_outputs(name, decoder, points), output, rtol=0, atol=close):
        raise StudyError(f"{name}: it gives other outputs each time; it draws random numbers")
    if not torch.allclose(_outputs(name, decoder, points[:1]), output[:1], rtol=0, atol=close):
        raise StudyError(f"{name}: a point's outputs depend on the other points of its batch")


def _check_family(likelihood: Likelihood, eta: Tensor) -> None:
    """Whether a family's log-normaliser is finite and convex at natural parameters (R, D)."""
    mean, variance = likelihood.moments(eta)
    value, x = likelihood.log_normalizer(eta), torch.ones_like(eta)
    spread = (likelihood.weigh(variance, x) * x).sum(-1)
    if not all(part.isfinite().all() for part in (mean, value, spread)):
        raise StudyError("likelihood: its log-normaliser is not finite at a decoder's outputs")
    if (spread < 0).any():
        raise StudyError("likelihood: its log-normaliser is not convex at a decoder's outputs")


def _check_derivatives(name: str, decoder: nn.Module, link: Link, points: Tensor) -> None:
    """Whether automatic differentiation, twice, gives finite numbers."""
    try:
        decoder_pass = DifferentiatedPass(decoder, link, points)
        decoder_pass.pull(torch.ones_like(decoder_pass.eta))
        derivatives = decoder_pass.push(torch.ones(len(points), dtype=torch.bool))
    except (RuntimeError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise StudyError(f"{name}: it cannot be differentiated twice ({reason})") from error
    if not all(torch.isfinite(part).all() for part in derivatives):
        raise StudyError(f"{name}: its derivatives are not finite")


def _agrees(decoder: nn.Module, link: Link, points: Tensor) -> bool:
    """Whether closed form and automatic differentiation are the same in float64."""
    decoder, rows = deepcopy(decoder).double(), torch.ones(len(points), dtype=torch.bool)
    found = []
    for kind in (DecoderPass, DifferentiatedPass):
        decoder_pass = kind(decoder, link, points)
        eta = decoder_pass.eta
        residual = torch.cos(torch.arange(eta.numel())).to(eta).view_as(eta)
        found.append((eta, decoder_pass.pull(residual), *decoder_pass.push(rows)))
    return all(
        torch.allclose(own, true, rtol=0, atol=EXACT * true.abs().amax().item() + 1e-300)
        for own, true in zip(*found, strict=True)
    )
