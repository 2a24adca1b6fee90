"""VAEs of one's own: a function in the user's file builds them, weights may be given."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from ..errors import StudyError

WANTED = "an nn.Module with `encoder` and `decoder` or `decoders`"


def build(
    place: str, latent_dim: int, image: Sequence[int], weights: str | Path | None = None
) -> nn.Module:
    """What the function of a place, as "my_vae.py:build", makes of (latent_dim, image).

    `image` is an image's channels, height and width; `weights` a state dict's file. Raises
    StudyError, naming the place, when there is no such file or function, when it fails, and when it
    makes something else than an `nn.Module` with an encoder and decoders.
    """
    function = _function(place)
    try:
        module = function(latent_dim, tuple(image))
    except Exception as error:  # whatever a user's function may raise
        raise StudyError(f"{place}: it fails ({type(error).__name__}: {error})") from error
    parts = [getattr(module, name, None) for name in ("encoder", "decoder", "decoders")]
    if not isinstance(module, nn.Module) or parts[0] is None or parts[1:] == [None, None]:
        raise StudyError(f"{place}: it returns {type(module).__name__}, not {WANTED}")
    if weights:
        load_weights(module, weights)
    return module


def decoders_of(module: nn.Module) -> nn.ModuleList:
    """The decoders of what `build` made."""
    several = getattr(module, "decoders", None)
    return nn.ModuleList([module.decoder] if several is None else several)


def load_weights(module: nn.Module, path: str | Path) -> None:
    """Put a state dict into a module: safetensors, or a file of torch.save with tensors alone.

    Raises StudyError, naming the file, when it cannot be read, or is of another module.
    """
    try:
        if Path(path).suffix == ".safetensors":
            weights = load_file(path)
        else:
            weights = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise StudyError(f"{path}: no such file") from error
    except (SafetensorError, OSError, RuntimeError, ValueError, EOFError, KeyError) as error:
        raise StudyError(f"{path}: no state dict can be read ({_first(error)})") from error
    except Exception as error:  # pickles that are not only tensors
        raise StudyError(f"{path}: not a state dict of tensors alone ({_first(error)})") from error
    try:
        module.load_state_dict(weights)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise StudyError(
            f"{path}: weights of another module ({' '.join(str(error).split())})"
        ) from error


def _function(place: str) -> Callable[..., nn.Module]:
    path, _, name = place.rpartition(":")
    if not Path(path).is_file():
        raise StudyError(f"{place}: there is no file {path}")
    spec = importlib.util.spec_from_file_location(f"_own_{Path(path).stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        with _importing_beside(path):
            spec.loader.exec_module(module)
    except Exception as error:  # whatever a user's file may raise
        raise StudyError(f"{path}: cannot be imported ({type(error).__name__}: {error})") from error
    if not callable(getattr(module, name, None)):
        raise StudyError(f"{place}: {path} has no function {name!r}")
    return getattr(module, name)


@contextmanager
def _importing_beside(path: str):
    """While a file is imported, others beside it can be."""
    folder = str(Path(path).resolve().parent)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


def _first(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
