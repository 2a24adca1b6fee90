"""The configuration of a study, checked before anything runs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError

from .digits import pair_capacity
from .errors import StudyError

OPTIONAL_ENTRIES = (("vaes",), ("curves", "families"), ("solvers",))


def check(config: dict[str, Any], schema_path: Path) -> None:
    """Fill in defaults and take out null entries, in place; raise StudyError for what is wrong.

    The error names every key that is wrong, its value, and what would be right.
    """
    schema = yaml.safe_load(schema_path.read_text())
    for path in OPTIONAL_ENTRIES:
        entries: Any = config
        for key in path:
            entries = entries.get(key) if isinstance(entries, dict) else None
        if isinstance(entries, dict):
            for name in [name for name, entry in entries.items() if entry is None]:
                del entries[name]
    errors = sorted(Draft202012Validator(schema).iter_errors(config), key=lambda e: e.json_path)
    problems = [*_not_finite(config), *(line for error in errors for line in _explain(error))]
    problems = list(dict.fromkeys(problems))
    if not problems:
        _fill(config, schema)
        problems = list(_contradictions(config))
    if problems:
        raise StudyError("\n".join(f"config: {problem}" for problem in problems))


def retyped(value: Any) -> Any:
    """Strings inside of maps and lists, as YAML would read them."""
    if isinstance(value, Mapping):
        return {key: retyped(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [retyped(inner) for inner in value]
    return yaml.safe_load(value) if isinstance(value, str) else value


def _fill(config: dict[str, Any], schema: Mapping[str, Any]) -> None:
    for key, part in schema.get("properties", {}).items():
        if "default" in part:
            default = part["default"]
            config.setdefault(key, dict(default) if isinstance(default, dict) else default)
        if isinstance(config.get(key), dict):
            _fill(config[key], part)


def _explain(error: ValidationError) -> Iterator[str]:
    """What is wrong in the user's words: the key, the value found, what would be right."""
    key = ".".join(str(part) for part in error.absolute_path)
    value = error.instance
    prefix = f"{key}: " if key else ""
    match error.validator:
        case "additionalProperties":
            known = sorted(error.schema.get("properties", {}))
            for unknown in sorted(set(value) - set(known)):
                yield f"{prefix}unknown key {unknown!r}; known here are {', '.join(known)}"
        case "required":
            missing = [name for name in error.validator_value if name not in value]
            yield f"{prefix}{', '.join(missing)} must be given"
        case "type":
            yield f"{prefix}{value!r} is not {_article(error.validator_value)}{_hint(value)}"
        case "enum":
            yield f"{prefix}{value!r} is not one of {', '.join(map(str, error.validator_value))}"
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            bound = {
                "minimum": "at least",
                "maximum": "at most",
                "exclusiveMinimum": "greater than",
                "exclusiveMaximum": "less than",
            }[error.validator]
            yield f"{prefix}{value!r} must be {bound} {error.validator_value}"
        case "minItems" | "minProperties":
            least = error.validator_value
            yield f"{prefix}must have at least {least} {'entry' if least == 1 else 'entries'}"
        case "uniqueItems":
            yield f"{prefix}{value!r} names something twice"
        case "pattern":
            yield f"{prefix}the name {value!r} must be letters, digits and hyphens"
        case "anyOf":
            yield f"{prefix}{value!r} must be 'scott' or a number greater than 0{_hint(value)}"
        case "not":  # the key does not go with its neighbours
            yield f"{prefix}{value!r} has no meaning here; remove it"
        case _:
            yield f"{prefix}{error.message}"


def _not_finite(config: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Numbers that no range excludes: .inf and .nan."""
    entries = config.items() if isinstance(config, dict) else ()
    for key, value in entries:
        if isinstance(value, float) and not math.isfinite(value):
            yield f"{'.'.join((*path, str(key)))}: {value!r} is not a finite number"
        yield from _not_finite(value, (*path, str(key)))


def _article(kind: str) -> str:
    return {
        "object": "a map (key: value)",
        "array": "a list",
        "integer": "a whole number",
        "number": "a number",
        "string": "a string",
    }[kind]


def _hint(value: Any) -> str:
    """YAML reads 1e-3 as a string."""
    if isinstance(value, str):
        try:
            return f" (YAML reads it as a string; write {float(value)!r})"
        except ValueError:
            pass
    return ""


def _contradictions(config: dict[str, Any]) -> Iterator[str]:
    """What a schema cannot see: names that are not defined, numbers that exceed one another."""
    vaes, seeds = config["vaes"], config["training"]["seeds"]
    families, solvers = config["curves"]["families"], config["solvers"]
    data = config["data"]
    if data["source"] == "embedded":
        for c in data["classes"]:
            if c > 2:
                yield (
                    f"data.classes: class {c} is not embedded (0, 1 and 2 are); "
                    "use data.source: torchvision"
                )
    for name, family in families.items():
        pieces, segments = family.get("pieces", 2), config["curves"]["segments"]
        if pieces > segments:
            yield (
                f"curves.families.{name}.pieces: {pieces} pieces need at least as many "
                f"curves.segments, which is {segments}"
            )

    def known(key: str, name: str, names: Mapping, what: str) -> Iterator[str]:
        if name not in names:
            yield f"experiments.{key}: {name!r} is no {what}; there are {', '.join(names)}"

    experiments = config["experiments"]
    for part, settings in experiments.items():
        if settings.get("seed", 0) >= seeds:
            yield (
                f"experiments.{part}.seed: {settings['seed']} is not trained; "
                f"training.seeds is {seeds}, so seeds are 0 to {seeds - 1}"
            )
        if "vae" in settings:
            yield from known(f"{part}.vae", settings["vae"], vaes, "VAE type")
            has = vaes.get(settings["vae"], settings["decoders"])
            if settings["decoders"] > has:
                yield (
                    f"experiments.{part}.decoders: {settings['decoders']} asked for, but "
                    f"vaes.{settings['vae']} has {has}"
                )
        curves = settings.get("curves") or settings.get("cold") or [settings.get("curve")]
        for curve in curves:
            yield from known(part, curve, families, "curve family")
        for solver in settings.get("solvers") or [settings.get("solver")]:
            yield from known(part, solver, solvers, "solver")


def check_pairs(config: dict[str, Any], images: int) -> None:
    """Raise StudyError when an experiment asks for more pairs than so many images have."""
    for part, settings in config["experiments"].items():
        if settings["pairs"] > pair_capacity(images):
            raise StudyError(
                f"config: experiments.{part}.pairs: {settings['pairs']} asked for, but "
                f"{images} training images have only {pair_capacity(images)} pairs"
            )
