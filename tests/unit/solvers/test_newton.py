import numpy as np
import pytest
import reference
import torch
from curve_problems import (
    DOUBLE,
    every_family,
    gradient,
    problem,
    random_weights,
    scipys_minimum,
    straight_weights,
)
from latentgeo.curves import CubicSpline, PiecewiseLinear, Polynomial
from latentgeo.likelihoods.continuous_bernoulli import CONTINUOUS_BERNOULLI
from latentgeo.objectives.density import Density
from latentgeo.objectives.fisher_rao import FisherRao
from latentgeo.solvers.newton import Newton
from latentgeo.solvers.problem import Problem
from latentgeo.solvers.solution import STEP_LIMIT


@every_family
@pytest.mark.parametrize("count", [1, 3])
def test_newton_finds_the_minimum_that_scipy_finds(family, count):
    curves = problem(family, count, curves=2)
    solution = Newton(tolerance=1e-9).solve(curves, straight_weights(curves))
    assert solution.converged.all()
    assert gradient(curves, solution.weights).abs().max() < 1e-3
    for i in range(2):
        theirs = scipys_minimum(curves.select([i]))
        assert solution.energy[i].item() == pytest.approx(theirs.fun, rel=1e-6)
        found = solution.weights[i].numpy().ravel()
        np.testing.assert_allclose(found, theirs.x, atol=1e-2)


@every_family
@pytest.mark.parametrize("count", [1, 3])
def test_newtons_history_never_rises_and_ends_at_the_energy(family, count):
    curves = problem(family, count)
    start = random_weights(curves)
    solution = Newton().solve(curves, start)
    assert solution.converged.all()
    assert solution.history.shape == (3, solution.steps.max() + 1)
    initial = curves.objective.energy(curves.points(start))
    torch.testing.assert_close(solution.history[:, 0], initial, rtol=1e-11, atol=0)
    assert torch.equal(solution.initial_energy, solution.history[:, 0])
    for row, steps, energy in zip(solution.history, solution.steps, solution.energy, strict=True):
        assert row[steps] == energy
        assert torch.isnan(row[steps + 1 :]).all()
        assert (row[: steps + 1].diff() <= 1e-9 * energy).all()
    exact = curves.objective.energy(curves.points(solution.weights))
    torch.testing.assert_close(solution.energy, exact, rtol=1e-11, atol=0)


def test_newton_leaves_the_given_weights_alone():
    curves = problem(Polynomial(3))
    start = random_weights(curves)
    kept = start.clone()
    Newton(max_steps=3).solve(curves, start)
    assert torch.equal(start, kept)


def true_hessian(problem, weights):
    """∂²E/∂weights² by autograd of the gradient: (B, P d, P d)."""
    weights = weights.clone().requires_grad_()
    energy = problem.objective.energy(problem.points(weights)).sum()
    slope = torch.autograd.grad(energy, weights, create_graph=True)[0].flatten(1)
    rows = [torch.autograd.grad(s.sum(), weights, retain_graph=True)[0] for s in slope.T]
    return torch.stack([row.flatten(1) for row in rows], dim=1)


@pytest.mark.parametrize("count", [1, 3])
@every_family
def test_a_hessian_that_is_given_changes_the_first_step_only(family, count):
    curves = problem(family, count)
    weights = straight_weights(curves)
    unaided, evaluations = (
        Newton(tolerance=1e-9).solve(curves, weights),
        curves.objective.evaluations,
    )
    exact = true_hessian(curves, weights)
    curves.objective.evaluations = 0
    aided = Newton(tolerance=1e-9).solve(curves, weights, hessian=exact)
    assert curves.objective.evaluations < evaluations
    torch.testing.assert_close(aided.history[:, 1], unaided.history[:, 1], rtol=1e-9, atol=0)
    torch.testing.assert_close(aided.energy, unaided.energy, rtol=1e-8, atol=0)


@pytest.mark.parametrize("factor", [1e-6, -1.0, 1e3, 1e9])
def test_a_hessian_that_misleads_is_replaced(factor):
    curves = problem(PiecewiseLinear(4), 3)
    weights = straight_weights(curves)
    unaided = Newton(tolerance=1e-9).solve(curves, weights)
    wrong = factor * torch.eye(weights[0].numel(), dtype=DOUBLE).expand(3, -1, -1)
    found = Newton(tolerance=1e-9).solve(curves, weights, hessian=wrong)
    assert found.converged.all()
    assert (found.steps <= unaided.steps + 2).all()
    torch.testing.assert_close(found.energy, unaided.energy, rtol=1e-7, atol=0)


