import differentiation
import numpy as np
import pytest
import reference
import torch
from curve_problems import ends, every_family, gradient, scipys_minimum, straight_weights
from latentgeo.curves import Polynomial
from latentgeo.objectives.differentiated import Differentiated
from latentgeo.solvers.adam import Adam
from latentgeo.solvers.newton import Newton
from latentgeo.solvers.problem import Problem

DOUBLE = torch.float64
EVERY_SEGMENTS = pytest.mark.parametrize("segments", [2, 3, 4, 5, 8])


class Hill(Differentiated):
    """Energy under a metric that is large around the origin, and not symmetric in x and y."""

    def energy(self, points):
        middle, step = (points[:, 1:] + points[:, :-1]) / 2, points.diff(dim=1)
        hill = 4 * torch.exp(-2 * middle.square().sum(-1))
        shear = torch.sin(middle[..., 0]) / 2
        along = (step[..., 0] + shear * step[..., 1]).square() + step[..., 1].square()
        return ((1 + hill) * along).sum(-1)


class TwiceDifferentiated(Differentiated):
    """Another objective's energy, with derivatives of autograd."""

    def __init__(self, exact):
        self.exact = exact

    def energy(self, points):
        return self.exact.energy(points)


@EVERY_SEGMENTS
def test_gradient_and_hessian_agree_with_automatic_differentiation(segments):
    objective, points = Hill(), reference.random_points(4, segments)
    expansion = objective.expand(points)
    differentiation.check_derivatives(expansion, objective.energy, points, rtol=1e-9)


@EVERY_SEGMENTS
@pytest.mark.parametrize("count", [1, 3])
def test_gradient_and_hessian_agree_with_the_closed_form_of_the_fisher_rao_energy(count, segments):
    exact, points = reference.objective(count), reference.random_points(4, segments)
    closed, found = exact.expand(points), TwiceDifferentiated(exact).expand(points)
    torch.testing.assert_close(found.energy, closed.energy, rtol=1e-12, atol=0)
    scale = closed.gradient().abs().max().item()
    torch.testing.assert_close(found.gradient(), closed.gradient(), rtol=1e-10, atol=1e-10 * scale)
    for chosen in ([True] * 4, [False, True, False, True], [False, False, True, False]):
        blocks = [expansion.hessian(torch.tensor(chosen)) for expansion in (found, closed)]
        scale = blocks[1].diagonal.abs().max().item()
        for own, expected in zip(*blocks, strict=True):
            assert own.shape == expected.shape
            torch.testing.assert_close(own, expected, rtol=1e-9, atol=1e-10 * scale)


def test_a_selection_of_no_curves_has_an_empty_hessian():
    expansion = Hill().expand(reference.random_points(3, 5))
    hessian = expansion.hessian(torch.zeros(3, dtype=torch.bool))
    assert hessian.diagonal.shape == (0, 4, 2, 2)
    assert hessian.upper.shape == (0, 3, 2, 2)


@pytest.mark.parametrize("dim", [1, 3])
def test_latent_spaces_of_other_dimensions_are_served_too(dim):
    class Spring(Differentiated):
        def energy(self, points):
            stiffness = 1 + points[:, :-1].square().sum(-1)
            return (stiffness * points.diff(dim=1).square().sum(-1)).sum(-1)

    points = torch.randn(2, 6, dim, generator=torch.Generator().manual_seed(0), dtype=DOUBLE)
    objective = Spring()
    differentiation.check_derivatives(objective.expand(points), objective.energy, points, 1e-9)


def test_expanding_leaves_the_points_and_their_gradients_alone():
    points = reference.random_points(2, 4)
    kept = points.clone()
    with torch.no_grad():
        expansion = Hill().expand(points)
        expansion.gradient()
        expansion.hessian(torch.ones(2, dtype=torch.bool))
    assert torch.equal(points, kept)
    assert not points.requires_grad
    assert not expansion.energy.requires_grad
    assert not expansion.gradient().requires_grad
    assert (expansion.resolution > 0).all()
    assert (expansion.resolution < 1e-12 * expansion.energy).all()


@every_family
def test_newton_finds_the_minimum_that_scipy_finds_of_any_energy(family):
    curves = Problem(Hill(), family, *ends(4), 8)
    solution = Newton(tolerance=1e-9).solve(curves, straight_weights(curves))
    assert solution.converged.all()
    assert gradient(curves, solution.weights).abs().max() < 1e-3
    for i in range(4):
        theirs = scipys_minimum(curves.select([i]))
        assert solution.energy[i].item() == pytest.approx(theirs.fun, rel=1e-6)
        np.testing.assert_allclose(solution.weights[i].numpy().ravel(), theirs.x, atol=1e-2)


def test_adam_lowers_any_energy_and_finds_nothing_to_sample():
    curves = Problem(Hill(), Polynomial(4), *ends(3), 8)
    exact = Adam(0.002, steps=5).solve(curves, straight_weights(curves))
    assert (exact.energy < exact.initial_energy).all()
    sampled = Adam(0.002, steps=5, samples=3).solve(curves, straight_weights(curves))
    assert torch.equal(sampled.weights, exact.weights)


def test_an_energy_that_says_nothing_of_measures_has_none():
    assert Hill().measures(reference.random_points(2, 4)) == {}


def test_a_linear_energy_has_no_curvature():
    class Linear(Differentiated):
        def energy(self, points):
            return points.sum((1, 2))

    expansion = Linear().expand(torch.zeros(2, 5, 2, dtype=torch.float64))
    assert torch.equal(expansion.gradient(), torch.ones(2, 3, 2, dtype=torch.float64))
    hessian = expansion.hessian(torch.tensor([True, False]))
    assert not hessian.diagonal.any()
    assert hessian.upper.shape == (1, 2, 2, 2)
