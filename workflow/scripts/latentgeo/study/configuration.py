"""The configuration of a study, checked before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.validators import extend

from ..errors import StudyError
from .contradictions import contradictions, too_many_pairs
from .explanations import explain, not_finite, not_text


def is_whole_number(checker: Any, value: Any) -> bool:
    """12.0 is none: as a number of things it would fail, or draw other numbers, further on."""
    return isinstance(value, int) and not isinstance(value, bool)


Validator = extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", is_whole_number),
)


def complete(config: dict[str, Any], defaults: Path, given: Mapping[str, Any]) -> None:
    """Put defaults from a file under a configuration, in place.

    `given` are settings of the command line, in which Snakemake leaves the values inside of
    `--config key={...}` strings.
    """
    merged = yaml.safe_load(defaults.read_text(encoding="utf-8"))
    for settings in (config, retyped(given)):
        merge(merged, settings)
    config.clear()
    config.update(merged)


def merge(into: dict[str, Any], settings: Mapping[str, Any]) -> None:
    """Put settings on top of others, in place, key by key at every depth."""
    for key, value in settings.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def check(config: dict[str, Any], schema_path: Path) -> None:
    """Fill in defaults and take out null entries, in place; raise StudyError for what is wrong.

    The error names every key that is wrong, its value, and what would be right.
    """
    schema = yaml.safe_load(schema_path.read_text(encoding="utf-8"))
    _refuse(not_text(config))
    _take_out_nulls(config)
    errors = sorted(Validator(schema).iter_errors(config), key=lambda e: e.json_path)
    _refuse([*not_finite(config), *(line for error in errors for line in explain(error))])
    _fill(config, schema)
    _choose_starts(config)
    _refuse(contradictions(config))


def check_pairs(config: Mapping[str, Any], images: int) -> None:
    """Raise StudyError when an experiment asks for more pairs than so many images have."""
    _refuse(too_many_pairs(config, images))


def retyped(value: Any) -> Any:
    """Strings inside of maps and lists, as YAML would read them."""
    if isinstance(value, Mapping):
        return {key: retyped(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [retyped(inner) for inner in value]
    if not isinstance(value, str):
        return value
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError:
        return value


def _choose_starts(config: dict[str, Any]) -> None:
    """Put in place of the start `auto` the one for the latent space's dimension."""
    best = "graph" if config["model"]["latent_dim"] == 2 else "landmarks"

    def chosen(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: chosen(start) for name, start in value.items()}
        if isinstance(value, list):
            return list(dict.fromkeys(map(chosen, value)))
        return best if value == "auto" else value

    for settings in config["experiments"].values():
        for key in ("start", "starts", "cold"):
            if key in settings:
                settings[key] = chosen(settings[key])


def _refuse(problems: Iterable[str]) -> None:
    lines = [f"config: {problem}" for problem in dict.fromkeys(problems)]
    if lines:
        raise StudyError("\n".join(lines))


def _take_out_nulls(entries: dict[str, Any]) -> None:
    for name, entry in list(entries.items()):
        if entry is None:
            del entries[name]
        elif isinstance(entry, dict):
            _take_out_nulls(entry)


def _fill(config: dict[str, Any], schema: Mapping[str, Any]) -> None:
    for key, part in schema.get("properties", {}).items():
        if "default" in part:
            default = part["default"]
            config.setdefault(key, dict(default) if isinstance(default, dict) else default)
        if isinstance(config.get(key), dict):
            _fill(config[key], part)
