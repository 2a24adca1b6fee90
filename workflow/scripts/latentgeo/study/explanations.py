"""What is wrong with a configuration, in the user's words: key, value, what would be right."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from jsonschema import ValidationError

BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "greater than",
    "exclusiveMaximum": "less than",
}
KINDS = {
    "object": "a map (key: value)",
    "array": "a list",
    "integer": "a whole number",
    "number": "a number",
    "string": "a string",
}


def explain(error: ValidationError) -> Iterator[str]:
    """The problems that an error of the schema's stands for."""
    key = ".".join(str(part) for part in error.absolute_path)
    for problem in _problems(error):
        yield f"{key}: {problem}" if key else problem


def _problems(error: ValidationError) -> Iterator[str]:
    value, wanted = error.instance, error.validator_value
    match error.validator:
        case "additionalProperties":
            known = sorted(error.schema.get("properties", {}))
            for unknown in sorted(set(value) - set(known)):
                yield f"unknown key {unknown!r}; known here are {', '.join(known)}"
        case "required":
            yield f"{', '.join(name for name in wanted if name not in value)} must be given"
        case "type":
            yield f"{value!r} is not {KINDS[wanted]}{_hint(value, wanted)}"
        case "enum":
            yield f"{value!r} is not one of {', '.join(map(str, wanted))}"
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            yield f"{value!r} must be {BOUNDS[error.validator]} {wanted}"
        case "minItems" | "minProperties":
            yield f"must have at least {wanted} {'entry' if wanted == 1 else 'entries'}"
        case "uniqueItems":
            yield f"{value!r} names something twice"
        case "pattern" if error.absolute_path and error.absolute_path[-1] == "model":
            yield f"{value!r} must be a file and a function of it, as my_vae.py:build"
        case "pattern":
            yield (
                f"the name {value!r} must be letters, digits and hyphens, begin with a letter "
                "and have at most 60 of them"
            )
        case "anyOf":
            [name] = [choice["const"] for choice in wanted if "const" in choice]
            yield f"{value!r} must be {name!r} or a number greater than 0{_hint(value, 'number')}"
        case "not":  # the key does not go with its neighbours
            yield f"{value!r} has no meaning here; remove it"
        case _:
            yield error.message


def not_text(config: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Keys that YAML did not read as text."""
    for key, value in config.items() if isinstance(config, dict) else ():
        if not isinstance(key, str):
            place = f"{'.'.join(path)}: " if path else ""
            yield (
                f"{place}YAML reads the name before {value!r} as {key!r}, which is not text; "
                "put it in quotes"
            )
        yield from not_text(value, (*path, str(key)))


def not_finite(config: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Numbers that no range excludes: .inf and .nan."""
    entries = config.items() if isinstance(config, dict) else ()
    for key, value in entries:
        if isinstance(value, float) and not math.isfinite(value):
            yield f"{'.'.join((*path, str(key)))}: {value!r} is not a finite number"
        yield from not_finite(value, (*path, str(key)))


def _hint(value: Any, wanted: str) -> str:
    """YAML reads 1e-3 as a string, and 12.0 not as a whole number."""
    try:
        number = float(value) if isinstance(value, str | float) else math.nan
    except ValueError:
        return ""
    if not math.isfinite(number):
        return ""
    if wanted == "integer" and number.is_integer():
        number = int(number)
    elif not isinstance(value, str) or wanted not in ("integer", "number"):
        return ""
    what = "a string" if isinstance(value, str) else "a fraction"
    return f" (YAML reads it as {what}; write {number!r})"
