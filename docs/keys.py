"""The keys of a configuration, made of its schema; `prose.py` puts them into a document.

Descriptions, ranges and examples of the schema become a section for every key at the top, with a
table of the keys below it, and one for every definition that has a title. Defaults are those of the
file of default settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import yaml

HOME = Path(__file__).resolve().parents[1]
HEAD = ("key", "values", "default", "")
KINDS = {
    "object": "a map",
    "string": "text",
    "boolean": "`true` or `false`",
    "integer": "a whole number",
    "number": "a number",
}
BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
OTHERS = "additionalProperties"
NAME = "<name>"
"""Stands for names of the user's own."""

Part = Mapping[str, Any]
"""A part of a schema."""


class Row(NamedTuple):
    """A key, what it may be, what it is by default, and what it means."""

    key: str
    values: str
    default: str
    meaning: str


def keys(name: str) -> str:
    """All keys of a configuration, by name: config.yaml and its schema are `config`."""
    return re.sub(r"\bdocs/([\w-]+\.md)", r"[\1](\1)", Reference.of(name).text())


@dataclass(frozen=True)
class Reference:
    """A schema and the default settings of its configuration."""

    schema: Part
    defaults: Part

    @classmethod
    def of(cls, name: str) -> Reference:
        files = f"workflow/schemas/{name}.schema.yaml", f"{name}.yaml"
        return cls(*(yaml.safe_load((HOME / file).read_text(encoding="utf-8")) for file in files))

    def text(self) -> str:
        """A section for every key at the top, and for every definition with a title."""
        parts = [self._section("##", key, part) for key, part in self.schema["properties"].items()]
        return "\n\n".join(parts + [self._titled(part) for part in self._with_title()])

    def rows(self) -> Iterator[Row]:
        """Every key, at any depth."""
        for key, part in self.schema["properties"].items():
            yield from self._rows(key, part, self.defaults.get(key))
        for part in self._with_title():
            yield from self._below(part["title"], part)

    def _with_title(self) -> list[Part]:
        return [part for part in self.schema["$defs"].values() if "title" in part]

    # ── sections ────────────────────────────────────────────────────────────────────────────────

    def _section(self, level: str, key: str, part: Part) -> str:
        """A heading, what the key is, and a table of the keys below it, or a section of each."""
        part, given = self._resolved(part), _at(self.defaults, key)
        rows, below = [*self._below(key, part, given)], {}
        if not rows:  # it is one value
            return f"{level} `{key}`\n\n{_table(self._rows(key, part, given))}"
        head = [f"{level} `{key}`", part["description"]]
        if part.get(OTHERS) and "properties" not in part:
            head.append(f"By default:\n\n{_block({key: given})}")
        if inner := part.get("properties"):
            below = {f"{key}.{name}": self._resolved(each) for name, each in inner.items()}
            below |= {f"{key}.{NAME}": part[OTHERS]} if part.get(OTHERS) else {}
        if below and all("properties" in self._resolved(each) for each in below.values()):
            tables = [self._section(f"{level}#", *one) for one in below.items()]
        else:
            tables = [_table(rows)]
        return "\n\n".join([*head, *_examples(part, key), *tables])

    def _titled(self, part: Part) -> str:
        """The same of a definition."""
        title = part["title"]
        rows = [*self._below(title, part)]
        head = [f"## `{title}`", part["description"].strip(), *_examples(part, title)]
        return "\n\n".join(head + ([_table(rows)] if rows else []))

    # ── rows ────────────────────────────────────────────────────────────────────────────────────

    def _rows(self, key: str, part: Part, given: Any = None, needed: bool = False) -> Iterator[Row]:
        """A key and those below it, but for what has a section of its own."""
        own = self._resolved(part)
        if "description" in own:
            default = _default(own, given, needed)
            meaning = " ".join(own["description"].split())
            yield Row(f"`{key}`", self._values(part), default, meaning)
        if "title" not in own:
            yield from self._below(key, own, given)

    def _below(self, key: str, part: Part, given: Any = None) -> Iterator[Row]:
        part = self._resolved(_map(part))
        given = given if isinstance(given, Mapping) else {}
        for name, each in part.get("properties", {}).items():
            needed = name in part.get("required", ())
            yield from self._rows(f"{key}.{name}", each, given.get(name), needed)
        for name, (each, needed, cases) in _in_some_cases(part).items():
            for row in self._rows(f"{key}.{name}", each, None, needed):
                yield row._replace(meaning=f"With {_listed(cases)}: {row.meaning}")
        if part.get(OTHERS):
            yield from self._rows(f"{key}.{NAME}", part[OTHERS])

    def _values(self, part: Part) -> str:
        """What a key may be, in words."""
        part = self._resolved(part)
        if title := part.get("title"):
            return f"[{title}](#{title})"
        if "enum" in part:
            return _listed(part["enum"])
        if "const" in part:
            return _code(part["const"])
        if "anyOf" in part:
            return " or ".join(self._values(each) for each in part["anyOf"])
        if "else" in part and "type" not in part:
            return f"{self._values(part['else'])}, or a map"
        if part["type"] == "array":
            count = part.get("minItems")
            several = f"{count}" if count == part.get("maxItems", 0) else "a list"
            return f"{several} of: {self._values(part['items'])}"
        if part.get(OTHERS):
            return "a map of names"
        return f"{KINDS[part['type']]} {_range(part)}".strip()

    def _resolved(self, part: Part) -> Part:
        """With what it refers to; its own words come first."""
        if "$ref" not in part:
            return part
        own = {key: value for key, value in part.items() if key != "$ref"}
        return {**self._resolved(self.schema["$defs"][_target(part)]), **own}


