"""The VAE types of a study: how many decoders they have, and how they are trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from . import sources


def decoder_counts(config: Mapping[str, Any]) -> dict[str, int]:
    """How many decoders each type has, of a checked configuration."""
    return {name: _whole(entry)["decoders"] for name, entry in config["vaes"].items()}


def schedule(config: Mapping[str, Any], vae: str) -> dict[str, Any]:
    """The training settings of a type: those of its number of decoders, and its own on top."""
    training, own = config["training"], _whole(config["vaes"][vae])
    kind = "single_decoder" if own["decoders"] == 1 else "several_decoders"
    if own.get("weights"):
        return {"held_out": training["held_out"]}
    common = {key: training[key] for key in ("learning_rate", "held_out")}
    return common | training[kind] | own.get("training", {})


def likelihood(config: Mapping[str, Any], vae: str) -> str | dict[str, Any]:
    """What the decoders of a type say of an image: its own likelihood, or that of all."""
    return _whole(config["vaes"][vae]).get("likelihood", config["model"]["likelihood"])


def family(config: Mapping[str, Any], vae: str) -> str:
    """The name of a type's likelihood, without its settings."""
    own = likelihood(config, vae)
    return own if isinstance(own, str) else own["family"]


def parameters(config: Mapping[str, Any], vae: str) -> int:
    """How many natural parameters the likelihood of a type has for each feature of an image."""
    own = likelihood(config, vae)
    settings = own if isinstance(own, Mapping) else {}
    return settings.get("classes", 2 if settings.get("deviation") == "learned" else 1)


def module(config: Mapping[str, Any], vae: str) -> str:
    """What builds a type's models, as "my_vae.py:build"; nothing for the built-in ones."""
    return _whole(config["vaes"][vae]).get("model", "")


def weights(config: Mapping[str, Any], vae: str, seed: int) -> str:
    """The file with the weights of a type's model; nothing for models that are trained."""
    return _whole(config["vaes"][vae]).get("weights", "").replace("{seed}", str(seed))


def own_files(config: Mapping[str, Any], vae: str, seed: int) -> dict[str, str]:
    """The user's files that a model is made of."""
    path = module(config, vae).rpartition(":")[0]
    files = {"module": path, "weights": weights(config, vae, seed)}
    return {name: file for name, file in files.items() if file}


def own_code(config: Mapping[str, Any], vae: str) -> list[Path]:
    """The user's file that builds a type's models, and what it imports from beside it."""
    path = Path(module(config, vae).rpartition(":")[0])
    return sources.files(path.parent, path.stem) if path.suffix else []


def missing_files(config: Mapping[str, Any]) -> Iterator[str]:
    """The user's files that there are not, each with its key."""
    for vae in config["vaes"]:
        for seed in range(config["training"]["seeds"]):
            for name, path in own_files(config, vae, seed).items():
                key = "model" if name == "module" else name
                if not Path(path).is_file():
                    yield f"config: vaes.{vae}.{key}: there is no file {path}"


def described(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What distinguishes the types: name, decoders, epochs, and whether training is their own."""
    return [
        {
            "name": vae,
            "decoders": count,
            "epochs": schedule(config, vae).get("epochs", 0),
            "special": bool(_whole(config["vaes"][vae]).get("training")),
        }
        for vae, count in decoder_counts(config).items()
    ]


def _whole(entry: int | Mapping[str, Any]) -> Mapping[str, Any]:
    """An entry of `vaes` with its short form, `single: 1`, written out: `{decoders: 1}`."""
    return {"decoders": entry} if isinstance(entry, int) else {"decoders": 1, **entry}
