"""How well a model does: its evidence lower bound (ELBO) and the parts of it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .streams import Stream, normal
from .vae import VAE, prior_divergence, sample_posterior

IMAGES_AT_ONCE = 500
"""Images that are evaluated together."""


@dataclass(frozen=True)
class Evaluation:
    """Means over images, in nats, elbo = reconstruction - kl; `reconstruction` is (M,)."""

    reconstruction: Tensor
    kl: float

    @property
    def elbo(self) -> Tensor:
        return self.reconstruction - self.kl


def evaluate(model: VAE, images: Tensor, stream: Stream) -> Evaluation:
    """ELBO of every decoder on images (n, ...), uint8, with one posterior sample an image."""
    noise = stream.generator("evaluation")
    totals, kl = 0.0, 0.0
    with torch.no_grad():
        for part in images.split(IMAGES_AT_ONCE):
            x = as_floats(part)
            mean, log_deviation = model.encode(x)
            latents = sample_posterior(mean, log_deviation, normal(mean, noise))
            fits = [
                model.reconstruction(x, model.natural_parameters(decoder, latents))
                for decoder in model.decoders
            ]
            totals += torch.stack(fits).double().sum(1).cpu() / len(images)
            kl += prior_divergence(mean, log_deviation).double().sum().item() / len(images)
    return Evaluation(totals, kl)


def as_floats(images: Tensor) -> Tensor:
    """Pixels in [0, 1] of images, uint8."""
    return images.float() / 255
