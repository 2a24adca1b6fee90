"""docs/configuration.md has every key of the configuration, as its schema describes it."""

from __future__ import annotations

import copy
import inspect
import re

import keys
import pytest
import yaml
from latentgeo.likelihoods import poisson
from latentgeo.solvers.adam import Adam
from latentgeo.solvers.lbfgs import LBFGS
from latentgeo.solvers.newton import Newton
from latentgeo.study.configuration import check, merge
from project import PROJECT

SCHEMA = PROJECT / "workflow/schemas/config.schema.yaml"
DEFAULT = yaml.safe_load((PROJECT / "config.yaml").read_text(encoding="utf-8"))
REFERENCE = keys.Reference.of("config")
ROWS = {row.key.strip("`"): row for row in REFERENCE.rows()}


def named(part, path=()):
    """Every key of a part of the schema, with what it is, however deep and in whatever case."""
    for name, each in part.get("properties", {}).items():
        if isinstance(each, dict) and "not" not in each:
            yield ".".join((*path, name)), each
            yield from named(resolved(each), (*path, name))
    if isinstance(part.get("additionalProperties"), dict):
        yield from named(resolved(part["additionalProperties"]), (*path, keys.NAME))
    for each in (*part.get("allOf", ()), *(part[key] for key in ("then",) if key in part)):
        yield from named(resolved(each), path)


def resolved(part):
    if "$ref" not in part:
        return part
    own = {key: value for key, value in part.items() if key != "$ref"}
    return {**resolved(REFERENCE.schema["$defs"][part["$ref"].rpartition("/")[2]]), **own}


NAMED = dict(named(REFERENCE.schema))


def settings(config, path=()):
    """Keys with their values, the user's own names as `<name>`."""
    for key, value in config.items():
        own = path in ((), ("curves",), ("training",)) or path[-1] not in ("families", "solvers")
        name = key if own and path[-1:] not in (("vaes",), ("cold",)) else keys.NAME
        yield ".".join((*path, name)), value
        if isinstance(value, dict):
            yield from settings(value, (*path, name))


@pytest.mark.parametrize("key", NAMED)
def test_every_key_is_described(key):
    assert resolved(NAMED[key]).get("description"), f"{key} needs a description in the schema"


def test_every_key_is_in_the_reference():
    titles = [part["title"] for part in REFERENCE.schema["$defs"].values() if "title" in part]
    assert {"likelihood", "start", "metrics"} == set(titles)
    below = re.compile(r"(model|vaes\.<name>)\.likelihood\.")
    wanted = {below.sub("likelihood.", key) for key in NAMED if "." in key or key == "seed"}
    maps = {key for key in wanted if re.fullmatch(r"experiments\.\w+", key)}
    assert len(maps) == 6 and wanted - maps - set(ROWS) == set()


def test_every_default_is_in_the_reference():
    found = dict(settings(DEFAULT))
    assert "solvers.<name>.tolerance" in found and "curves.families.<name>.degree" in found
    for key, value in found.items():
        if keys.NAME not in key and not isinstance(value, dict):
            assert ROWS[key].default.split("; null")[0] == keys._code(value), key


def test_other_defaults_are_those_of_the_code():
    rows = {key.removeprefix("solvers.<name>."): row.default for key, row in ROWS.items()}
    newton = {name: f.default for name, f in Newton.__dataclass_fields__.items()}
    for key in ("tolerance", "max_steps", "escapes"):
        assert rows[key] == keys._code(newton[key])
    assert Adam.tolerance == LBFGS.tolerance == Newton.tolerance
    levels = inspect.signature(poisson.make).parameters["levels"].default
    assert ROWS["likelihood.levels"].default == f"`{levels}`"


EXAMPLES = [
    {key: example}
    for key, part in REFERENCE.schema["properties"].items()
    for example in part.get("examples", ())
]
EXAMPLES += [
    {"model": {"likelihood": example}}
    for example in REFERENCE.schema["$defs"]["likelihood"]["examples"]
]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_every_example_is_right(example):
    config = copy.deepcopy(DEFAULT)
    merge(config, example)
    if rows := example.get("pairs", {}).get("rows"):
        for experiment in config["experiments"].values():
            experiment["pairs"] = len(rows)
    check(config, SCHEMA)


def test_a_changed_schema_changes_the_reference():
    schema = copy.deepcopy(REFERENCE.schema)
    schema["properties"]["grid"]["properties"]["nodes"]["maximum"] = 501
    schema["properties"]["new"] = {
        "description": "A new section.",
        "properties": {"key": {"type": "boolean", "default": True, "description": "A new key."}},
    }
    text = keys.Reference(schema, DEFAULT).text()
    assert "from 8 to 501" in text
    assert "## `new`\n\nA new section." in text
    assert "| `new.key` | `true` or `false` | `true` | A new key. |" in text
