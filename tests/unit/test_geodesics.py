"""From starts to what is kept of geodesics."""

import numpy as np
import pytest
import torch
from latentgeo import geodesics, starts
from latentgeo.configuration import retyped
from latentgeo.curves import Polynomial
from latentgeo.energy import Density
from latentgeo.solvers import ABANDONED, Newton, Problem, lowest


@pytest.fixture
def around():
    """Two ways from left to right around a hill of the metric, of which the upper is shorter."""
    x = torch.linspace(-1, 1, 9, dtype=torch.float64)
    arcs = [torch.stack([x, height * (1 - x**2)], 1) for height in (0.7, -1.0)]
    objective = Density(torch.cat(arcs), bandwidth=0.2, epsilon=0.05, segments=16)
    start, end = arcs[0][[0]], arcs[0][[-1]]
    problem = Problem(objective, Polynomial(3), start, end, 16)
    bow = torch.tensor([[0.0, 4.0], [0.0, -4.0]], dtype=torch.float64)  # 4 t (1 - t), upwards
    return problem, torch.stack([-bow, 0.7 * bow])


def test_the_lowest_of_each_owner_is_found():
    energies = torch.tensor([3.0, torch.nan, 1.0, 2.0, 5.0], dtype=torch.float64)
    owner = torch.tensor([0, 0, 0, 1, 1])
    assert lowest(energies, owner).tolist() == [2, 3]
    assert lowest(torch.tensor([torch.nan]), torch.tensor([0])).tolist() == [0]


def test_of_two_starts_the_lower_end_is_kept(around):
    problem, weights = around
    both = Newton().solve(problem.select([0, 0]), weights)
    assert both.energy[1] < both.energy[0] * 0.99  # two valleys
    start = starts.Starts(weights, torch.tensor([0, 0]))
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
    start = starts.one_each(weights[:1])
    ends = [
        geodesics.solve(problem, start, settings, [0], 0, lambda message: None).energy
        for settings in ({"method": "newton"}, {"method": "newton", "escapes": 1})
    ]
    better = Newton().solve(problem, weights[1:]).energy
    assert ends[0] > better / 0.99
    torch.testing.assert_close(ends[1], better, rtol=1e-6, atol=0)


def test_scotts_rule_by_hand():
    latents = torch.tensor([[0.0, 0.0], [2.0, 4.0]], dtype=torch.float64)
    # deviations √2 and 2√2; two latents in two dimensions: 2^(-1/6)
    assert geodesics.scott_bandwidth(latents) == pytest.approx(2 ** (-1 / 6) * 1.5 * 2**0.5)


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
