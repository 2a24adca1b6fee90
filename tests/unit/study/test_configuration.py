"""A configuration is right, or the error names the key, the value and what would be right."""

from __future__ import annotations

import copy

import pytest
import yaml
from latentgeo.errors import StudyError
from latentgeo.study.configuration import check, check_pairs, retyped
from project import CHOSEN, PROJECT

SCHEMA = PROJECT / "workflow/schemas/config.schema.yaml"
DEFAULT = yaml.safe_load(CHOSEN)


def with_key(path: str, value) -> dict:
    """The default configuration with one key set."""
    config = copy.deepcopy(DEFAULT)
    *parents, last = path.split(".")
    inner = config
    for key in parents:
        inner = inner.setdefault(key, {})
    inner[last] = value
    return config


def leaves(config, path=()):
    for key, value in config.items():
        yield (*path, key), value
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))


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


SINGLE_IN_ORDERS = DEFAULT["experiments"]["proximity"] | {
    "vae": "single",
    "decoders": 1,
    "orders": 2,
}


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
        (
            "experiments.proximity",
            SINGLE_IN_ORDERS,
            "2 asked for, but vaes.single has 1",
        ),
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


# ── numbers, names and entries as YAML reads them ───────────────────────────────────────────────


@pytest.mark.parametrize(
    "path",
    [".".join(path) for path, value in leaves(DEFAULT) if path[0] != "experiments"]
    + ["experiments.geodesics.pairs"],
)
def test_null_anywhere_is_as_if_the_entry_were_not_there(path):
    *parents, last = path.split(".")
    without = copy.deepcopy(DEFAULT)
    inner = without
    for key in parents:
        inner = inner[key]
    del inner[last]
    assert outcome(with_key(path, None)) == outcome(without)


def outcome(config: dict) -> dict | str:
    """The configuration as it is filled in, or what is wrong with it."""
    try:
        check(config, SCHEMA)
    except StudyError as error:
        return str(error)
    return config


@pytest.mark.parametrize("path", ["training", "data.source", "curves.families.polynomial", "seed"])
def test_null_of_what_is_not_there_changes_nothing(path):
    config = with_key(f"{path}-x" if "-" in path else f"{path}_x", None)
    assert outcome(config) == DEFAULT


def test_null_of_what_must_be_given_says_so():
    assert "config: training: seeds must be given" in problem(with_key("training.seeds", None))
    assert "config: training must be given" in problem(with_key("training", None))
    assert "experiments: starts must be given" in problem(with_key("experiments.starts", None))


def test_null_inside_of_a_list_is_an_error():
    assert "data.classes.1: None is not a whole number" in problem(
        with_key("data.classes", [0, None])
    )


WHOLE_NUMBERS = [
    ".".join(path)
    for path, value in leaves(DEFAULT)
    if isinstance(value, int) and not isinstance(value, bool)
]


def test_there_are_enough_whole_numbers():
    assert len(WHOLE_NUMBERS) > 25


@pytest.mark.parametrize("path", WHOLE_NUMBERS)
def test_a_fraction_that_is_whole_is_refused_with_the_number_to_write(path):
    text = problem(with_key(path, 12.0))
    assert (
        f"config: {path}: 12.0 is not a whole number (YAML reads it as a fraction; write 12)"
        in text
    )


@pytest.mark.parametrize(
    "wrong, hint",
    [
        ("1e3", "YAML reads it as a string; write 1000"),
        ("12", "YAML reads it as a string; write 12"),
        (12.5, None),
        (True, None),
        ("twelve", None),
    ],
)
def test_other_things_than_whole_numbers_are_refused_with_a_hint_where_one_is_meant(wrong, hint):
    text = problem(with_key("training.seeds", wrong))
    assert f"training.seeds: {wrong!r} is not a whole number{f' ({hint})' if hint else ''}" in text
    assert ("write" in text) == (hint is not None)


@pytest.mark.parametrize(
    "yaml_text, name, read",
    [("no: 1", "1", "False"), ("on: 3", "3", "True"), ("12: 1", "1", "12"), ("1.5: 2", "2", "1.5")],
)
@pytest.mark.parametrize("place", ["vaes", "solvers", "curves.families", "training", "experiments"])
def test_a_key_that_yaml_does_not_read_as_text_is_one_clear_error(yaml_text, name, read, place):
    config = copy.deepcopy(DEFAULT)
    inner = config
    for key in place.split("."):
        inner = inner[key]
    inner |= yaml.safe_load(yaml_text)
    assert problem(config) == (
        f"config: {place}: YAML reads the name before {name} as {read}, which is not text; "
        "put it in quotes"
    )


def test_a_key_at_the_top_that_is_not_text_is_one_clear_error():
    assert problem(DEFAULT | {False: 1}) == (
        "config: YAML reads the name before 1 as False, which is not text; put it in quotes"
    )
    assert problem(DEFAULT | {None: None}).startswith("config: YAML reads the name before None")


