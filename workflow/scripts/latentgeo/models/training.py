"""One training run of a VAE, seeded, resumable and watched."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ..errors import StudyError
from .architecture import Architecture
from .checkpoint import Checkpoint, fingerprint
from .evaluation import Evaluation, as_floats, evaluate
from .streams import Stream, normal
from .vae import VAE, prior_divergence, sample_posterior

BETAS = 0.9, 0.99
"""Adam's; the second below its usual 0.999, for the few steps that there are."""
RISING = 0.2
"""Share of the steps in which the learning rate rises; then it falls."""
LESS_BOLD = "lower training.learning_rate or look at the data"


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a model trains.

    An ensemble's batches are split over its decoders, so that an epoch costs the ensemble hardly
    more than a single decoder: each image trains the encoder and one decoder. On one core, with
    18,623 digits, ten decoders reached a mean ELBO of 1674 nats in 32 s that way (13 epochs,
    batches of 256, rate 0.012), and a single decoder 1683 in 14 s (7 epochs, batches of 96). A
    high peak of the one-cycle rate is what pays: at 0.006 the same took 62 s and 25 s. Showing
    every image to every decoder takes three times as long. Larger batches, channels-last layout
    and plain Adam loops were slower or no faster than the fused Adam.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    held_out: int
    """How many held-out images the history is measured on."""


def new_model(architecture: Architecture, stream: Stream) -> VAE:
    """A freshly initialised model of the stream."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream.generator("initialisation").initial_seed())
        return VAE(architecture)


def train(
    architecture: Architecture,
    schedule: Schedule,
    stream: Stream,
    images: Tensor,
    held_out: Tensor,
    device: torch.device,
    checkpoint: Path | None = None,
    progress: Callable[[int, Evaluation], None] = lambda epoch, evaluation: None,
) -> tuple[VAE, list[Evaluation]]:
    """Maximise the ELBO on images (n, ...), uint8; return the model and its history.

    The history holds one evaluation an epoch, on `schedule.held_out` of the held-out images.
    With a checkpoint path the state is kept there after every epoch, until the end; a run that
    finds the state of its own interrupted twin goes on from it to the same result.

    StudyError, naming epoch and step, when the loss is not finite, or batches are too small.
    """
    batches = _batches(len(images), schedule, architecture)
    model = new_model(architecture, stream).to(device)
    images, held_out = images.to(device), spread(held_out, schedule.held_out).to(device)
    optimizer = torch.optim.Adam(
        model.parameters(), lr=schedule.learning_rate, betas=BETAS, fused=True
    )
    rates = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, schedule.learning_rate, schedule.epochs * batches, pct_start=RISING
    )
    identity = fingerprint([architecture, schedule, stream], [images, held_out])
    run = Checkpoint(model, optimizer, checkpoint, identity)
    history = run.resume()
    _skip(rates, len(history) * batches)
    for epoch in range(len(history), schedule.epochs):
        with _own_random_numbers(stream, epoch):
            _train_epoch(model, optimizer, rates, images, batches, stream, epoch)
        history.append(evaluate(model.eval(), held_out, stream))
        _check_finite(history[-1], epoch, batches)
        progress(epoch + 1, history[-1])
        run.keep(history)
    run.forget()
    return model.cpu().eval().requires_grad_(False), history


def _skip(rates: torch.optim.lr_scheduler.LRScheduler, steps: int) -> None:
    """Bring the learning rate to where it was when a run was interrupted."""
    with warnings.catch_warnings(action="ignore"):  # of steps without the optimizer's
        for _ in range(steps):
            rates.step()


def _check_finite(evaluation: Evaluation, epoch: int, batches: int) -> None:
    if not torch.isfinite(evaluation.elbo).all():
        raise StudyError(
            f"training: the held-out ELBO is not finite after epoch {epoch + 1}, step "
            f"{batches}; {LESS_BOLD}"
        )


def _batches(images: int, schedule: Schedule, architecture: Architecture) -> int:
    """How many batches an epoch has."""
    batches = math.ceil(images / schedule.batch_size)
    if images // batches < architecture.decoder_count:
        raise StudyError(
            f"training.several_decoders.batch_size (or a type's own): batches of "
            f"{images // batches} images, from {images}, are too small for "
            f"{architecture.decoder_count} decoders"
        )
    return batches


@contextmanager
def _own_random_numbers(stream: Stream, epoch: int) -> Iterator[None]:
    """For modules that draw on their own, as dropout does."""
    with torch.random.fork_rng():
        torch.manual_seed(stream.generator("modules", epoch).initial_seed())
        yield


def _train_epoch(
    model: VAE,
    optimizer: torch.optim.Optimizer,
    rates: torch.optim.lr_scheduler.LRScheduler,
    images: Tensor,
    batches: int,
    stream: Stream,
    epoch: int,
) -> None:
    """One pass over the images, in the order and with the noise of the stream's epoch."""
    noise = stream.generator("epoch", epoch)
    model.train()
    order = torch.randperm(len(images), generator=noise)
    for step, rows in enumerate(order.tensor_split(batches)):
        loss = -_mean_elbo(model, as_floats(images[rows.to(images.device)]), noise)
        if not torch.isfinite(loss):
            raise StudyError(
                f"training: the loss became {loss.item()} in epoch {epoch + 1}, "
                f"step {step + 1}; {LESS_BOLD}"
            )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rates.step()


def _mean_elbo(model: VAE, images: Tensor, noise: torch.Generator) -> Tensor:
    """Mean ELBO in nats of images (B, ...), each image seen by one of the decoders."""
    mean, log_deviation = model.encode(images)
    latents = sample_posterior(mean, log_deviation, normal(mean, noise))
    parts = zip(model.decoders, latents.tensor_split(len(model.decoders)), strict=True)
    parameters = torch.cat([model.natural_parameters(decoder, part) for decoder, part in parts])
    fit = model.reconstruction(images, parameters)
    return (fit - prior_divergence(mean, log_deviation)).mean()


def spread(images: Tensor, count: int) -> Tensor:
    """About `count` images, evenly spread: the order of a data set often means something."""
    return images[:: max(1, len(images) // count)][:count]
