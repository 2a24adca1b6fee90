"""A configuration is right, or the error names the key, the value and what would be right."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml
from latentgeo.configuration import check, check_pairs
from latentgeo.errors import StudyError

PROJECT = Path(__file__).parents[2]
SCHEMA = PROJECT / "workflow/schemas/config.schema.yaml"
DEFAULT = yaml.safe_load((PROJECT / "config.yaml").read_text())


def with_key(path: str, value) -> dict:
    """The default configuration with one key set."""
    config = copy.deepcopy(DEFAULT)
    *parents, last = path.split(".")
    inner = config
    for key in parents:
        inner = inner.setdefault(key, {})
    inner[last] = value
    return config


def problem(config: dict) -> str:
    with pytest.raises(StudyError) as error:
        check(config, SCHEMA)
    return str(error.value)


def test_the_default_configuration_is_right_and_complete():
    filled = copy.deepcopy(DEFAULT)
    check(filled, SCHEMA)
    assert filled == DEFAULT, "a default of the schema differs from config.yaml, or is not in it"


def test_every_key_of_the_default_configuration_has_a_comment():
    """The line above a key, or above the block of lines it stands in, is a comment."""
    lines = (PROJECT / "config.yaml").read_text().splitlines()
    blocks = "\n".join(lines).split("\n\n")
    assert all("#" in block for block in blocks if not block.lstrip().startswith("model:\n"))


def test_defaults_are_filled_in():
    config = copy.deepcopy(DEFAULT)
    for key in ("grid", "density", "model", "seed"):
        del config[key]
    del config["training"]["held_out"], config["pairs"]["per_job"], config["data"]["root"]
    check(config, SCHEMA)
    assert config == DEFAULT


def test_null_takes_an_entry_out():
    config = with_key("vaes.single", None)
    check(config, SCHEMA)
    assert config["vaes"] == {"ensemble": 10}


@pytest.mark.parametrize(
    "path, value, message",
    [
        ("trainig", {}, "unknown key 'trainig'; known here are"),
        ("training.epoch", 3, "training: unknown key 'epoch'"),
        ("data.classes", [0, "one", 2], "data.classes.1: 'one' is not a whole number"),
        ("data.classes", [0, 7], "class 7 is not embedded"),
        ("training.seeds", 0, "training.seeds: 0 must be at least 1"),
        ("experiments.proximity.decoders", 11, "11 asked for, but vaes.ensemble has 10"),
        ("curves.families.polynomial.degree", 1, "degree: 1 must be at least 2"),
        ("density.bandwidth", -0.1, "density.bandwidth: -0.1 must be 'scott' or a number"),
        ("training.learning_rate", "1e-3", "YAML reads it as a string; write 0.001"),
        ("training", [1, 2], "training: [1, 2] is not a map"),
        ("vaes", {}, "vaes: must have at least 1 entry"),
        ("vaes.two words", 2, "'two words' must be letters, digits and hyphens"),
        ("experiments.starts.solvers", ["newtn"], "'newtn' is no solver; there are newton, adam"),
        ("experiments.starts.cold", {"spline": "line"}, "'spline' is no curve family"),
        ("experiments.geodesics.seed", 5, "5 is not trained; training.seeds is 5"),
        ("experiments.proximity.vae", "triple", "'triple' is no VAE type; there are single"),
        ("curves.segments", 8, "16 pieces need at least as many curves.segments, which is 8"),
        ("solvers.newton.lr", 0.1, "solvers.newton: unknown key 'lr'"),
        ("curves.families.polynomial.pieces", 4, "pieces: 4 has no meaning here; remove it"),
    ],
)
def test_an_error_names_key_value_and_cure(path, value, message):
    assert message in problem(with_key(path, value))


def test_all_errors_are_told_at_once():
    config = with_key("training.seeds", 0)
    config["curves"]["segments"] = -1
    assert len(problem(config).splitlines()) == 2


def test_more_pairs_than_images_allow():
    with pytest.raises(StudyError, match=r"experiments\.geodesics\.pairs: 50 asked for, but 10 "):
        check_pairs(DEFAULT, 10)


def leaves(config, path=()):
    for key, value in config.items():
        yield (*path, key), value
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))


BROKEN = [
    pytest.param(".".join(path), wrong, id=f"{'.'.join(path)}={wrong!r}")
    for path, value in leaves(DEFAULT)
    for wrong in (
        [[], "text", -1]
        if isinstance(value, dict)
        else [{}, "nonsense value", -1]
        if isinstance(value, list)
        else [[], {}, -1, float("inf"), float("nan")]
        if isinstance(value, int | float)
        else [[], {}, -1]
    )
    if not (path == ("density", "bandwidth") and wrong == "scott") and path != ("data", "root")
]


def test_there_are_enough_broken_configurations():
    assert len(BROKEN) > 150


@pytest.mark.parametrize("path, wrong", BROKEN)
def test_a_wrong_value_anywhere_is_an_error_that_names_the_key(path, wrong):
    text = problem(with_key(path, wrong))
    assert path in text or path.rpartition(".")[0] in text


@pytest.mark.parametrize("path", [".".join(path) for path, _ in leaves(DEFAULT)])
def test_an_unknown_key_anywhere_is_an_error(path):
    parent, _, name = path.rpartition(".")
    wrong = f"{parent}.{name}x" if parent else f"{name}x"
    free = ("vaes", "solvers", "curves.families", "experiments.starts.cold")
    if parent not in free:
        assert f"unknown key '{name}x'" in problem(with_key(wrong, 1))
