"""The built-in encoder and decoder.

Activations are smooth everywhere: the curvature of an energy needs second derivatives of a decoder.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

SIDE = 28
"""Pixels along an image's side."""
COARSE = SIDE // 4
"""The same where images are a quarter as wide: after the encoder's convolution, and before the
pixels of a decoder's last layer are shuffled apart."""


@dataclass(frozen=True)
class Architecture:
    """What fixes the shapes of a model's parameters."""

    latent_dim: int
    decoder_count: int
    hidden: int
    channels: int


def make_encoder(architecture: Architecture) -> nn.Sequential:
    """Images (B, 28, 28) to posterior means and log deviations, (B, 2 latent_dim)."""
    a = architecture
    return nn.Sequential(
        nn.Unflatten(1, (1, SIDE)),
        nn.Conv2d(1, 8, 4, stride=4),
        nn.SiLU(),
        nn.Flatten(),
        nn.Linear(8 * COARSE**2, a.hidden),
        nn.SiLU(),
        nn.Linear(a.hidden, 2 * a.latent_dim),
    )


def make_decoder(architecture: Architecture) -> nn.Sequential:
    """Latent points (B, latent_dim) to what the likelihood reads, (B, 1, 28, 28)."""
    a = architecture
    return nn.Sequential(
        nn.Linear(a.latent_dim, a.hidden // 2),
        nn.SiLU(),
        nn.Linear(a.hidden // 2, a.hidden),
        nn.SiLU(),
        nn.Linear(a.hidden, a.channels * COARSE**2),
        nn.SiLU(),
        nn.Unflatten(1, (a.channels, COARSE, COARSE)),
        nn.Conv2d(a.channels, 16, 3, padding=1),
        nn.PixelShuffle(4),
    )
