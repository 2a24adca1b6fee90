"""Settings of a file and of the command line come on top of the defaults, at every depth."""

from __future__ import annotations

import copy
from collections import OrderedDict, UserDict

import pytest
import yaml
from latentgeo.errors import StudyError
from latentgeo.study.configuration import check, complete, merge
from project import CHOSEN, PROJECT

DEFAULTS = """
# a comment
seed: 0
data: {source: embedded, root: data, classes: [0, 1, 2]}
solvers:
  newton: {method: newton, tolerance: 0.000001, max_steps: 100}
  adam: {method: adam, steps: 150}
"""
DEFAULT = yaml.safe_load(DEFAULTS)


@pytest.fixture
def defaults(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(DEFAULTS)
    return path


def completed(defaults, config, given=None):
    """The configuration of a file's and the command line's settings, which stay as they are."""
    config, given = copy.deepcopy(config), given or {}
    before = copy.deepcopy(given)
    assert complete(config, defaults, given) is None
    assert given == before
    return config


def with_key(path, value):
    config = copy.deepcopy(DEFAULT)
    *parents, last = path.split(".")
    inner = config
    for key in parents:
        inner = inner[key]
    inner[last] = value
    return config


def only(path, value):
    """Settings of one key."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


def test_without_settings_the_defaults_are_left(defaults):
    assert completed(defaults, {}) == DEFAULT
    assert completed(defaults, DEFAULT) == DEFAULT


def test_the_configuration_itself_is_completed_in_its_order(defaults):
    config = {"solvers": {"adam": {"steps": 3}}, "seed": 5}
    given = config
    complete(config, defaults, {})
    assert given is config
    assert config == with_key("solvers.adam.steps", 3) | {"seed": 5}
    assert list(config) == ["seed", "data", "solvers"]


def test_settings_of_one_study_are_not_those_of_the_next(defaults):
    first = completed(defaults, {"solvers": {"adam": {"steps": 3}}})
    first["solvers"]["newton"]["max_steps"] = 1
    assert completed(defaults, {}) == DEFAULT
    assert defaults.read_text() == DEFAULTS


CHANGES = [
    ("seed", 7),
    ("seed", "text"),
    ("data.root", "elsewhere"),
    ("data.classes", [2, 0]),  # replaced whole: neither [2, 0, 2] nor [0, 1, 2, 2, 0]
    ("data.classes", []),
    ("data.more", {"deep": {"deeper": 1}}),
    ("solvers.newton.tolerance", 0.1),
    ("solvers.lbfgs", {"method": "lbfgs"}),
    ("solvers.adam", 3),  # a map becomes something else, which the schema refuses
    ("solvers.adam", [1]),
    ("seed", {"of": "a map"}),
    ("solvers.adam.steps", {"a": 1}),
    ("data", None),
    ("solvers.adam", None),
    ("solvers.adam.steps", None),
]


@pytest.mark.parametrize("path, value", CHANGES, ids=str)
@pytest.mark.parametrize("where", ["file", "command line", "both"])
def test_a_setting_comes_on_top_of_its_default_and_of_nothing_else(path, value, where, defaults):
    settings = only(path, value)
    if where == "file":
        found = completed(defaults, settings)
    elif where == "command line":
        found = completed(defaults, {}, settings)
    else:  # Snakemake gives settings of the command line twice
        found = completed(defaults, settings, settings)
    assert found == with_key(path, value)


def test_settings_of_several_depths_at_once(defaults):
    settings = {"seed": 3, "solvers": {"adam": {"steps": 1}, "newton": {"escapes": 2}}}
    expected = with_key("solvers.adam.steps", 1)
    expected["solvers"]["newton"]["escapes"] = 2
    assert completed(defaults, settings) == expected | {"seed": 3}
    assert completed(defaults, OrderedDict(settings)) == expected | {"seed": 3}


@pytest.mark.parametrize(
    "text, value",
    [
        *(("7", 7), ("0.5", 0.5), ("true", True), ("null", None), ("~", None), ("", None)),
        *(("text", "text"), ("1e-3", "1e-3"), ("'12'", "12"), ("~/x", "~/x"), ("[1, a]", [1, "a"])),
        *(("{a: 1}", {"a": 1}), (["0", "x"], [0, "x"]), ([["1"]], [[1]]), (3, 3), (None, None)),
    ],
    ids=repr,
)
@pytest.mark.parametrize("path", ["data.root", "solvers.adam.steps", "solvers.newton.more"])
def test_strings_inside_of_maps_of_the_command_line_are_read_as_yaml(text, value, path, defaults):
    given = only(path, text)
    expected = with_key(path, value)
    assert completed(defaults, {}, given) == expected
    assert completed(defaults, given, given) == expected  # as Snakemake has it
    assert completed(defaults, given) == with_key(path, text)  # a file is YAML already


def test_the_command_line_comes_on_top_of_a_file(defaults):
    config = {"seed": 1, "data": {"root": "of the file"}, "solvers": {"adam": {"steps": 1}}}
    given = {"seed": 2, "solvers": {"adam": {"steps": "2"}}}
    expected = with_key("solvers.adam.steps", 2) | {"seed": 2}
    expected["data"]["root"] = "of the file"
    assert completed(defaults, config, given) == expected


def test_what_a_file_takes_out_the_command_line_can_bring_back(defaults):
    config = {"solvers": {"adam": None}}
    expected = with_key("solvers.adam", {"method": "adam"})
    assert completed(defaults, config, {"solvers": {"adam": {"method": "adam"}}}) == expected


@pytest.mark.parametrize("text", ["@x", "a: b: c", "[1", "%a", "`a`", "{", "a\tb: - c", "'a"])
def test_a_string_of_the_command_line_that_is_no_yaml_is_no_traceback(text, defaults):
    """It stays as it is, or the error is a clear one."""
    try:
        found = completed(defaults, {}, {"data": {"root": text}})
    except StudyError as error:
        assert text in str(error)
    else:
        assert found == with_key("data.root", text)


# ── merge ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "into, settings, expected",
    [
        ({}, {}, {}),
        ({"a": 1}, {}, {"a": 1}),
        ({}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": {"b": {"c": 1, "d": 2}}}, {"a": {"b": {"c": 3}}}, {"a": {"b": {"c": 3, "d": 2}}}),
        ({"a": {"b": 1}}, {"a": {}}, {"a": {"b": 1}}),
        ({"a": {"b": 1}}, {"a": None}, {"a": None}),
        ({"a": None}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": [1, 2, 3]}, {"a": [4]}, {"a": [4]}),
        ({"a": [{"b": 1}]}, {"a": [{"c": 1}]}, {"a": [{"c": 1}]}),
        ({"a": {"0": 1}}, {"a": {0: 2}}, {"a": {"0": 1, 0: 2}}),
        ({"a": {"b": 1}}, {"a": UserDict(c=2)}, {"a": {"b": 1, "c": 2}}),
    ],
    ids=str,
)
def test_maps_are_merged_and_everything_else_is_replaced(into, settings, expected):
    inner, before = into.get("a"), copy.deepcopy(settings)
    merge(into, settings)
    assert into == expected
    assert settings == before
    if isinstance(inner, dict) and isinstance(settings.get("a"), dict):
        assert into["a"] is inner, "in place"


# ── with the project's own defaults ─────────────────────────────────────────────────────────────


def checked(config, given=None):
    complete(config, PROJECT / "config.yaml", given or {})
    check(config, PROJECT / "workflow/schemas/config.schema.yaml")
    return config


def test_a_study_of_some_settings_is_the_default_one_but_for_them():
    default = checked({})
    assert default == yaml.safe_load(CHOSEN)
    given = {"training": {"seeds": "2"}, "experiments": {"geodesics": {"pairs": "6"}}}
    found = checked({"curves": {"segments": 16}}, given)
    assert found["training"]["seeds"] == 2
    assert found["experiments"]["geodesics"]["pairs"] == 6
    assert found["curves"]["segments"] == 16
    found["training"]["seeds"] = default["training"]["seeds"]
    found["experiments"]["geodesics"]["pairs"] = default["experiments"]["geodesics"]["pairs"]
    found["curves"]["segments"] = default["curves"]["segments"]
    assert found == default


@pytest.mark.parametrize("null", [None, "null"])
def test_null_takes_an_entry_out(null):
    given = {"vaes": {"single": null}}
    config = {} if null == "null" else given
    assert checked(config, given)["vaes"] == {"ensemble": 10}


def test_null_of_a_setting_brings_the_schemas_default():
    found = checked({"model": {"hidden": None, "channels": 8}, "pairs": {"per_job": None}})
    assert found["model"] == {
        "latent_dim": 2,
        "likelihood": "continuous-bernoulli",
        "hidden": 128,
        "channels": 8,
    }
    assert found["pairs"] == {"per_job": 50, "split": "train", "rows": []}
