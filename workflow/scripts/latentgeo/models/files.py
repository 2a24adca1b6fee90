"""Model files: safetensors with the architecture and a checksum in their header."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from ..errors import AGAIN, StudyError
from ..io.whole import check_readable, replacing
from .architecture import Architecture
from .vae import VAE, Origin

UNREADABLE = (
    StudyError,
    SafetensorError,
    OSError,
    LookupError,
    AttributeError,
    TypeError,
    ValueError,
    RuntimeError,
)
"""What reading some other file as a model may raise."""


def save(model: VAE, path: str | Path, origin: Origin) -> None:
    """Write a model as safetensors with what it is and a checksum; same model, same bytes."""
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    # one entry: the order of several is not fixed
    parts = {"architecture": asdict(model.architecture), "origin": asdict(origin)}
    header = json.dumps(parts | {"sha256": sha256(tensors)})
    with replacing(path) as temporary:
        save_file(tensors, temporary, metadata={"latentgeo": header})


def load(path: str | Path, module: str = "") -> VAE:
    """Read a model that `save` wrote, in evaluation mode and without gradients of its parameters.

    `module` is what builds it, if it is one of one's own: code runs that the caller names, and
    never what a file names. Raises StudyError, naming the file, when it is missing, may not be
    read, is no safetensors file, holds another architecture than it says, is built by something
    else, or differs from its checksum.
    """
    check_readable(path)
    try:
        tensors = load_file(path)
        with safe_open(path, framework="pt") as stored:
            header = json.loads((stored.metadata() or {})["latentgeo"])
        architecture = Architecture(**header["architecture"])
        if architecture.module != module:
            raise ValueError(f"it is built by {architecture.module!r}, not by {module!r}")
        model = VAE(architecture)
        model.origin, model.checksum = Origin(**header["origin"]), header["sha256"]
        model.load_state_dict(tensors)
    except FileNotFoundError as error:
        raise StudyError(f"{path}: no such model file") from error
    except UNREADABLE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StudyError(f"{path}: not a model of this workflow ({reason}); {AGAIN}") from error
    if model.checksum != sha256(model.state_dict()):
        raise StudyError(f"{path}: damaged (checksum differs); {AGAIN}")
    return model.eval().requires_grad_(False)


def load_wanted(path: str | Path, architecture: Mapping[str, int], vae: str, seed: int) -> VAE:
    """`load`, and StudyError when it is another model than the study's of this type and seed."""
    model = load(path, architecture.get("module", ""))
    if asdict(model.architecture) != architecture:
        found = asdict(model.architecture)
        raise StudyError(f"{path}: the model is {found}, this study's is {architecture}; {AGAIN}")
    if (model.origin.vae, model.origin.seed) != (vae, seed):
        raise StudyError(
            f"{path}: the model is {model.origin.vae}, seed {model.origin.seed}, "
            f"not {vae}, seed {seed}; {AGAIN}"
        )
    return model


def sha256(tensors: Mapping[str, Tensor]) -> str:
    """A checksum of names, types and values of tensors."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(f"{name} {tensors[name].dtype}".encode())
        digest.update(tensors[name].numpy().tobytes())
    return digest.hexdigest()
