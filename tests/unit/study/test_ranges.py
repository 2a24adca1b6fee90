"""Every number of the configuration is right to the ends of its range, and wrong beyond them."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator

import pytest
import yaml
from latentgeo.errors import StudyError
from latentgeo.study.configuration import check
from project import PROJECT

SCHEMA = PROJECT / "workflow/schemas/config.schema.yaml"
DEFAULT = yaml.safe_load((PROJECT / "config.yaml").read_text())
ABOVE_0 = math.nextafter(0, 1)
"""The smallest number that is greater than 0, which is no end of a range itself."""

OTHER = {"decoders": 3, "training": {"epochs": 2, "batch_size": 50, "learning_rate": 0.1}}
LIKELIHOODS = {
    family: {"decoders": 1, "likelihood": {"family": family, **settings}}
    for family, settings in {
        "poisson": {"levels": 255},
        "categorical": {"classes": 8},
        "gaussian": {"deviation": 0.1, "least": 0.1},
    }.items()
}
ROOM = {
    "data": {"source": "npz", "file": "images.npz", "shape": [1, 32, 32]},
    "model": {"likelihood": {"family": "gaussian", "deviation": 0.1, "least": 0.1}},
    "vaes": {"single": 1, "ensemble": 100, "own": 3, "other": OTHER, **LIKELIHOODS},
    "training": {"seeds": 1_000_001},
    "curves": {
        "families": {
            "polynomial": {"family": "polynomial", "degree": 2},
            "piecewise-linear": {"family": "piecewise-linear", "pieces": 2},
            "spline": {"family": "cubic-spline", "pieces": 2},
        },
    },
    "solvers": {"lbfgs": {"method": "lbfgs", "learning_rate": 1.0, "steps": 100}},
    "experiments": {
        "variation": {"decoders": [1]},
        "proximity": {"decoders": 1, "seeds": [0]},
        "segments": {"segments": [32, 64]},
        "starts": {"decoders": 1},
        "mine": {
            "vaes": ["ensemble"],
            "seeds": [0],
            "decoders": [1],
            "curves": ["polynomial"],
            "start": "line",
            "solvers": ["newton"],
            "pairs": 3,
        },
    },
}
"""Settings under which no other setting keeps a number from the ends of its range."""

# where in the schema, where in the configuration, lowest and highest (None: as high as one likes)
RANGES = [
    ("seed", "seed", 0, None),
    ("data.classes.*", "data.classes.0", 0, None),
    ("data.shape.*", "data.shape.1", 1, 4096),
    ("data.test_share", "data.test_share", ABOVE_0, 1.0),
    ("vaes.*", "vaes.own", 1, 100),
    ("vaes.*.decoders", "vaes.other.decoders", 1, 100),
    ("vaes.*.training.epochs", "vaes.other.training.epochs", 1, None),
    ("vaes.*.training.batch_size", "vaes.other.training.batch_size", 1, None),
    ("vaes.*.training.learning_rate", "vaes.other.training.learning_rate", ABOVE_0, 1.0),
    ("vaes.*.likelihood.deviation", "vaes.gaussian.likelihood.deviation", ABOVE_0, None),
    ("vaes.*.likelihood.least", "vaes.gaussian.likelihood.least", ABOVE_0, None),
    ("vaes.*.likelihood.levels", "vaes.poisson.likelihood.levels", 1, None),
    ("vaes.*.likelihood.classes", "vaes.categorical.likelihood.classes", 2, 256),
    ("model.latent_dim", "model.latent_dim", 2, 256),
    ("model.likelihood.deviation", "model.likelihood.deviation", ABOVE_0, None),
    ("model.likelihood.least", "model.likelihood.least", ABOVE_0, None),
    ("model.likelihood.levels", "vaes.poisson.likelihood.levels", 1, None),
    ("model.likelihood.classes", "vaes.categorical.likelihood.classes", 2, 256),
    ("model.hidden", "model.hidden", 2, None),
    ("model.channels", "model.channels", 1, None),
    ("training.seeds", "training.seeds", 1, None),
    ("training.learning_rate", "training.learning_rate", ABOVE_0, 1.0),
    ("training.single_decoder.epochs", "training.single_decoder.epochs", 1, None),
    ("training.single_decoder.batch_size", "training.single_decoder.batch_size", 1, None),
    ("training.several_decoders.epochs", "training.several_decoders.epochs", 1, None),
    ("training.several_decoders.batch_size", "training.several_decoders.batch_size", 1, None),
    ("training.held_out", "training.held_out", 1, None),
    ("curves.segments", "curves.segments", 2, 10_000),
    ("curves.families.*.degree", "curves.families.polynomial.degree", 2, 12),
    ("curves.families.*.pieces", "curves.families.piecewise-linear.pieces", 2, "curves.segments"),
    ("curves.families.*.pieces", "curves.families.spline.pieces", 2, "curves.segments"),
    ("grid.nodes", "grid.nodes", 8, 500),
    ("density.bandwidth", "density.bandwidth", ABOVE_0, None),
    ("density.epsilon", "density.epsilon", ABOVE_0, None),
    ("solvers.*.tolerance", "solvers.newton.tolerance", 1e-9, 0.1),
    ("solvers.*.tolerance", "solvers.adam.tolerance", 1e-9, 0.1),
    ("solvers.*.tolerance", "solvers.lbfgs.tolerance", 1e-9, 0.1),
    ("solvers.*.max_steps", "solvers.newton.max_steps", 1, None),
    ("solvers.*.escapes", "solvers.newton.escapes", 0, 4),
    ("solvers.*.learning_rate", "solvers.adam.learning_rate", ABOVE_0, None),
    ("solvers.*.learning_rate", "solvers.lbfgs.learning_rate", ABOVE_0, None),
    ("solvers.*.steps", "solvers.adam.steps", 1, None),
    ("solvers.*.steps", "solvers.lbfgs.steps", 1, None),
    ("solvers.*.mc_samples", "solvers.adam.mc_samples", 1, None),
    ("explorer.pairs", "explorer.pairs", 1, 50),
    ("explorer.models", "explorer.models", 1, 50),
    ("pairs.per_job", "pairs.per_job", 1, None),
    ("pairs.rows.*.*", "pairs.rows.0.0", 0, None),
    ("experiments.geodesics.seed", "experiments.geodesics.seed", 0, "training.seeds"),
    ("experiments.geodesics.pairs", "experiments.geodesics.pairs", 1, None),
    ("experiments.variation.decoders.*", "experiments.variation.decoders.0", 1, "vaes.ensemble"),
    ("experiments.variation.pairs", "experiments.variation.pairs", 1, None),
    ("experiments.proximity.seed", "experiments.proximity.seed", 0, "training.seeds"),
    ("experiments.proximity.pairs", "experiments.proximity.pairs", 1, None),
    ("experiments.proximity.decoders", "experiments.proximity.decoders", 1, "vaes.ensemble"),
    ("experiments.proximity.orders", "experiments.proximity.orders", 1, "vaes.ensemble"),
    ("experiments.proximity.seeds.*", "experiments.proximity.seeds.0", 0, "training.seeds"),
    ("experiments.segments.seed", "experiments.segments.seed", 0, "training.seeds"),
    ("experiments.segments.pairs", "experiments.segments.pairs", 1, None),
    ("experiments.segments.segments.*", "experiments.segments.segments.0", 2, 10_000),
    ("experiments.contest.seed", "experiments.contest.seed", 0, "training.seeds"),
    ("experiments.contest.pairs", "experiments.contest.pairs", 1, None),
    ("experiments.starts.seed", "experiments.starts.seed", 0, "training.seeds"),
    ("experiments.starts.decoders", "experiments.starts.decoders", 1, "vaes.ensemble"),
    ("experiments.starts.pairs", "experiments.starts.pairs", 1, None),
    ("experiments.*.seeds.*", "experiments.mine.seeds.0", 0, "training.seeds"),
    ("experiments.*.decoders.*", "experiments.mine.decoders.0", 1, "vaes.ensemble"),
    ("experiments.*.pairs", "experiments.mine.pairs", 1, None),
]
WHOLE = {where for where, _, lowest, _ in RANGES if isinstance(lowest, int)}


def put(config: dict, settings: dict) -> None:
    for key, value in settings.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            put(config[key], value)
        else:
            config[key] = copy.deepcopy(value)


def placed(path: str, value) -> dict:
    """A configuration with room, and with one number set."""
    config = copy.deepcopy(DEFAULT)
    put(config, ROOM)
    if path.startswith("pairs.rows"):
        config["pairs"]["rows"] = [[2 * n, 2 * n + 1] for n in range(60)]
    *parents, last = path.split(".")
    inner = config
    for key in parents:
        inner = inner[int(key) if key.isdigit() else key]
    inner[int(last) if last.isdigit() else last] = value
    return config


def at(config: dict, path: str):
    for key in path.split("."):
        config = config[int(key) if key.isdigit() else key]
    return config


def problem(config: dict) -> str:
    with pytest.raises(StudyError) as error:
        check(config, SCHEMA)
    return str(error.value)


def beyond(number, up: bool):
    """The next number."""
    step = 1 if up else -1
    return number + step if isinstance(number, int) else math.nextafter(number, step * math.inf)


def numbers(part: dict, whole: dict, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Where a part of the schema has numbers, whatever it depends on, and of which type."""
    if reference := part.get("$ref"):
        yield from numbers(whole["$defs"][reference.removeprefix("#/$defs/")], whole, path)
    if part.get("type") in ("integer", "number"):
        yield ".".join(path), part["type"]
    for key, inner in part.get("properties", {}).items():
        yield from numbers(inner, whole, (*path, key)) if isinstance(inner, dict) else ()
    for key in ("additionalProperties", "items"):
        if isinstance(part.get(key), dict):
            yield from numbers(part[key], whole, (*path, "*"))
    conditions = [part[key] for key in ("then", "else") if key in part]
    for inner in (*part.get("allOf", ()), *part.get("anyOf", ()), *conditions):
        yield from numbers(inner, whole, path)


