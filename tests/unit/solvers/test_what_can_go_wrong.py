import numpy as np
import pytest
import reference
import torch
from curve_problems import (
    DOUBLE,
    ends,
    every_family,
    kind,
    linear_decoder,
    problem,
    random_weights,
    straight_weights,
)
from grids import wall_grid
from latentgeo.curves import PiecewiseLinear, Polynomial
from latentgeo.likelihoods.continuous_bernoulli import CONTINUOUS_BERNOULLI
from latentgeo.objectives.density import Density
from latentgeo.objectives.differentiated import Differentiated
from latentgeo.objectives.fisher_rao import FisherRao
from latentgeo.solvers.adam import Adam
from latentgeo.solvers.lbfgs import LBFGS
from latentgeo.solvers.newton import Newton
from latentgeo.solvers.problem import Problem
from latentgeo.solvers.solution import CONVERGED, FLAT, NOT_FINITE
from latentgeo.starts.grid.interpolation import InterpolatedEnergy


def assert_honest(solution):
    """Converged means finite, and every curve has a final status."""
    finite = torch.isfinite(solution.energy) & torch.isfinite(solution.weights).all(-1).all(-1)
    assert finite[torch.from_numpy(solution.converged)].all()
    assert "running" not in solution.status


@every_family
@pytest.mark.parametrize("scale", [1e3, 1e100])
def test_a_start_far_away_is_survived(family, scale):
    curves = problem(family, count=2)
    solution = Newton().solve(curves, scale * random_weights(curves))
    assert_honest(solution)
    assert (solution.energy <= solution.initial_energy).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("solver", [Newton(), Adam(0.01, steps=3), LBFGS(1.0, steps=3)], ids=kind)
