"""One training run of a VAE, seeded, resumable and watched."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from .errors import StudyError
from .files import replacing
from .randomness import generator
from .vae import VAE, Architecture, prior_divergence, reconstruction, sample_posterior, sha256

log = logging.getLogger(__name__)


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


@dataclass(frozen=True)
class Evaluation:
    """Means over images, in nats, elbo = reconstruction - kl; `reconstruction` is (M,)."""

    reconstruction: Tensor
    kl: float

    @property
    def elbo(self) -> Tensor:
        return self.reconstruction - self.kl


@dataclass(frozen=True)
class Stream:
    """The name of a run's random numbers: the study's seed, the VAE type and the run's number."""

    study: int
    vae: str
    run: int

    def generator(self, *name: str | int) -> torch.Generator:
        return generator(self.study, "training", self.vae, self.run, *name)


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
    """Maximise the ELBO on images (n, 28, 28), uint8; return the model and its history.

    The history holds one evaluation an epoch, on `schedule.held_out` of the held-out images.
    With a checkpoint path the state is kept there after every epoch, a run that finds the state
    of its own interrupted twin goes on from it to the same result, and the file is removed at
    the end.

    Raises StudyError, naming epoch and step, when the loss is not finite, and when batches are
    smaller than the number of decoders.
    """
    batches = math.ceil(len(images) / schedule.batch_size)
    if len(images) // batches < architecture.decoders:
        raise StudyError(
            f"training.batch_size: batches of {len(images) // batches} images, from "
            f"{len(images)}, are too small for {architecture.decoders} decoders"
        )
    model = new_model(architecture, stream).to(device)
    images, held_out = images.to(device), _spread(held_out, schedule.held_out).to(device)
    optimizer = torch.optim.Adam(
        model.parameters(), lr=schedule.learning_rate, betas=(0.9, 0.99), fused=True
    )
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, schedule.learning_rate, schedule.epochs * batches, pct_start=0.2
    )
    fingerprint = _fingerprint([architecture, schedule, stream], [images, held_out])
    run = _Run(model, optimizer, checkpoint, fingerprint)
    history = run.resume()
    with warnings.catch_warnings(action="ignore"):  # of steps without the optimizer's
        for _ in range(len(history) * batches):
            scheduler.step()
    for epoch in range(len(history), schedule.epochs):
        noise = stream.generator("epoch", epoch)
        order = torch.randperm(len(images), generator=noise)
        for step, rows in enumerate(order.tensor_split(batches)):
            loss = -_mean_elbo(model, _as_floats(images[rows.to(device)]), noise)
            if not torch.isfinite(loss):
                raise StudyError(
                    f"training: the loss became {loss.item()} in epoch {epoch + 1}, "
                    f"step {step + 1}; lower training.learning_rate or look at the data"
                )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
        history.append(evaluate(model, held_out, stream))
        if not torch.isfinite(history[-1].elbo).all():
            raise StudyError(
                f"training: the held-out ELBO is not finite after epoch {epoch + 1}, step "
                f"{batches}; lower training.learning_rate or look at the data"
            )
        progress(epoch + 1, history[-1])
        run.keep(history)
    run.forget()
    return model.cpu().eval().requires_grad_(False), history


def evaluate(model: VAE, images: Tensor, stream: Stream) -> Evaluation:
    """ELBO of every decoder on images (n, 28, 28), uint8, with one posterior sample an image."""
    noise = stream.generator("evaluation")
    totals, kl = 0.0, 0.0
    with torch.no_grad():
        for part in images.split(500):
            x = _as_floats(part)
            mean, log_deviation = model.encode(x)
            latents = sample_posterior(mean, log_deviation, _normal(mean, noise))
            fits = [reconstruction(x, decoder(latents)) for decoder in model.decoders]
            totals += torch.stack(fits).double().sum(1).cpu() / len(images)
            kl += prior_divergence(mean, log_deviation).double().sum().item() / len(images)
    return Evaluation(totals, kl)


def _mean_elbo(model: VAE, images: Tensor, noise: torch.Generator) -> Tensor:
    """Mean ELBO in nats of images (B, 28, 28), each image seen by one of the decoders."""
    mean, log_deviation = model.encode(images)
    latents = sample_posterior(mean, log_deviation, _normal(mean, noise))
    parts = latents.tensor_split(len(model.decoders))
    parameters = [d(part) for d, part in zip(model.decoders, parts, strict=True)]
    fit = reconstruction(images, torch.cat(parameters))
    return (fit - prior_divergence(mean, log_deviation)).mean()


def _spread(images: Tensor, count: int) -> Tensor:
    """About `count` images, evenly spread: the order of a data set often means something."""
    return images[:: max(1, len(images) // count)][:count]


def _as_floats(images: Tensor) -> Tensor:
    return images.float() / 255


def _normal(like: Tensor, noise: torch.Generator) -> Tensor:
    return torch.randn(like.shape, generator=noise).to(like.device)


def _fingerprint(settings: list, images: list[Tensor]) -> str:
    digest = hashlib.sha256(json.dumps([asdict(part) for part in settings]).encode())
    for part in images:
        digest.update(part.cpu().numpy().tobytes())
    return digest.hexdigest()


@dataclass
class _Run:
    """The state of a run in a file: parameters, the optimizer's moments and the history."""

    model: VAE
    optimizer: torch.optim.Adam
    path: Path | None
    fingerprint: str

    def keep(self, history: list[Evaluation]) -> None:
        if self.path is None:
            return
        rows = [{"reconstruction": e.reconstruction.tolist(), "kl": e.kl} for e in history]
        tensors = {name: tensor.cpu().contiguous() for name, tensor in self._tensors()}
        header = {"fingerprint": self.fingerprint, "history": rows, "sha256": sha256(tensors)}
        with replacing(self.path) as temporary:
            save_file(tensors, temporary, metadata={"state": json.dumps(header)})

    def resume(self) -> list[Evaluation]:
        """Load the kept state of this same run if there is one; return its history."""
        if self.path is None or not self.path.exists():
            return []
        try:
            with safe_open(self.path, framework="pt") as stored:
                header = json.loads(stored.metadata()["state"])
                tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
            if header["sha256"] != sha256(tensors):
                raise ValueError("checksum differs")
        except (SafetensorError, OSError, LookupError, TypeError, ValueError) as error:
            log.warning("%s: not usable as a checkpoint (%s); starting over", self.path, error)
            return []
        if header["fingerprint"] != self.fingerprint:
            log.info("%s: checkpoint of another run; starting over", self.path)
            return []
        for parameter in self.model.parameters():
            self.optimizer.state[parameter] = {
                "step": torch.zeros(()),
                "exp_avg": torch.zeros_like(parameter),
                "exp_avg_sq": torch.zeros_like(parameter),
            }
        with torch.no_grad():
            for name, tensor in self._tensors():
                tensor.copy_(tensors[name])
        log.info("going on after epoch %d from %s", len(header["history"]), self.path)
        return [
            Evaluation(torch.tensor(row["reconstruction"], dtype=torch.float64), row["kl"])
            for row in header["history"]
        ]

    def forget(self) -> None:
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _tensors(self) -> Iterator[tuple[str, Tensor]]:
        for name, parameter in self.model.named_parameters():
            yield name, parameter.detach()
            for key, value in self.optimizer.state[parameter].items():
                yield f"{name}/{key}", value