def test_the_ranges_are_those_of_all_numbers_of_the_schema():
    schema = yaml.safe_load(SCHEMA.read_text())
    found = set(numbers(schema, schema))
    assert found == {(where, "integer" if where in WHOLE else "number") for where, *_ in RANGES}


def test_there_is_room():
    config = copy.deepcopy(DEFAULT)
    put(config, ROOM)
    check(config, SCHEMA)


ENDS = [(path, lowest) for _, path, lowest, _ in RANGES]
ENDS += [(path, highest) for *_, path, _, highest in RANGES if isinstance(highest, int | float)]
LARGE = [(path, lowest) for _, path, lowest, highest in RANGES if highest is None]


@pytest.mark.parametrize("path, end", ENDS)
def test_the_end_of_a_range_is_right(path, end):
    config = placed(path, end)
    check(config, SCHEMA)


@pytest.mark.parametrize("path, lowest", LARGE)
def test_what_has_no_highest_number_may_be_large(path, lowest):
    number = 1_000_000 if isinstance(lowest, int) else 1e6
    check(placed(path, number), SCHEMA)


@pytest.mark.parametrize("path, lowest", [(path, lowest) for _, path, lowest, _ in RANGES])
def test_a_number_below_its_range_is_refused_with_its_key(path, lowest):
    wrong = beyond(lowest, up=False)
    limit = f"{lowest}" if lowest != ABOVE_0 else "0"
    kind = "at least" if lowest != ABOVE_0 else "greater than"
    if path == "density.bandwidth":
        kind = "'scott' or a number greater than"
    if path.endswith(".deviation"):
        kind = "'learned' or a number greater than"
    assert f"config: {path}: {wrong!r} must be {kind} {limit}" in problem(placed(path, wrong))
    assert f"config: {path}: -1000000 must be {kind} {limit}" in problem(placed(path, -1_000_000))


