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
from ..io.whole import replacing
from .architecture import Architecture
from .vae import VAE


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
        raise StudyError(f"{path}: not a model of this workflow ({reason}); {AGAIN}") from error
    if checksum != sha256(model.state_dict()):
        raise StudyError(f"{path}: damaged (checksum differs); {AGAIN}")
    return model.eval().requires_grad_(False)


def sha256(tensors: Mapping[str, Tensor]) -> str:
    """A checksum of names, types and values of tensors."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(f"{name} {tensors[name].dtype}".encode())
        digest.update(tensors[name].numpy().tobytes())
    return digest.hexdigest()


def check_architecture(path: str | Path, model: VAE, wanted: Mapping[str, int]) -> None:
    """Raise StudyError when a file's model has another architecture than the study's."""
    found = asdict(model.architecture)
    if found != wanted:
        raise StudyError(f"{path}: the model is {found}, this study's is {wanted}; {AGAIN}")
