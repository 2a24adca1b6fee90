"""From starts to what is kept of geodesics."""

import numpy as np
import pytest
import reference
import torch
from latentgeo import geodesics
from latentgeo.curves import Polynomial
from latentgeo.likelihoods.continuous_bernoulli import CONTINUOUS_BERNOULLI
from latentgeo.objectives.base import Ingredients as ObjectiveIngredients
from latentgeo.objectives.density import Density
from latentgeo.objectives.differentiated import Differentiated
from latentgeo.objectives.fisher_rao import FisherRao
from latentgeo.solvers.newton import Newton
from latentgeo.solvers.problem import Problem
from latentgeo.solvers.solution import ABANDONED
from latentgeo.starts.base import Starts, one_each
from latentgeo.study.configuration import retyped


@pytest.fixture
def around():
    """Two ways from left to right around a hill of the metric, of which the upper is shorter."""
    x = torch.linspace(-1, 1, 9, dtype=torch.float64)
    arcs = [torch.stack([x, height * (1 - x**2)], 1) for height in (0.7, -1.0)]
    objective = Density(torch.cat(arcs), bandwidth=0.2, epsilon=0.05)
    start, end = arcs[0][[0]], arcs[0][[-1]]
    problem = Problem(objective, Polynomial(3), start, end, 16)
    bow = torch.tensor([[0.0, 4.0], [0.0, -4.0]], dtype=torch.float64)  # 4 t (1 - t), upwards
    return problem, torch.stack([-bow, 0.7 * bow])


def test_of_two_starts_the_lower_end_is_kept(around):
    problem, weights = around
    both = Newton().solve(problem.select([0, 0]), weights)
    assert both.energy[1] < both.energy[0] * 0.99  # two valleys
    start = Starts(weights, torch.tensor([0, 0]))
    kept = geodesics.solve(problem, start, {"method": "newton"}, [0], 0, lambda message: None)
    assert len(kept.energy) == 1 and kept.converged.all()
    assert kept.energy[0] == pytest.approx(both.energy[1].item(), rel=1e-6)


def test_a_rival_without_a_chance_is_abandoned_and_alone_would_go_on(around):
    problem, weights = around
    twice = problem.select([0, 0])
    first = Newton().solve(twice, weights)
    found = first.weights[1]
    rivals = Newton().solve(
        twice, torch.stack([first.weights[0] * 1.02, found]), torch.tensor([0, 0])
    )
    assert rivals.status[0] == ABANDONED and rivals.status[1] == "converged"
    assert not rivals.converged[0]


def test_the_settings_ask_for_escapes(around):
    problem, weights = around
    start = one_each(weights[:1])
    ends = [
        geodesics.solve(problem, start, settings, [0], 0, lambda message: None).energy
        for settings in ({"method": "newton"}, {"method": "newton", "escapes": 1})
    ]
    better = Newton().solve(problem, weights[1:]).energy
    assert ends[0] > better / 0.99
    torch.testing.assert_close(ends[1], better, rtol=1e-6, atol=0)


def test_what_is_in_doubt_is_searched_by_a_solver_that_can(around):
    problem, weights = around
    found = Newton().solve(problem, weights[:1])
    better = Newton().solve(problem, weights[1:]).energy

    def searched(settings, doubtful):
        doubtful = torch.tensor(doubtful, dtype=torch.int64)
        return geodesics.search(problem, found, doubtful, settings, lambda message: None)

    newton, lbfgs = {"method": "newton"}, {"method": "lbfgs", "learning_rate": 1.0, "steps": 3}
    torch.testing.assert_close(searched(newton, [0]).energy, better, rtol=1e-6, atol=0)
    assert searched(newton, []) is found and searched(lbfgs, [0]) is found


def test_histories_of_several_batches_are_padded():
    parts = [
        {"history": np.ones((2, 3)), "energy": np.zeros(2)},
        {"history": np.ones((1, 5)), "energy": np.ones(1)},
    ]
    arrays = geodesics.joined(parts)
    assert arrays["history"].shape == (3, 5)
    assert np.isnan(arrays["history"][:2, 3:]).all()
    assert arrays["energy"].tolist() == [0, 0, 1]


def test_strings_inside_of_maps_are_read_as_yaml():
    typed = retyped({"a": {"b": "3", "c": ["0.5", "x"]}, "d": "true", "e": "1e-3"})
    assert typed == {"a": {"b": 3, "c": [0.5, "x"]}, "d": True, "e": "1e-3"}


class Unmeasured(Differentiated):
    def energy(self, points):
        return points.diff(dim=1).square().sum((-1, -2))


OBJECTIVES = {
    "fisher-rao": (reference.objective(3), set(geodesics.MEASURES)),
    "density": (Density(torch.zeros(1, 2).double(), bandwidth=1.0, epsilon=0.1), {"length"}),
    "unmeasured": (Unmeasured(), set()),
}


@pytest.mark.parametrize(("objective", "measured"), OBJECTIVES.values(), ids=OBJECTIVES)
def test_what_is_kept_of_geodesics_is_nan_where_the_metric_has_no_such_measure(objective, measured):
    start, end = torch.tensor([[[-1.0, 0.5], [0.2, 0.0]], [[1.0, 0.0], [0.2, 1.0]]]).double()
    problem = Problem(objective, Polynomial(3), start, end, 8)
    solution = Newton().solve(problem, torch.zeros(2, 2, 2, dtype=torch.float64))
    arrays = geodesics.as_arrays(problem, solution)
    points = problem.points(solution.weights)
    for name in geodesics.MEASURES:
        if name in measured:
            np.testing.assert_array_equal(arrays[name], objective.measures(points)[name])
        assert np.isfinite(arrays[name]).all() == (name in measured)
        assert np.isnan(arrays[name]).all() == (name not in measured)
    exact = objective.energy(points).numpy()
    np.testing.assert_allclose(arrays["energy"], exact, rtol=1e-11)
    np.testing.assert_allclose(arrays["euclidean"], [4.25**0.5, 1], rtol=1e-12)
    np.testing.assert_array_equal(arrays["points"], points)
    assert arrays["status"].tolist() == solution.status
    assert {len(values) for values in arrays.values()} == {2}


@pytest.mark.parametrize("metric", ["fisher-rao", "density"])
def test_an_objective_is_made_by_the_name_of_its_metric(metric):
    decoders, latents = reference.tiny_decoders(2), torch.zeros(1, 2).double()
    settings = {"fisher-rao": {}, "density": {"bandwidth": 0.5, "epsilon": 0.1}}[metric]
    ingredients = ObjectiveIngredients(decoders, CONTINUOUS_BERNOULLI, latents)
    expected = {
        "fisher-rao": FisherRao(decoders, CONTINUOUS_BERNOULLI),
        "density": Density(latents, 0.5, 0.1),
    }[metric]
    assert geodesics.make_objective(metric, settings, ingredients) == expected


def test_streams_depend_on_the_pair_the_purpose_and_the_seed():
    def first(seed, pairs, purpose):
        return [torch.rand((), generator=g) for g in geodesics.streams_of(seed, pairs)(purpose)]

    assert first(0, [3, 5], "a") == [*first(0, [3], "a"), *first(0, [5], "a")]
    drawn = [first(0, [3], "a"), first(1, [3], "a"), first(0, [4], "a"), first(0, [3], "b")]
    assert len({float(value) for (value,) in drawn}) == 4