@pytest.mark.parametrize("max_steps", [0, 1])
def test_newton_says_when_its_steps_are_used_up(max_steps):
    curves = problem(Polynomial(4), count=3)
    solution = Newton(tolerance=1e-12, max_steps=max_steps).solve(curves, random_weights(curves))
    assert set(solution.status) == {STEP_LIMIT}
    assert solution.history.shape == (3, max_steps + 1)
    assert not solution.converged.any()


def test_starting_at_the_minimum_takes_no_step():
    curves = problem(Polynomial(3))
    first = Newton(tolerance=1e-9).solve(curves, straight_weights(curves))
    again = Newton().solve(curves, first.weights)
    assert again.converged.all()
    assert not again.steps.any()
    assert torch.equal(again.weights, first.weights)


@pytest.mark.parametrize(("dtype", "tolerance"), [(DOUBLE, 1e-9), (torch.float32, 1e-5)], ids=str)
@pytest.mark.parametrize("count", [1, 3])
def test_a_pair_alone_is_solved_as_in_a_batch(count, dtype, tolerance):
    curves = problem(Polynomial(4), count, dtype=dtype)
    start = straight_weights(curves)
    together = Newton().solve(curves, start)
    for i in range(3):
        alone = Newton().solve(curves.select([i]), start[[i]])
        torch.testing.assert_close(alone.energy, together.energy[[i]], rtol=tolerance, atol=0)
        assert alone.status == together.status[i : i + 1]


def test_solutions_do_not_depend_on_how_a_batch_is_chunked(monkeypatch):
    curves = problem(Polynomial(4), count=2, curves=4)
    start = straight_weights(curves)
    at_once = Newton().solve(curves, start)
    monkeypatch.setattr("latentgeo.objectives.fisher_rao.POINTS_AT_ONCE", 1)
    one_by_one = Newton().solve(curves, start)
    torch.testing.assert_close(at_once.weights, one_by_one.weights, rtol=1e-8, atol=1e-8)
    assert at_once.status == one_by_one.status


def test_geodesics_do_not_change_when_the_latent_space_is_scaled():
    # decoding z/s instead of z stretches the latent space: the same curve costs the same
    scaled = reference.tiny_decoders(2)
    for decoder in scaled:
        decoder[0].weight.mul_(1e-3)
    plain = problem(PiecewiseLinear(4), count=2)
    stretched = Problem(
        FisherRao(scaled, CONTINUOUS_BERNOULLI), plain.family, 1e3 * plain.start, 1e3 * plain.end, 8
    )
    a = Newton().solve(plain, straight_weights(plain))
    b = Newton().solve(stretched, straight_weights(stretched))
    assert a.converged.all() and b.converged.all()
    torch.testing.assert_close(b.energy, a.energy, rtol=1e-6, atol=0)
    torch.testing.assert_close(b.weights, 1e3 * a.weights, rtol=1e-3, atol=1)


def test_newton_finds_geodesics_of_the_density_metric():
    ring = torch.linspace(0, 5.5, 40, dtype=DOUBLE)
    latents = torch.stack([ring.cos(), ring.sin()], -1)
    objective = Density(latents, bandwidth=0.3, epsilon=1e-3)
    start, end = latents[[0]], latents[[18]]
    curves = Problem(objective, CubicSpline(6), start, end, 24)
    bow = 0.8 * straight_weights(curves)
    bow[..., 1] = 0.8
    solution = Newton().solve(curves, bow)
    assert solution.converged.all()
    radius = curves.points(solution.weights).norm(dim=-1)
    assert ((radius > 0.75) & (radius < 1.1)).all()  # round the hole in the data
    assert solution.energy < 0.5 * objective.energy(curves.points(straight_weights(curves)))


def test_progress_is_told_after_every_step():
    told = []
    curves = problem(Polynomial(3))
    solution = Newton(progress=told.append).solve(curves, straight_weights(curves))
    assert len(told) == solution.steps.max()
    assert told[-1].endswith("0 of 3 curves left")