@pytest.mark.parametrize(
    "path, highest",
    [(path, highest) for _, path, _, highest in RANGES if isinstance(highest, int | float)],
)
def test_a_number_above_its_range_is_refused_with_its_key(path, highest):
    for wrong in (beyond(highest, up=True), 1_000_000):
        text = problem(placed(path, wrong))
        limit = int(highest) if highest == 1 else highest
        assert f"config: {path}: {wrong!r} must be at most {limit}" in text


@pytest.mark.parametrize(
    "path, limit", [(path, limit) for *_, path, _, limit in RANGES if isinstance(limit, str)]
)
def test_a_number_above_another_one_is_refused_with_its_key(path, limit):
    config = copy.deepcopy(DEFAULT)
    put(config, ROOM)
    highest = at(config, limit) - (limit == "training.seeds")  # they begin with 0
    check(placed(path, highest), SCHEMA)
    key = path.removesuffix(".0")
    text = problem(placed(path, highest + 1))
    assert text.startswith(f"config: {key}: {highest + 1} ")
    assert str(at(config, limit)) in text
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize("path, lowest", [(path, lowest) for _, path, lowest, _ in RANGES])
@pytest.mark.parametrize("wrong", [math.inf, -math.inf, math.nan, True, "x", [], {}], ids=str)
def test_what_is_no_number_is_refused_with_its_key(path, lowest, wrong):
    if (path, wrong) == ("vaes.own", {}):
        return  # a map, of which something is missing
    assert f"config: {path}: {wrong!r} " in problem(placed(path, wrong))
