"""Variational autoencoders: one encoder, one or more decoders, Gaussian prior and posterior."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from ..errors import StudyError
from ..likelihoods.base import Likelihood
from ..likelihoods.named import named
from . import own
from .architecture import Architecture, make_decoder, make_encoder

IMAGES_AT_ONCE = 2000
"""Images that are encoded together."""
LEAST_DEVIATION = 1e-3
"""Posterior means that spread by less, in units of the prior's deviation, have collapsed."""


@dataclass(frozen=True)
class Origin:
    """Which model of a study it is, and where it was trained."""

    vae: str
    seed: int
    processor: str


class VAE(nn.Module):
    """One encoder and `architecture.decoder_count` decoders; more than one make an ensemble."""

    likelihood: Likelihood
    origin: Origin | None = None
    """Known of a model that was read from a file, ..."""
    checksum: str = ""
    """... as is the checksum of its parameters."""

    def __init__(self, architecture: Architecture, weights: str | Path | None = None):
        super().__init__()
        a = self.architecture = architecture
        self.likelihood = named(a.likelihood)
        if a.module:
            built = own.build(a.module, a.latent_dim, a.image, weights)
            self.encoder, self.decoders = built.encoder, own.decoders_of(built)
        else:
            self.encoder = make_encoder(a)
            self.decoders = nn.ModuleList(make_decoder(a) for _ in range(a.decoder_count))

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Posterior means and log deviations, each (B, latent_dim), of images in [0, 1].

        Images are (B, C, H, W), or (B, H, W) where there is one channel.
        """
        images = images.view(len(images), *self.architecture.image)
        posterior = self.encoder(images)
        if not isinstance(posterior, Tensor):
            return posterior
        mean, log_deviation = posterior.chunk(2, dim=1)
        return mean, log_deviation

    def natural_parameters(self, decoder: nn.Module, latents: Tensor) -> Tensor:
        """What a decoder says of the images at latents (B, latent_dim): (B, D)."""
        return self.likelihood.link(decoder(latents).flatten(1))

    def reconstruction(self, images: Tensor, natural_parameters: Tensor) -> Tensor:
        """log p(x | z) in nats of images (B, ...) under natural parameters (B, D): (B,)."""
        return self.likelihood.log_density(images.flatten(1), natural_parameters)


def sample_posterior(mean: Tensor, log_deviation: Tensor, noise: Tensor) -> Tensor:
    """Latents mean + deviation · noise, differentiable in the posterior; all of one shape."""
    return mean + log_deviation.exp() * noise


def prior_divergence(mean: Tensor, log_deviation: Tensor) -> Tensor:
    """KL(posterior ‖ N(0, I)) in nats for posteriors (B, latent_dim): (B,).

    Source: Kingma and Welling, "Auto-encoding variational Bayes", 2014, appendix B.
    """
    variance = (2 * log_deviation).exp()
    return ((mean.square() + variance - 1) / 2 - log_deviation).sum(dim=1)


def encode_all(model: VAE, images: Tensor) -> tuple[Tensor, Tensor]:
    """Posterior means and deviations, each (n, latent_dim), of images (n, ...), uint8."""
    with torch.no_grad():
        parts = [model.encode(part.float() / 255) for part in images.split(IMAGES_AT_ONCE)]
    mean, log_deviation = (torch.cat(part) for part in zip(*parts, strict=True))
    return mean, log_deviation.exp()


def check_spread(means: Tensor, path: str | Path, least: float = LEAST_DEVIATION) -> None:
    """Raise StudyError, naming the model's file, when posterior means (n, d) do not spread."""
    spread = means.std(0)
    if not bool((spread > least).all()):
        raise StudyError(
            f"{path}: the latent space collapsed, posterior means have deviations "
            f"{[round(s, 6) for s in spread.tolist()]}; change "
            "training.learning_rate, or the epochs in training.single_decoder, "
            "training.several_decoders or the type's own training, and train again"
        )
