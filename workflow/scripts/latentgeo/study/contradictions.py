"""What a schema cannot see: names that are not defined, numbers that exceed one another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..images.counts import pair_capacity

EMBEDDED_CLASSES = (0, 1, 2)


def contradictions(config: Mapping[str, Any]) -> Iterator[str]:
    """The problems of a configuration that satisfies its schema, each naming its key."""
    yield from _classes(config["data"])
    yield from _families(config["curves"])
    for name, settings in config["experiments"].items():
        yield from _experiment(f"experiments.{name}", settings, config)


def too_many_pairs(config: Mapping[str, Any], images: int) -> Iterator[str]:
    """Experiments that ask for more pairs than so many training images have."""
    for name, settings in config["experiments"].items():
        if settings["pairs"] > pair_capacity(images):
            yield (
                f"experiments.{name}.pairs: {settings['pairs']} asked for, but "
                f"{images} training images have only {pair_capacity(images)} pairs"
            )


def _classes(data: Mapping[str, Any]) -> Iterator[str]:
    if data["source"] == "embedded":
        for c in data["classes"]:
            if c not in EMBEDDED_CLASSES:
                yield (
                    f"data.classes: class {c} is not embedded (0, 1 and 2 are); "
                    "use data.source: torchvision"
                )


def _families(curves: Mapping[str, Any]) -> Iterator[str]:
    """A curve needs as many inner points as its family has weights, a point's worth each."""
    segments = curves["segments"]
    for name, family in curves["families"].items():
        for key in ("pieces", "degree"):
            if family.get(key, 0) > segments:
                what = f"{family[key]} pieces need" if key == "pieces" else f"{family[key]} needs"
                yield (
                    f"curves.families.{name}.{key}: {what} at least as many "
                    f"curves.segments, which is {segments}"
                )


def _experiment(key: str, settings: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[str]:
    vaes, seeds = config["vaes"], config["training"]["seeds"]
    for form in ("seed", "seeds"):
        for seed in _listed(settings.get(form, ())):
            if seed >= seeds:
                yield (
                    f"{key}.{form}: {seed} is not trained; "
                    f"training.seeds is {seeds}, so seeds are 0 to {seeds - 1}"
                )
    named = [("vae", vaes, "VAE type"), ("vaes", vaes, "VAE type")]
    named += [(form, config["curves"]["families"], "curve family") for form in CURVE_FORMS]
    named += [(form, config["solvers"], "solver") for form in ("solver", "solvers")]
    for form, names, what in named:
        for name in _listed(settings.get(form, ())):
            if name not in names:
                yield f"{key}.{form}: {name!r} is no {what}; there are {', '.join(names)}"
    for vae in _listed(settings.get("vae", settings.get("vaes", vaes))):
        for asked in _listed(settings.get("decoders", ())):
            if asked > vaes.get(vae, asked):
                yield f"{key}.decoders: {asked} asked for, but vaes.{vae} has {vaes[vae]}"
    if "density" in _listed(settings.get("metrics", settings.get("metric", ()))):
        if settings["start"] == "graph":
            yield f"{key}.start: 'graph' is for Fisher-Rao metrics; use line or random"
        if "decoders" in settings:
            yield f"{key}.decoders: the density metric knows no decoders; remove it"


CURVE_FORMS = ("curve", "curves", "cold")


def _listed(value: Any) -> Iterable:
    return [value] if isinstance(value, int | str) else value