def _target(part: Part) -> str:
    return part.get("$ref", "").rpartition("/")[2]


def _map(part: Part) -> Part:
    """A part; of what may be a map or something else, that of the map."""
    return part["then"] if "then" in part and "type" not in part else part


def _in_some_cases(part: Part) -> dict[str, tuple[Part, bool, list[str]]]:
    """The keys that a map may have in some cases: what they are, whether they must be given, when.

    A case is a value of another key.
    """
    found: dict[str, tuple[Part, bool, list[str]]] = {}
    for each in part.get("allOf", ()):
        [case], then = each["if"]["properties"].values(), each["then"]
        for name, inner in then.get("properties", {}).items():
            if isinstance(inner, Mapping) and "not" not in inner:
                needed = name in then.get("required", ())
                cases = found.setdefault(name, (inner, needed, []))[2]
                cases += case.get("enum") or [case["const"]]
    return found


def _at(settings: Any, key: str) -> Any:
    """What settings have at a dotted key; None where they have nothing."""
    for name in key.split("."):
        settings = settings.get(name) if isinstance(settings, Mapping) else None
    return settings


def _range(part: Part) -> str:
    """What a number may be, in words."""
    if "minimum" in part and "maximum" in part:
        return f"from {_plain(part['minimum'])} to {_plain(part['maximum'])}"
    return ", ".join(
        f"{sign} {_plain(part[name])}" for name, sign in BOUNDS.items() if name in part
    )


# ── markdown ────────────────────────────────────────────────────────────────────────────────────


def _default(part: Part, given: Any, needed: bool) -> str:
    """What is in the default settings, and what stands there for null where that is another."""
    own = part.get("default")
    if given is None:
        return _code(own) if own is not None else "must be given" if needed else "–"
    return _code(given) + (f"; null: {_code(own)}" if own not in (None, {}, given) else "")


def _plain(number: float) -> str:
    """A number without an exponent."""
    return f"{Decimal(repr(number)):f}"


def _code(value: Any) -> str:
    """A value as YAML on one line."""
    if isinstance(value, float):
        return f"`{_plain(value)}`"
    text = yaml.safe_dump(value, default_flow_style=True, width=10**6, sort_keys=False)
    return f"`{text.splitlines()[0]}`"


def _listed(values: Any) -> str:
    return ", ".join(map(_code, values))


def _table(rows: Iterator[Row] | list[Row]) -> str:
    lines = HEAD, ["---"] * len(HEAD), *rows
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _block(settings: Part) -> str:
    text = yaml.safe_dump(settings, sort_keys=False, default_flow_style=None, width=100)
    return f"```yaml\n{text}```"


def _examples(part: Part, key: str) -> list[str]:
    blocks = [_block({key: each}) for each in part.get("examples", ())]
    return ["For example:", *blocks] if blocks else []
