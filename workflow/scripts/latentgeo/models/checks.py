"""Whether a model is what its architecture says; of one's own modules nobody knows before."""

from __future__ import annotations

import torch
from torch import Tensor

from ..decoders.checked import checked
from ..errors import StudyError
from .vae import VAE

IMAGES = 4
"""How many images a model is tried on."""
SAME = 1e-4
"""By what share of their size outputs may differ where only rounding differs."""


def check_model(model: VAE, images: Tensor) -> None:
    """Look at a model in evaluation mode, on images (n, ...), uint8.

    Raises StudyError, naming the module, when encoder or decoders do
    not fit the architecture, or are no functions that can be used.
    """
    a, images = model.architecture, images[:IMAGES].float() / 255
    name = a.module or "the model"
    if len(model.decoders) != a.decoder_count:
        raise StudyError(
            f"{name}: it has {len(model.decoders)} decoders, but the VAE type has {a.decoder_count}"
        )
    try:
        with torch.no_grad():
            posterior = model.encode(images)
    except Exception as error:  # whatever a user's module may raise
        raise StudyError(f"{name}: its encoder fails at {tuple(images.shape)} ({error})") from error
    wanted = (len(images), a.latent_dim)
    if [tuple(part.shape) for part in posterior] != [wanted, wanted]:
        raise StudyError(
            f"{name}: its encoder gives {[tuple(part.shape) for part in posterior]}; means and log "
            f"deviations of {a.latent_dim} dimensions, {wanted} each, are wanted"
        )
    if not all(torch.isfinite(part).all() for part in posterior):
        raise StudyError(f"{name}: its encoder's outputs are not finite")
    _check_function(name, model, images, posterior)
    try:
        checked(list(model.decoders), model.likelihood, posterior[0])
    except StudyError as error:
        raise StudyError(f"{name}: {error}") from error
    outputs = model.decoders[0](posterior[0]).flatten(1).shape[1]
    features = images[0].numel()
    if outputs != features * model.likelihood.outputs:
        raise StudyError(
            f"{name}: its decoders give {outputs} outputs; the likelihood reads "
            f"{model.likelihood.outputs} for each of {features} pixels"
        )


@torch.no_grad()
def _check_function(
    name: str, model: VAE, images: Tensor, posterior: tuple[Tensor, Tensor]
) -> None:
    """Whether the encoder gives the same again, and an image's own whatever comes with it."""
    for wrong, some in (
        ("it gives other outputs each time; it draws random numbers", images),
        ("an image's outputs depend on the other images of its batch", images[:1]),
    ):
        for first, again in zip(posterior, model.encode(some), strict=True):
            first = first[: len(again)]
            if not torch.allclose(first, again, rtol=0, atol=SAME * first.abs().amax().item()):
                raise StudyError(f"{name}: its encoder: {wrong}")
