"""Experiments ask for what loops that are written by hand ask for, and for nothing else."""

from __future__ import annotations

import copy
import json

import pytest
import yaml
from latentgeo.study.configuration import check
from latentgeo.study.experiments import Experiment, experiments, requested
from latentgeo.study.series import Request, Series
from project import CHOSEN, PROJECT

SCHEMA = PROJECT / "workflow/schemas/config.schema.yaml"
DEFAULT = yaml.safe_load(CHOSEN)


def checked(config: dict) -> dict:
    config = copy.deepcopy(config)
    check(config, SCHEMA)
    return config


def another() -> dict:
    """A study that differs from the default one in everything that experiments read."""
    config = copy.deepcopy(DEFAULT)
    config["vaes"] = {"wide": 7, "one": 1, "few": 3}
    config["training"]["seeds"] = 3
    config["curves"]["families"] = {
        "cubic": {"family": "polynomial", "degree": 3},
        "quartic": {"family": "polynomial", "degree": 4},
        "spline": {"family": "cubic-spline", "pieces": 8},
    }
    config["solvers"]["thorough"] = {"method": "newton", "escapes": 2}
    config["experiments"] = {
        "geodesics": {"seed": 2, "pairs": 9, "curve": "spline", "start": "line", "solver": "adam"},
        "variation": {"pairs": 3, "curve": "quartic", "start": "random", "solver": "thorough"},
        "proximity": {
            "vae": "wide",
            "seed": 1,
            "pairs": 5,
            "decoders": 4,
            "curves": ["spline"],
            "start": "graph",
            "solver": "thorough",
        },
        "starts": {
            "vae": "few",
            "seed": 2,
            "decoders": 2,
            "pairs": 8,
            "cold": {"spline": "graph", "cubic": "random", "quartic": "line"},
            "density_start": "random",
            "solvers": ["thorough", "newton"],
        },
        "segments": {
            "seed": 1,
            "pairs": 2,
            "segments": [9],
            "curve": "cubic",
            "start": "line",
            "solver": "newton",
        },
        "contest": {
            "vaes": ["few"],
            "seed": 1,
            "pairs": 4,
            "curves": ["cubic", "spline"],
            "starts": ["hot", "graph"],
            "solvers": ["thorough"],
        },
    }
    return config


def test_variation_asks_for_fewer_decoders_beside_all_and_for_several_curves():
    config = checked(another())
    e = config["experiments"]["variation"]
    e |= {"decoders": [2, 3], "curves": ["spline", "cubic"], "vaes": ["few", "wide"]}
    found = experiments(config)["variation"]
    assert found.decoder_counts == {"few": [2, 3], "wide": [2, 3, 7]}
    assert found.curves == ["spline", "cubic"] and found.vaes == ["few", "wide"]
    assert len(found.requests()) == 3 * 2 * (2 + 3)


def test_types_that_have_fewer_decoders_are_not_asked_for_more():
    config = copy.deepcopy(DEFAULT)
    config["experiments"]["variation"]["decoders"] = [3, 1, 10]
    found = experiments(checked(config))["variation"]
    assert found.decoder_counts == {"single": [1], "ensemble": [1, 3, 10]}


def test_decoders_are_counted_up_in_several_orders_but_all_of_them_once():
    config = copy.deepcopy(DEFAULT)
    e = config["experiments"]["proximity"]
    e |= {"orders": 3, "metrics": ["fisher-rao"], "curves": ["polynomial"], "seeds": [1, 4]}
    for decoders, once in ((10, [10]), (4, [])):
        e["decoders"] = decoders
        found = experiments(checked(config))["proximity"].requests()
        counted = {(r.series.seed, r.series.order, r.decoder_count) for r in found}
        assert len(found) == len(counted)
        assert counted == {
            (seed, order, count)
            for seed in (1, 4)
            for order in (0, 1, 2)
            for count in range(1, decoders + 1)
            if order == 0 or count not in once
        }


def test_one_decoder_is_solved_under_the_first_metric_alone():
    config = copy.deepcopy(DEFAULT)
    both = ["fisher-rao-within", "fisher-rao"]
    config["experiments"]["variation"]["metrics"] = both
    found = experiments(checked(config))["variation"].requests()
    metrics = {
        vae: {r.series.metric for r in found if r.series.vae == vae} for vae in config["vaes"]
    }
    assert metrics == {"single": {both[0]}, "ensemble": set(both)}