NAMED = ["vaes", "curves.families", "solvers", "experiments"]
OWN = {"curves": ["polynomial"], "start": "line", "solvers": ["newton"], "pairs": 3}


def named(place: str, name: str) -> dict:
    """The default configuration with one more entry of a name."""
    entry = {
        "vaes": 2,
        "curves.families": {"family": "polynomial", "degree": 4},
        "solvers": {"method": "newton"},
        "experiments": OWN,
    }[place]
    config = copy.deepcopy(DEFAULT)
    inner = config
    for key in place.split("."):
        inner = inner[key]
    inner[name] = entry
    return config


@pytest.mark.parametrize("place", NAMED)
@pytest.mark.parametrize("name", ["a", "A-2", "a-", "x" * 60, "true", "null"])
def test_names_of_letters_digits_and_hyphens_are_right(place, name):
    assert isinstance(outcome(named(place, name)), dict)


@pytest.mark.parametrize("place", NAMED)
@pytest.mark.parametrize(
    "name",
    [
        *("", "1a", "-a", "a b", "a_b", "a.b", "a/b", "..", "ä", "a|b", "{a}", "a*"),
        *("a\n", "a\nb", "\na", "a\r", "x" * 61, "x" * 60 + "\n"),
    ],
)
def test_other_names_are_refused(place, name):
    text = problem(named(place, name))
    assert f"config: {place}: the name {name!r} must be letters, digits and hyphens" in text
    assert "at most 60" in text


def test_settings_of_the_command_line_are_read_as_yaml():
    given = {"seeds": "2", "rate": "1e-3", "classes": ["0", "1"], "entry": "null", "pairs": 6}
    read = {"seeds": 2, "rate": "1e-3", "classes": [0, 1], "entry": None, "pairs": 6}
    assert retyped({"training": given, "12": "text"}) == {"training": read, "12": "text"}


# ── numbers that exceed one another ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "degree, right", [(6, True), (7, True), (8, True), (9, False), (12, False)]
)
def test_a_degree_above_the_segments_is_refused(degree, right):
    config = with_key("curves.segments", 8)
    config["curves"]["families"]["polynomial"]["degree"] = degree
    config["curves"]["families"]["piecewise-linear"]["pieces"] = 8
    config["experiments"]["segments"]["segments"] = [16, 32]
    if right:
        check(config, SCHEMA)
    else:
        assert problem(config) == (
            f"config: curves.families.polynomial.degree: {degree} needs at least as many "
            "curves.segments, which is 8"
        )


@pytest.mark.parametrize("pieces, right", [(31, True), (32, True), (33, False)])
def test_more_pieces_than_segments_are_refused(pieces, right):
    config = with_key("curves.families.piecewise-linear.pieces", pieces)
    assert isinstance(outcome(config), dict) == right


# ── experiments of one's own ────────────────────────────────────────────────────────────────────


def with_own(**settings) -> dict:
    config = copy.deepcopy(DEFAULT)
    config["experiments"]["mine"] = {k: v for k, v in (OWN | settings).items() if v != "left out"}
    return config


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"metric": "density"},
        {"metrics": ["fisher-rao-within", "fisher-rao"], "start": "graph"},
        {"metrics": ["density", "fisher-rao"], "start": "random"},
        {"metric": "fisher-rao", "start": "graph"},
        {"vaes": ["ensemble"], "seeds": [4, 0], "decoders": [1, 10]},
        {"vaes": ["single", "ensemble"], "decoders": [1]},
        {"curves": ["piecewise-linear", "polynomial"], "solvers": ["adam", "newton"]},
        {"metric": "density", "start": "random", "vaes": None},
    ],
    ids=str,
)
def test_an_experiment_of_ones_own_is_right(settings):
    check(with_own(**settings), SCHEMA)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"vaes": ["triple"]}, "mine.vaes: 'triple' is no VAE type; there are single, ensemble"),
        ({"seeds": [0, 5]}, "mine.seeds: 5 is not trained; training.seeds is 5, so seeds are 0 to"),
        ({"seeds": []}, "mine.seeds: must have at least 1 entry"),
        ({"seeds": [-1]}, "mine.seeds.0: -1 must be at least 0"),
        ({"decoders": [2]}, "mine.decoders: 2 asked for, but vaes.single has 1"),
        ({"vaes": ["ensemble"], "decoders": [3, 11]}, "11 asked for, but vaes.ensemble has 10"),
        ({"decoders": [0]}, "mine.decoders.0: 0 must be at least 1"),
        ({"curves": ["spline"]}, "mine.curves: 'spline' is no curve family; there are polynomial"),
        ({"solvers": ["newtn"]}, "mine.solvers: 'newtn' is no solver; there are newton, adam"),
        ({"start": "hot"}, "mine.start: 'hot' is not one of auto, line, random, graph, landmarks"),
        (
            {"metric": "euclidean"},
            "mine.metric: 'euclidean' is not one of fisher-rao, fisher-rao",
        ),
        (
            {"metrics": ["fisher-rao", "l2"]},
            "mine.metrics.1: 'l2' is not one of fisher-rao",
        ),
        ({"metrics": []}, "mine.metrics: must have at least 1 entry"),
        ({"metric": "density", "start": "graph"}, "mine.start: 'graph' is for Fisher-Rao"),
        (
            {"metrics": ["fisher-rao", "density"], "start": "graph"},
            "mine.start: 'graph' is for Fisher-Rao",
        ),
        ({"curves": ["polynomial", "polynomial"]}, "names something twice"),
        ({"curves": "polynomial"}, "mine.curves: 'polynomial' is not a list"),
        ({"curve": "polynomial"}, "mine: unknown key 'curve'; known here are curves, decoders"),
        ({"pairs": "left out"}, "mine: pairs must be given"),
        ({"curves": None, "start": None}, "mine: curves, start must be given"),
        ({"pairs": 3.0}, "mine.pairs: 3.0 is not a whole number (YAML reads it as a fraction"),
    ],
    ids=str,
)
def test_what_is_wrong_with_an_experiment_of_ones_own_is_told(settings, message):
    assert message in problem(with_own(**settings))


