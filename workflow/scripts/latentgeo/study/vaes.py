"""The VAE types of a study: how many decoders they have, and how they are trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def decoder_counts(config: Mapping[str, Any]) -> dict[str, int]:
    """How many decoders each type has, of a checked configuration."""
    return {name: _whole(entry)["decoders"] for name, entry in config["vaes"].items()}


def schedule(config: Mapping[str, Any], vae: str) -> dict[str, Any]:
    """The training settings of a type: those of its number of decoders, and its own on top."""
    training, own = config["training"], _whole(config["vaes"][vae])
    kind = "single_decoder" if own["decoders"] == 1 else "several_decoders"
    common = {key: training[key] for key in ("learning_rate", "held_out")}
    return common | training[kind] | own.get("training", {})


def likelihood(config: Mapping[str, Any], vae: str) -> str | dict[str, Any]:
    """What the decoders of a type say of an image: its own likelihood, or that of all."""
    return _whole(config["vaes"][vae]).get("likelihood", config["model"]["likelihood"])


def described(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What distinguishes the types: name, decoders, epochs, and whether training is their own."""
    return [
        {
            "name": vae,
            "decoders": count,
            "epochs": schedule(config, vae)["epochs"],
            "special": bool(_whole(config["vaes"][vae]).get("training")),
        }
        for vae, count in decoder_counts(config).items()
    ]


def _whole(entry: int | Mapping[str, Any]) -> Mapping[str, Any]:
    """An entry of `vaes` with its short form, `single: 1`, written out: `{decoders: 1}`."""
    return {"decoders": entry} if isinstance(entry, int) else entry
