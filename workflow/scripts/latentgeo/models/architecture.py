"""The built-in encoder and decoder.

Activations are smooth everywhere: the curvature of an energy needs second derivatives of a decoder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from ..likelihoods.named import named

QUARTER = 4
"""By how much images are made smaller by the encoder's convolution, and larger by the shuffling of
pixels at a decoder's end."""


@dataclass(frozen=True)
class Architecture:
    """What fixes the shapes of a model's parameters, and what its decoders' outputs mean."""

    latent_dim: int
    decoder_count: int
    hidden: int
    channels: int
    image: list[int] = field(default_factory=lambda: [1, 28, 28])
    """Channels, height and width of an image."""
    likelihood: str | Mapping[str, Any] = "continuous-bernoulli"
    """See `likelihoods.named`."""
    module: str = ""
    """What builds a model of one's own, as "my_vae.py:build" (see `own`); no other sizes matter
    then but those of latents and images."""


def make_encoder(architecture: Architecture) -> nn.Sequential:
    """Images (B, C, H, W) to posterior means and log deviations, (B, 2 latent_dim)."""
    a = architecture
    layers = [*_padding(a.image), nn.Conv2d(a.image[0], 8, QUARTER, stride=QUARTER), nn.SiLU()]
    coarse = _quarter(a.image)
    return nn.Sequential(
        *layers,
        nn.Flatten(),
        nn.Linear(8 * coarse[0] * coarse[1], a.hidden),
        nn.SiLU(),
        nn.Linear(a.hidden, 2 * a.latent_dim),
    )


def make_decoder(architecture: Architecture) -> nn.Sequential:
    """Latent points (B, latent_dim) to what the likelihood reads, (B, C times outputs, H, W)."""
    a = architecture
    coarse, outputs = _quarter(a.image), a.image[0] * named(a.likelihood).outputs
    return nn.Sequential(
        nn.Linear(a.latent_dim, a.hidden // 2),
        nn.SiLU(),
        nn.Linear(a.hidden // 2, a.hidden),
        nn.SiLU(),
        nn.Linear(a.hidden, a.channels * coarse[0] * coarse[1]),
        nn.SiLU(),
        nn.Unflatten(1, (a.channels, *coarse)),
        nn.Conv2d(a.channels, outputs * QUARTER**2, 3, padding=1),
        nn.PixelShuffle(QUARTER),
        *_padding(a.image, -1),
    )


def _quarter(image: Sequence[int]) -> tuple[int, int]:
    """Height and width of an image that is a quarter as wide, rounded up."""
    return -(-image[1] // QUARTER), -(-image[2] // QUARTER)


def _padding(image: Sequence[int], sign: int = 1) -> list[nn.Module]:
    """A layer that makes sides multiples of four, if they are not; or one that cuts that off."""
    below, right = (-side % QUARTER for side in image[1:])
    return [nn.ZeroPad2d((0, sign * right, 0, sign * below))] if below or right else []