CONFIGS = pytest.mark.parametrize(
    "config", [checked(DEFAULT), checked(another())], ids=["default", "another"]
)


def fisher_rao(vae, seed, curve, e, metric="fisher-rao") -> Series:
    return Series(vae, seed, metric, curve, e["start"], e["solver"])


def coupled(e, counts):
    """Metrics with the numbers of decoders: one decoder is coupled with itself anyway."""
    first, *more = e["metrics"]
    pairs = [(first, count) for count in counts]
    return pairs + [(metric, count) for metric in more for count in counts if count > 1]


def wanted_geodesics(config):
    e = config["experiments"]["geodesics"]
    return [
        Request(fisher_rao(vae, e["seed"], e["curve"], e, metric), count, e["pairs"])
        for vae, own in config["vaes"].items()
        for metric, count in coupled(e, [own])
    ]


def wanted_variation(config):
    e = config["experiments"]["variation"]
    return [
        Request(fisher_rao(vae, seed, e["curve"], e, metric), count, e["pairs"])
        for vae, own in config["vaes"].items()
        for seed in range(config["training"]["seeds"])
        for metric, count in coupled(e, [own])
    ]


def wanted_proximity(config):
    e = config["experiments"]["proximity"]
    return [
        Request(fisher_rao(e["vae"], e["seed"], curve, e, metric), count, e["pairs"])
        for curve in e["curves"]
        for metric, count in coupled(e, range(1, e["decoders"] + 1))
    ]


def wanted_starts(kind):
    def wanted(config):
        e = config["experiments"]["starts"]
        metric = "density" if kind == "density" else "fisher-rao"
        count = 0 if kind == "density" else e["decoders"]
        found = []
        for curve, cold in e["cold"].items():
            start = {"cold": cold, "hot": "hot", "density": e["density_start"]}[kind]
            for solver in e["solvers"]:
                series = Series(e["vae"], e["seed"], metric, curve, start, solver)
                found.append(Request(series, count, e["pairs"]))
        return found

    return wanted


def wanted_contest(start):
    def wanted(config):
        e = config["experiments"]["contest"]
        density = config["experiments"]["starts"]["density_start"]
        of_density = start == "density"
        metrics = ["density"] if of_density else e["metrics"]
        return [
            Request(
                Series(vae, e["seed"], metric, curve, density if of_density else start, solver),
                0 if of_density else config["vaes"][vae],
                e["pairs"],
            )
            for vae in e.get("vaes", config["vaes"])
            for metric in metrics
            for curve in e["curves"]
            for solver in e["solvers"]
            if metric == metrics[0] or config["vaes"][vae] > 1
        ]

    return wanted


def contest_of(config):
    return {f"contest.{s}": s for s in (*config["experiments"]["contest"]["starts"], "density")}


WANTED = {
    "geodesics": wanted_geodesics,
    "variation": wanted_variation,
    "proximity": wanted_proximity,
    "starts.density": wanted_starts("density"),
    "starts.cold": wanted_starts("cold"),
    "starts.hot": wanted_starts("hot"),
}


@CONFIGS
def test_the_config_has_six_of_which_three_are_part_c_and_a_contest(config):
    assert set(experiments(config)) == set(WANTED) | set(contest_of(config))


@CONFIGS
def test_the_contest_asks_for_every_start_and_for_what_hot_ones_are(config):
    for name, start in contest_of(config).items():
        found, wanted = experiments(config)[name].requests(), wanted_contest(start)(config)
        assert sorted(found) == sorted(wanted)
        assert len(found) == len(set(found)) > 0


@CONFIGS
@pytest.mark.parametrize("name", WANTED)
def test_an_experiment_asks_for_exactly_what_a_loop_by_hand_does(name, config):
    found, wanted = experiments(config)[name].requests(), WANTED[name](config)
    assert sorted(found) == sorted(wanted)
    assert len(found) == len(set(found)) > 0


def test_the_default_study_asks_for_so_many():
    found = {name: len(e.requests()) for name, e in experiments(checked(DEFAULT)).items()}
    assert found == {
        "geodesics": 3,
        "variation": 15,
        "proximity": 38,
        "starts.density": 4,
        "starts.cold": 4,
        "starts.hot": 4,
        **dict.fromkeys(("contest.line", "contest.random", "contest.hot", "contest.graph"), 3),
        "contest.density": 2,
    }


