from dataclasses import replace

import pytest
import torch
from curve_problems import DOUBLE, every_family, problem, random_weights
from latentgeo.curves import PiecewiseLinear, Polynomial
from latentgeo.objectives.differentiated import Differentiated
from latentgeo.solvers.escapes import bowed
from latentgeo.solvers.newton import Newton
from latentgeo.solvers.problem import Problem
from latentgeo.solvers.solution import NOT_FINITE, lowest


class TwoValleys(Differentiated):
    """Energies (y - 1)² (y + 1.2)² of the middle point's height y, and a spring along x."""

    def energy(self, points):
        x, y = points[:, 1].unbind(-1)
        return 1 + ((y - 1) * (y + 1.2)).square() - 0.3 * y + x.square()


def in_two_valleys(heights):
    ends = torch.tensor([[-2.0, 0.0], [2.0, 0.0]], dtype=DOUBLE)[:, None].repeat(1, len(heights), 1)
    weights = torch.zeros(len(heights), 1, 2, dtype=DOUBLE)
    weights[:, 0, 1] = torch.tensor(heights)
    return Problem(TwoValleys(), PiecewiseLinear(2), *ends, 2), weights


@pytest.mark.parametrize("escapes", [1, 2, 3])
def test_an_escape_finds_the_deeper_valley(escapes):
    problem, weights = in_two_valleys([-1.3, 1.1, 0.9])
    shallow = Newton().solve(problem, weights)
    assert shallow.energy[0] > 1.2 > 0.8 > shallow.energy[1]
    solution = Newton(escapes=escapes).solve(problem, weights)
    torch.testing.assert_close(solution.energy, shallow.energy[[1, 1, 1]], rtol=1e-6, atol=0)
    assert solution.converged.all()
    assert torch.equal(solution.initial_energy, shallow.initial_energy)
    assert solution.steps[0] > shallow.steps[0]
    assert torch.equal(solution.steps[1:], shallow.steps[1:])
    history = solution.history[0]
    known = history[: solution.steps[0] + 1]
    assert torch.equal(known[: shallow.steps[0] + 1], shallow.history[0, : shallow.steps[0] + 1])
    assert known.isfinite().all()
    assert known[-1] == solution.energy[0]
    assert history[solution.steps[0] + 1 :].isnan().all()


def test_a_search_goes_to_the_deeper_valley_from_the_curves_in_doubt_alone():
    twice, weights = in_two_valleys([-1.3, -1.3])
    plain = Newton().solve(twice, weights)
    found = Newton().search(twice, plain, torch.tensor([1]))
    assert found.energy[0] == plain.energy[0] and found.energy[1] < 0.99 * plain.energy[1]
    assert torch.equal(found.weights[0], plain.weights[0])
    best = Newton(escapes=4).solve(twice, weights)
    assert found.energy[1] == best.energy[1] and found.steps[1] > plain.steps[1]
    assert Newton(escapes=4).search(twice, plain, torch.tensor([0, 1])) is plain  # done before


def test_a_search_keeps_histories_that_are_longer_than_any_curves():
    problem, weights = in_two_valleys([-1.3])
    plain = Newton().solve(problem, weights)
    longer = torch.nn.functional.pad(plain.history, (0, 50), value=torch.nan)
    found = Newton().search(problem, replace(plain, history=longer), torch.tensor([0]))
    assert found.steps > plain.steps and found.history.shape == longer.shape
    assert found.history[0, : int(found.steps) + 1].isfinite().all()


def test_escapes_of_rivals_begin_at_the_lowest():
    problem, weights = in_two_valleys([-1.3, -1.2, 1.1])
    owner = torch.tensor([0, 0, 1])
    solution = Newton(escapes=1).solve(problem, weights, owner)
    best = solution.energy[lowest(solution.energy, owner)]
    torch.testing.assert_close(best[0], best[1], rtol=1e-6, atol=0)


def test_escapes_leave_alone_what_has_no_minimum():
    problem, weights = in_two_valleys([torch.nan, -1.3])
    solution = Newton(escapes=3).solve(problem, weights)
    assert solution.status[0] == NOT_FINITE
    assert solution.converged[1]
    assert solution.energy[1] < 0.8


@pytest.mark.parametrize("dim", [2, 3])
def test_escapes_begin_to_all_sides_by_a_half_and_a_quarter_of_the_distance(dim):
    start, end = torch.tensor([[[0.3, -1.0, 2.0]], [[1.5, 0.6, 2.0]]], dtype=DOUBLE)[..., :dim]
    curves = Problem(None, Polynomial(3), start, end, 8)
    weights = torch.randn(1, 2, dim, generator=torch.Generator().manual_seed(0), dtype=DOUBLE)
    around = bowed(curves, weights)[:, 0]
    assert len(around) == 4 * (dim - 1)
    chord, plain = end - start, curves.points(weights)[0, 4]
    moved = torch.stack([curves.points(w[None])[0, 4] - plain for w in around])
    torch.testing.assert_close(
        moved @ chord[0], torch.zeros(len(moved), dtype=DOUBLE), atol=1e-12, rtol=0
    )
    shares = moved.norm(dim=1) / chord.norm()
    expected = torch.tensor([0.5, 0.25], dtype=DOUBLE).repeat_interleave(len(moved) // 2)
    torch.testing.assert_close(shares, expected)
    torch.testing.assert_close(moved[::2], -moved[1::2])


@every_family
@pytest.mark.parametrize("count", [1, 3])
def test_escapes_never_end_higher(family, count):
    curves = problem(family, count)
    weights = random_weights(curves)
    plain = Newton().solve(curves, weights).energy
    assert (Newton(escapes=4).solve(curves, weights).energy <= plain).all()
