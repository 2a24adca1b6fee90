import pytest
import torch
from latentgeo.curves import CubicSpline, PiecewiseLinear, Polynomial
from latentgeo.geodesics import make_starts, streams_of
from latentgeo.solvers.problem import Problem
from latentgeo.starts.base import Ingredients, one_each
from latentgeo.starts.line import line

every_family = pytest.mark.parametrize(
    "family", [Polynomial(3), PiecewiseLinear(4), CubicSpline(4)], ids=str
)


def size(family):
    return {Polynomial: 2, PiecewiseLinear: 3, CubicSpline: 3}[type(family)]


@every_family
def test_a_line_has_no_weights(family):
    weights = line(family, pairs=4, dim=2)
    assert torch.equal(weights, torch.zeros(4, size(family), 2, dtype=torch.float64))


def test_the_start_of_the_name_line_is_the_line_of_every_pair():
    start = torch.zeros(4, 2, dtype=torch.float64)
    problem = Problem(None, Polynomial(3), start, start, 8)
    found = make_starts("line", problem, Ingredients(streams_of(5, range(4))))
    assert torch.equal(found.weights, line(Polynomial(3), 4, 2))
    assert found.owner.tolist() == [0, 1, 2, 3]


def random_weights(family, pairs, seed):
    start = torch.zeros(len(pairs), 2, dtype=torch.float64)
    problem = Problem(None, family, start, start, 8)
    ingredients = Ingredients(streams_of(seed, pairs))
    return make_starts("random", problem, ingredients).weights


@every_family
def test_a_random_start_depends_on_the_pair_alone(family):
    weights = random_weights(family, [7, 0, 3], seed=5)
    assert weights.shape == (3, size(family), 2)
    assert torch.equal(weights[:2], random_weights(family, [7, 0], seed=5))
    assert torch.equal(weights[2:], random_weights(family, [3], seed=5))


def test_random_starts_differ_between_pairs_and_seeds():
    first, second = random_weights(Polynomial(3), [0, 1], seed=5)
    other = random_weights(Polynomial(3), [0], seed=6)[0]
    assert not (first == second).any()
    assert not (first == other).any()


def test_random_weights_are_standard_normal():
    weights = random_weights(PiecewiseLinear(6), list(range(1000)), seed=0)
    assert weights.mean().abs() < 4 / weights.numel() ** 0.5
    assert weights.std() == pytest.approx(1, abs=4 / (2 * weights.numel()) ** 0.5)


def test_one_each_gives_every_pair_its_own_curve():
    weights = random_weights(Polynomial(3), [4, 2], seed=0)
    single = one_each(weights)
    assert torch.equal(single.weights, weights)
    assert single.owner.tolist() == [0, 1]


def test_a_hot_start_is_the_weights_that_are_given():
    weights = random_weights(Polynomial(3), [4, 2], seed=0)
    ingredients = Ingredients(streams_of(0, [4, 2]), weights=weights)
    found = make_starts("hot", None, ingredients)
    assert torch.equal(found.weights, weights)
    assert found.owner.tolist() == [0, 1]