# ── of one's own ────────────────────────────────────────────────────────────────────────────────

LEAST = {"curves": ["polynomial"], "start": "line", "solvers": ["newton"], "pairs": 3}


def own(**settings) -> Experiment:
    """An experiment of one's own beside those of the default study."""
    config = copy.deepcopy(DEFAULT)
    config["experiments"]["mine"] = LEAST | settings
    return experiments(checked(config))["mine"]


def wanted_own(
    vaes=DEFAULT["vaes"], seeds=range(5), metrics=("fisher-rao",), counts=None, **changed
):
    e = LEAST | changed
    return [
        Request(Series(vae, seed, metric, curve, e["start"], solver), count, e["pairs"])
        for vae in vaes
        for seed in seeds
        for metric in metrics
        for curve in e["curves"]
        for solver in e["solvers"]
        for count in (counts or [DEFAULT["vaes"][vae]])
        if metric == metrics[0] or count > 1
    ]


@pytest.mark.parametrize(
    "settings, wanted",
    [
        ({}, {}),
        ({"vaes": ["single"]}, {"vaes": ["single"]}),
        ({"seeds": [4, 1]}, {"seeds": [4, 1]}),
        ({"decoders": [1]}, {"counts": [1]}),
        (
            {"vaes": ["ensemble"], "decoders": [2, 10, 5]},
            {"vaes": ["ensemble"], "counts": [2, 10, 5]},
        ),
        ({"metric": "fisher-rao"}, {}),
        ({"metric": "density"}, {"metrics": ["density"], "counts": [0]}),
        ({"metric": "fisher-rao-within"}, {"metrics": ["fisher-rao-within"]}),
        (
            {"metrics": ["fisher-rao-within", "fisher-rao"]},
            {"metrics": ["fisher-rao-within", "fisher-rao"]},
        ),
        (
            {"curves": ["piecewise-linear", "polynomial"], "solvers": ["adam", "newton"]},
            {"curves": ["piecewise-linear", "polynomial"], "solvers": ["adam", "newton"]},
        ),
        ({"start": "graph", "pairs": 7}, {"start": "graph", "pairs": 7}),
    ],
    ids=str,
)
def test_what_an_experiment_of_ones_own_leaves_out_is_everything(settings, wanted):
    assert sorted(own(**settings).requests()) == sorted(wanted_own(**wanted))


def test_an_experiment_of_ones_own_changes_no_other():
    config = copy.deepcopy(DEFAULT)
    config["experiments"]["mine"] = LEAST
    found = experiments(checked(config))
    assert found.pop("mine").requests()
    assert found == experiments(checked(DEFAULT))


# ── as it is given to scripts ───────────────────────────────────────────────────────────────────


@CONFIGS
def test_an_experiment_can_be_made_again_from_what_json_says_of_it(config):
    for experiment in [*experiments(config).values(), own(metric="density"), own(decoders=[1])]:
        described = json.loads(json.dumps(experiment.described()))
        assert described == experiment.described()
        again = Experiment(**described)
        assert again == experiment
        assert again.requests() == experiment.requests()
        assert again.curves == experiment.curves


def described(*names):
    return [experiments(checked(DEFAULT))[name].described() for name in names]


def test_requests_of_several_experiments_are_one_after_the_other():
    found = requested(described("proximity", "starts.hot"))
    assert sorted(found) == sorted(
        [*wanted_proximity(DEFAULT), *wanted_starts("hot")(checked(DEFAULT))]
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"vae": "single"},
        {"seed": 3},
        {"vae": "ensemble", "seed": 0},
        {"metric": "fisher-rao", "solver": "newton"},
        {"curve": "piecewise-linear"},
        {"start": "hot"},
    ],
    ids=str,
)
def test_requests_of_series_with_given_fields(fields):
    names = ["geodesics", "variation", "starts.hot", "starts.density"]
    every = requested(described(*names))
    wanted = [r for r in every if all(getattr(r.series, k) == v for k, v in fields.items())]
    assert requested(described(*names), **fields) == wanted
    assert 0 < len(wanted) < len(every)


def test_no_series_has_fields_that_nobody_asked_for():
    assert requested(described("geodesics"), vae="triple") == []
    assert requested([], vae="single") == []