def test_more_pairs_than_images_allow_in_an_experiment_of_ones_own():
    config = with_own(pairs=46)
    with pytest.raises(StudyError) as error:
        check_pairs(config, 10)
    assert "experiments.mine.pairs: 46 asked for, but 10 training images have only 45 pairs" in str(
        error.value
    )
    check_pairs(config, 11)


def test_more_pairs_than_images_allow():
    with pytest.raises(StudyError, match=r"experiments\.geodesics\.pairs: 50 asked for, but 10 "):
        check_pairs(DEFAULT, 10)


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
    if parent == "experiments":  # of one's own, whose keys are checked
        assert f"{wrong}: 1 is not a map" in problem(with_key(wrong, 1))
        settings = DEFAULT["experiments"][name]
        assert f"{wrong}: unknown key" in problem(with_key(wrong, settings))
    elif parent not in free:
        assert f"unknown key '{name}x'" in problem(with_key(wrong, 1))


def with_pairs(**pairs):
    config = copy.deepcopy(DEFAULT)
    config["pairs"] |= pairs
    return config


@pytest.mark.parametrize(
    ("pairs", "problem"),
    [
        ({"split": "both"}, "pairs.split: 'both' is not one of train, test"),
        ({"rows": [[1, 1]]}, "pairs.rows.0: [1, 1] names something twice"),
        ({"rows": [[1, 2], [1, 2]]}, "pairs.rows: [[1, 2], [1, 2]] names something twice"),
        ({"rows": [[1, 2, 3]]}, "pairs.rows.0: [1, 2, 3]"),
        ({"rows": [[n, n + 1] for n in range(49)]}, "experiments.geodesics.pairs: 50 "),
    ],
)
def test_pairs_that_cannot_be(pairs, problem):
    with pytest.raises(StudyError) as error:
        check(with_pairs(**pairs), SCHEMA)
    assert f"config: {problem}" in str(error.value)


def test_rows_of_images_that_there_are_not():
    config = with_pairs(rows=[[n, n + 1] for n in range(60)], split="test")
    check(config, SCHEMA)
    check_pairs(config, 61)
    with pytest.raises(StudyError) as error:
        check_pairs(config, 60)
    assert (
        str(error.value) == "config: pairs.rows: there is no row 60; the test images have 0 to 59"
    )


def test_a_type_of_ones_own_says_what_it_lacks_and_what_it_does_not_know():
    config = copy.deepcopy(DEFAULT)
    config["vaes"]["mine"] = {"training": {"epoch": 3}}
    with pytest.raises(StudyError) as error:
        check(config, SCHEMA)
    assert "config: vaes.mine.training: unknown key 'epoch'; known here are" in str(error.value)


def test_variation_takes_fewer_decoders_of_the_types_that_have_more():
    config = copy.deepcopy(DEFAULT)
    config["experiments"]["variation"]["decoders"] = [1, 10]
    check(config, SCHEMA)
    config["experiments"]["variation"]["decoders"] = [11]
    with pytest.raises(StudyError) as error:
        check(config, SCHEMA)
    expected = "config: experiments.variation.decoders: 11 asked for, but vaes.ensemble has 10"
    assert str(error.value) == expected


def test_the_fewest_segments_must_be_enough_for_the_family():
    config = with_key("experiments.segments.segments", [2, 8])
    assert problem(config) == (
        "config: experiments.segments.segments: 2 are fewer than the 3 of "
        "curves.families.polynomial.degree"
    )