def test_a_start_that_is_not_finite_is_reported_and_harms_no_other_curve(solver, value):
    curves = problem(Polynomial(3), count=2)
    start = straight_weights(curves)
    start[1, 0, 0] = value
    solution = solver.solve(curves, start)
    assert_honest(solution)
    assert solution.status[1] == NOT_FINITE
    others = solver.solve(curves.select([0, 2]), start[[0, 2]])
    torch.testing.assert_close(solution.weights[[0, 2]], others.weights, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("objective", ["density", "interpolated"])
def test_every_objective_reports_a_start_that_is_not_finite(objective, value):
    objective = {
        "density": Density(ends(20)[0], bandwidth=0.3, epsilon=1e-3),
        "interpolated": InterpolatedEnergy(wall_grid(steep=False), 1),
    }[objective]
    curves = Problem(objective, Polynomial(3), *ends(2), 8)
    start = straight_weights(curves)
    start[0] = value
    solution = Newton().solve(curves, start)
    assert solution.status[0] == NOT_FINITE
    assert_honest(solution)


def test_adam_gives_back_the_last_finite_curve():
    decoders = reference.tiny_decoders(1)
    curves = Problem(FisherRao(decoders, CONTINUOUS_BERNOULLI), Polynomial(3), *ends(), 8)
    solution = Adam(learning_rate=1e308, steps=3).solve(curves, straight_weights(curves))
    assert torch.isfinite(solution.weights).all()
    assert torch.isnan(solution.history[:, -1]).all()
    assert_honest(solution)


@every_family
@pytest.mark.parametrize("seed", [None, 0, 1], ids=["line", "random-0", "random-1"])
def test_equal_ends_cost_nothing(family, seed):
    point = ends()[0]
    curves = Problem(reference.objective(1), family, point, point, 8)
    start = straight_weights(curves) if seed is None else random_weights(curves, seed)
    solution = Newton().solve(curves, start)
    assert solution.energy.abs().max() < 1e-9
    assert solution.status == [CONVERGED] * 3


@pytest.mark.parametrize(
    ("distance", "dtype"),
    [(1e-1, DOUBLE), (1e-2, DOUBLE), (1e-4, DOUBLE), (1e-1, torch.float32), (1e-2, torch.float32)],
    ids=str,
)
def test_ends_close_to_each_other_converge(distance, dtype):
    start = ends(6)[0]
    end = start + distance * torch.nn.functional.normalize(ends(6, seed=5)[0], dim=1)
    curves = Problem(reference.objective(1, dtype=dtype), Polynomial(4), start, end, 16)
    solution = Newton().solve(curves, straight_weights(curves))
    assert solution.status == [CONVERGED] * 6


def test_ends_that_single_precision_cannot_tell_apart_are_not_called_converged_on_noise():
    start = ends(6)[0]
    curves = Problem(reference.objective(1, dtype=torch.float32), Polynomial(4), *[start] * 2, 16)
    curves.end[:] = start + 1e-6
    solution = Newton().solve(curves, random_weights(curves))
    assert_honest(solution)
    assert (solution.energy <= solution.initial_energy).all()


@pytest.mark.parametrize("distance", [1e-3, 3e-3])
def test_what_single_precision_cannot_resolve_is_not_called_converged(distance):
    """Converged is at most a thousandth above the minimum, however small the energy is."""
    start = ends(6)[0]
    end = start + distance * torch.nn.functional.normalize(ends(6, seed=5)[0], dim=1)
    single, double = (
        Problem(reference.objective(1, dtype=dtype), Polynomial(4), start, end, 16)
        for dtype in (torch.float32, DOUBLE)
    )
    bowed = 3e-4 * random_weights(double)
    found = Newton().solve(single, bowed)
    least = Newton().solve(double, straight_weights(double)).energy
    exact = double.objective.energy(double.points(found.weights))
    assert (exact[torch.from_numpy(found.converged)] <= least[found.converged] * 1.001).all()


class HalfWayUp(Differentiated):
    """Of the middle point's height y, with a maximum where Newton's step from y = 0 leads."""

    def energy(self, points):
        x, y = points[:, 1].unbind(-1)
        return 10 - 4 * y + 2 * y**2 + 8 / 3 * y**3 - 2 * y**4 + x.square()


def test_a_step_that_ends_on_a_maximum_is_not_called_converged():
    start, end = torch.tensor([[[-2.0, 0.0]], [[2.0, 0.0]]], dtype=DOUBLE)
    curves = Problem(HalfWayUp(), PiecewiseLinear(2), start, end, 2)
    solution = Newton(max_steps=1).solve(curves, straight_weights(curves))
    assert solution.energy[0] < solution.initial_energy[0]
    torch.testing.assert_close(solution.weights[0, 0], torch.tensor([0.0, 1.0], dtype=DOUBLE))
    assert not solution.converged.any()


class SofterBelow(Differentiated):
    """Of the middle point's height y, with a Hessian that is smaller where a step from 0.1 ends."""

    def energy(self, points):
        x, y = points[:, 1].unbind(-1)
        return 10 + y**2 / 2 + y**3 + x.square()


def test_an_old_hessian_calls_nothing_converged_that_a_new_one_would_not():
    """After one step the old one estimates 1.2e-4 nats above the minimum, the new one 1.8e-4."""
    start, end = torch.tensor([[[-2.0, 0.0]], [[2.0, 0.0]]], dtype=DOUBLE)
    curves = Problem(SofterBelow(), PiecewiseLinear(2), start, end, 2)
    bent = straight_weights(curves) + torch.tensor([0.0, 0.1])
    for tolerance, converged in ((1.5e-5, False), (2e-5, True)):
        solution = Newton(tolerance=tolerance, max_steps=1).solve(curves, bent)
        assert solution.steps.tolist() == [1]
        assert solution.converged.tolist() == [converged]


class ClearBelow(SofterBelow):
    """The same, where rounding leaves a whole nat undecided at the start and nothing below it."""

    def expand(self, points):
        found = super().expand(points)
        found.resolution = (points[:, 1, 1] > 0.09).double()
        return found


def test_what_rounding_left_at_the_start_excuses_nothing_at_the_end():
    start, end = torch.tensor([[[-2.0, 0.0]], [[2.0, 0.0]]], dtype=DOUBLE)
    curves = Problem(ClearBelow(), PiecewiseLinear(2), start, end, 2)
    bent = straight_weights(curves) + torch.tensor([0.0, 0.1])
    solution = Newton(tolerance=1e-9, max_steps=1).solve(curves, bent)
    assert solution.steps.tolist() == [1]
    assert not solution.converged.any()


class TwoValleys(Differentiated):
    """Of the middle point's height y, with minima near -1 and, by 0.4 nats lower, near 1."""

    def energy(self, points):
        x, y = points[:, 1].unbind(-1)
        return 10 + (y**2 - 1).square() - y / 5 + x.square()


def test_a_rival_that_is_still_high_up_may_become_the_lowest():
    start, end = torch.tensor([[[-2.0, 0.0]], [[2.0, 0.0]]], dtype=DOUBLE)
    both = Problem(TwoValleys(), PiecewiseLinear(2), start, end, 2).select([0, 0])
    heights = torch.tensor([[[0.0, -0.97]], [[0.0, 1.5]]], dtype=DOUBLE)
    solution = Newton().solve(both, heights, owner=torch.tensor([0, 0]))
    assert solution.initial_energy[1] > solution.initial_energy[0]
    assert solution.status[1] == CONVERGED
    assert solution.energy[1] < solution.energy[0] - 0.3


class Nothing(Differentiated):
    """Exactly 0 wherever a curve is."""

    def energy(self, points):
        return 0 * points.square().sum((1, 2))


@pytest.mark.parametrize("solver", [Newton(), Adam(0.01, steps=3), LBFGS(1.0, steps=3)], ids=kind)
def test_an_energy_that_is_0_everywhere_is_at_its_minimum(solver):
    curves = Problem(Nothing(), Polynomial(3), *ends(), 8)
    assert solver.solve(curves, straight_weights(curves)).status == [CONVERGED] * 3


@pytest.mark.parametrize("count", [1, 3])
def test_decoders_that_ignore_the_latents_leave_nothing_to_minimise(count):
    decoders = reference.tiny_decoders(count)
    for decoder in decoders:
        decoder[0].weight.zero_()
    curves = Problem(FisherRao(decoders, CONTINUOUS_BERNOULLI), Polynomial(3), *ends(), 8)
    solution = Newton().solve(curves, random_weights(curves))
    assert_honest(solution)
    assert set(solution.status) <= ({CONVERGED, FLAT} if count == 1 else {FLAT})
    assert (solution.energy < 1e-9).all() if count == 1 else (solution.energy > 1).all()


@pytest.mark.parametrize("solver", [Adam(0.01, steps=3), LBFGS(1.0, steps=3)], ids=kind)
def test_other_solvers_do_not_call_a_flat_energy_converged(solver):
    decoders = reference.tiny_decoders(2)
    for decoder in decoders:
        decoder[0].weight.zero_()
    curves = Problem(FisherRao(decoders, CONTINUOUS_BERNOULLI), Polynomial(3), *ends(), 8)
    solution = solver.solve(curves, straight_weights(curves))
    assert set(solution.status) == {FLAT}


def test_a_decoder_of_one_coordinate_leaves_the_other_undetermined():
    decoder = linear_decoder(torch.tensor([[1.0, 0.0], [-2.0, 0.0]], dtype=DOUBLE))
    curves = Problem(FisherRao([decoder], CONTINUOUS_BERNOULLI), Polynomial(3), *ends(), 8)
    solution = Newton().solve(curves, random_weights(curves))
    assert_honest(solution)
    assert (solution.energy <= solution.initial_energy).all()
    straight = Newton().solve(curves, straight_weights(curves)).energy
    torch.testing.assert_close(solution.energy, straight, rtol=1e-5, atol=1e-12)
