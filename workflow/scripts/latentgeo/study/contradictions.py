"""What a schema cannot see: names that are not defined, numbers that exceed one another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from ..images.counts import CHANNELS, pair_capacity
from .vaes import decoder_counts

EMBEDDED_CLASSES = (0, 1, 2)
SPLITS = {"train": "training", "test": "test"}


def contradictions(config: Mapping[str, Any]) -> Iterator[str]:
    """The problems of a configuration that satisfies its schema, each naming its key."""
    yield from _classes(config["data"])
    yield from _own(config["vaes"], config["training"]["seeds"])
    yield from _families(config["curves"])
    yield from _rows(config)
    yield from _segments(config["experiments"]["segments"], config["curves"]["families"])
    for name, settings in config["experiments"].items():
        yield from _experiment(f"experiments.{name}", settings, config)


def too_many_pairs(config: Mapping[str, Any], images: int) -> Iterator[str]:
    """Experiments that ask for more pairs than so many images of the split have; rows beyond."""
    split, rows = config["pairs"]["split"], config["pairs"]["rows"]
    for row in {row for pair in rows for row in pair if row >= images}:
        of = f"the {SPLITS[split]} images have 0 to {images - 1}"
        yield f"pairs.rows: there is no row {row}; {of}"
    for name, settings in config["experiments"].items():
        if not rows and settings["pairs"] > pair_capacity(images):
            yield (
                f"experiments.{name}.pairs: {settings['pairs']} asked for, but "
                f"{images} {SPLITS[split]} images have only {pair_capacity(images)} pairs"
            )


def _rows(config: Mapping[str, Any]) -> Iterator[str]:
    """Experiments that ask for more pairs than the user gives."""
    rows = config["pairs"]["rows"]
    for name, settings in config["experiments"].items():
        if rows and settings["pairs"] > len(rows):
            yield (
                f"experiments.{name}.pairs: {settings['pairs']} asked for, but "
                f"pairs.rows has {len(rows)}"
            )


def _classes(data: Mapping[str, Any]) -> Iterator[str]:
    for source, key in (("npz", "file"), ("folder", "shape")):
        if data["source"] == source and key not in data:
            yield f"data.{key}: must be given for data.source: {source}"
    if data.get("shape", [1])[0] not in CHANNELS:
        yield f"data.shape: {data['shape']} has {data['shape'][0]} channels; 1 or 3 are to be had"
    if data["source"] == "torchvision":
        for c in data["classes"]:
            if c > 9:
                yield f"data.classes: there is no class {c}; {data['dataset']} has 0 to 9"
    if data["source"] == "embedded":
        for c in data["classes"]:
            if c not in EMBEDDED_CLASSES:
                yield (
                    f"data.classes: class {c} is not embedded (0, 1 and 2 are); "
                    "use data.source: torchvision"
                )


def _own(vaes: Mapping[str, Any], seeds: int) -> Iterator[str]:
    """Weights belong to models of the user's own, and are not trained."""
    for name, entry in vaes.items():
        own = entry if isinstance(entry, Mapping) else {}
        if "weights" in own and "model" not in own:
            yield f"vaes.{name}.weights: of which model? vaes.{name}.model must be given, too"
        if seeds > 1 and "{seed}" not in own.get("weights", "{seed}"):
            yield (
                f"vaes.{name}.weights: {own['weights']} has no {{seed}}: all of the {seeds} "
                "models would be the same; give each a file, or set training.seeds to 1"
            )
        if "weights" in own and "training" in own:
            yield f"vaes.{name}.training: given weights are not trained; remove one of the two"


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


def _segments(settings: Mapping[str, Any], families: Mapping[str, Any]) -> Iterator[str]:
    """The experiment that varies them needs as many as its family, too."""
    family, fewest = families.get(settings["curve"], {}), min(settings["segments"])
    for key in ("pieces", "degree"):
        if family.get(key, 0) > fewest:
            yield (
                f"experiments.segments.segments: {fewest} are fewer than the {family[key]} of "
                f"curves.families.{settings['curve']}.{key}"
            )


def _experiment(key: str, settings: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[str]:
    vaes, seeds = decoder_counts(config), config["training"]["seeds"]
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
    types = [v for v in _listed(settings.get("vae", settings.get("vaes", vaes))) if v in vaes]
    named_starts = (_started(settings, form) for form in ("start", "starts", "cold"))
    if config["model"]["latent_dim"] != 2 and "graph" in chain(*named_starts):
        yield (
            f"{key}: the start 'graph' is for two dimensions, but model.latent_dim is "
            f"{config['model']['latent_dim']}; use auto or landmarks"
        )
    if key == "experiments.variation" and types:  # to which fewer than all are further ones
        types = [max(types, key=vaes.get)]
    for vae in types:
        for asked in _listed(settings.get("decoders", ())):
            if asked > vaes[vae]:
                yield f"{key}.decoders: {asked} asked for, but vaes.{vae} has {vaes[vae]}"
        if settings.get("orders", 1) > vaes[vae]:
            asked = f"{settings['orders']} asked for, but vaes.{vae} has {vaes[vae]}"
            yield f"{key}.orders: {asked} decoders, each of which comes first in one"
    yield from _density(key, settings)


def _density(key: str, settings: Mapping[str, Any]) -> Iterator[str]:
    """The density metric has neither a grid nor decoders."""
    if "density" in _listed(settings.get("metrics", settings.get("metric", ()))):
        if settings.get("start") in ("graph", "landmarks"):
            yield (
                f"{key}.start: {settings['start']!r} is for Fisher-Rao metrics; use line or random"
            )
        if "decoders" in settings:
            yield f"{key}.decoders: the density metric knows no decoders; remove it"


def _started(settings: Mapping[str, Any], form: str) -> list[str]:
    """The starts that a key names."""
    value = settings.get(form, [])
    return list(value.values()) if isinstance(value, Mapping) else list(_listed(value))


CURVE_FORMS = ("curve", "curves", "cold")


def _listed(value: Any) -> Iterable:
    return [value] if isinstance(value, int | str) else value
