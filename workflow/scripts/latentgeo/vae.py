"""Variational autoencoders with one encoder and one or more decoders.

Gaussian prior and posterior, continuous Bernoulli likelihood. Activations are smooth everywhere:
the curvature of an energy needs second derivatives of a decoder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from . import continuous_bernoulli as cb
from .errors import StudyError
from .files import replacing

SIDE = 28
PIXELS = SIDE * SIDE


@dataclass(frozen=True)
class Architecture:
    """What fixes the shapes of a model's parameters."""

    latent_dim: int
    decoders: int
    hidden: int
    channels: int


class Bound(nn.Module):
    """Logits (B, 1, 28, 28) to natural parameters (B, 784) within ±continuous_bernoulli.BOUND."""

    def forward(self, logits: Tensor) -> Tensor:
        return cb.bounded(logits.flatten(1))


def make_encoder(architecture: Architecture) -> nn.Sequential:
    """Images (B, 28, 28) to posterior means and log deviations, (B, 2 latent_dim)."""
    a = architecture
    return nn.Sequential(
        nn.Unflatten(1, (1, SIDE)),
        nn.Conv2d(1, 8, 4, stride=4),
        nn.SiLU(),
        nn.Flatten(),
        nn.Linear(8 * 7 * 7, a.hidden),
        nn.SiLU(),
        nn.Linear(a.hidden, 2 * a.latent_dim),
    )


def make_decoder(architecture: Architecture) -> nn.Sequential:
    """Latent points (B, latent_dim) to natural parameters (B, 784)."""
    a = architecture
    return nn.Sequential(
        nn.Linear(a.latent_dim, a.hidden // 2),
        nn.SiLU(),
        nn.Linear(a.hidden // 2, a.hidden),
        nn.SiLU(),
        nn.Linear(a.hidden, a.channels * 7 * 7),
        nn.SiLU(),
        nn.Unflatten(1, (a.channels, 7, 7)),
        nn.Conv2d(a.channels, 16, 3, padding=1),
        nn.PixelShuffle(4),
        Bound(),
    )


class VAE(nn.Module):
    """One encoder and `architecture.decoders` decoders; more than one make an ensemble."""

    def __init__(self, architecture: Architecture):
        super().__init__()
        self.architecture = architecture
        self.encoder = make_encoder(architecture)
        self.decoders = nn.ModuleList(
            make_decoder(architecture) for _ in range(architecture.decoders)
        )

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Posterior means and log deviations, each (B, latent_dim), of images in [0, 1]."""
        mean, log_deviation = self.encoder(images).chunk(2, dim=1)
        return mean, log_deviation


def sample_posterior(mean: Tensor, log_deviation: Tensor, noise: Tensor) -> Tensor:
    """Latents mean + deviation · noise, differentiable in the posterior; all of one shape."""
    return mean + log_deviation.exp() * noise


def prior_divergence(mean: Tensor, log_deviation: Tensor) -> Tensor:
    """KL(posterior ‖ N(0, I)) in nats for posteriors (B, latent_dim): (B,).

    Source: Kingma and Welling, "Auto-encoding variational Bayes", 2014, appendix B.
    """
    variance = (2 * log_deviation).exp()
    return ((mean.square() + variance - 1) / 2 - log_deviation).sum(dim=1)


def reconstruction(images: Tensor, natural_parameters: Tensor) -> Tensor:
    """log p(x | z) in nats of images (B, 28, 28) under natural parameters (B, 784): (B,)."""
    return cb.log_density(images.flatten(1), natural_parameters).sum(dim=1)


def encode_all(model: VAE, images: Tensor) -> tuple[Tensor, Tensor]:
    """Posterior means and deviations, each (n, latent_dim), of images (n, 28, 28), uint8."""
    with torch.no_grad():
        parts = [model.encode(part.float() / 255) for part in images.split(2000)]
    mean, log_deviation = (torch.cat(part) for part in zip(*parts, strict=True))
    return mean, log_deviation.exp()


def check_spread(means: Tensor, path: str | Path, least: float = 1e-3) -> None:
    """Raise StudyError, naming the model's file, when posterior means (n, d) do not spread."""
    spread = means.std(0)
    if not bool((spread > least).all()):
        raise StudyError(
            f"{path}: the latent space collapsed, posterior means have deviations "
            f"{[round(s, 6) for s in spread.tolist()]}; change training.epochs or "
            "training.learning_rate and train again"
        )


def save(model: VAE, path: str | Path) -> None:
    """Write a model as safetensors with its architecture and a checksum; same model, same bytes."""
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    # one entry: the order of several is not fixed
    header = json.dumps({**asdict(model.architecture), "sha256": sha256(tensors)})
    with replacing(path) as temporary:
        save_file(tensors, temporary, metadata={"latentgeo": header})


def load(path: str | Path) -> VAE:
    """Read a model that `save` wrote, in evaluation mode and without gradients of its parameters.

    Raises StudyError, naming the file, when it is missing, is no safetensors file, holds another
    architecture than it says, or differs from its checksum.
    """
    try:
        tensors = load_file(path)
        with safe_open(path, framework="pt") as stored:
            header = json.loads((stored.metadata() or {})["latentgeo"])
        checksum = header.pop("sha256")
        model = VAE(Architecture(**header))
        model.load_state_dict(tensors)
    except FileNotFoundError as error:
        raise StudyError(f"{path}: no such model file") from error
    except (
        SafetensorError,
        OSError,
        LookupError,
        AttributeError,
        TypeError,
        ValueError,
        RuntimeError,
    ) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StudyError(
            f"{path}: not a model of this workflow ({reason}); delete it and run again"
        ) from error
    if checksum != sha256(model.state_dict()):
        raise StudyError(f"{path}: damaged (checksum differs); delete it and run again")
    return model.eval().requires_grad_(False)


def sha256(tensors: Mapping[str, Tensor]) -> str:
    """A checksum of names, types and values of tensors."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(f"{name} {tensors[name].dtype}".encode())
        digest.update(tensors[name].numpy().tobytes())
    return digest.hexdigest()
