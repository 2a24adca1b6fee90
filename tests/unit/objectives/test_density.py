import differentiation
import pytest
import reference
import torch
from latentgeo.curves import Polynomial
from latentgeo.objectives.base import Ingredients
from latentgeo.objectives.density import Density, make, scott_bandwidth
from latentgeo.solvers.newton import Newton
from latentgeo.solvers.problem import Problem


def density(points=60):
    latents = torch.randn(points, 2, generator=reference.generators(1)[0], dtype=torch.float64)
    return Density(latents, bandwidth=0.4, epsilon=1e-2)


def mixture(objective):
    normal = torch.distributions.MultivariateNormal(
        objective.latents, objective.bandwidth**2 * torch.eye(2, dtype=torch.float64)
    )
    weights = torch.distributions.Categorical(logits=torch.zeros(len(objective.latents)).double())
    return torch.distributions.MixtureSameFamily(weights, normal)


def test_the_density_is_the_mixture_of_normals():
    objective, points = density(), reference.random_points(2, 5)
    expected = mixture(objective).log_prob(points).exp()
    torch.testing.assert_close(objective.density(points), expected, rtol=1e-12, atol=0)


def test_density_derivatives_agree_with_automatic_differentiation():
    objective, point = density(), torch.tensor([0.3, -0.4], dtype=torch.float64)

    def value(z):
        return mixture(objective).log_prob(z).exp()

    p, first, second = objective.density_derivatives(point)
    torch.testing.assert_close(p, value(point))
    torch.testing.assert_close(first, torch.func.jacrev(value)(point), rtol=1e-10, atol=1e-12)
    expected = torch.autograd.functional.hessian(value, point)
    torch.testing.assert_close(second, expected, rtol=1e-10, atol=1e-12)


def test_density_energy_and_derivatives_agree_with_the_definition():
    objective, points = density(), reference.random_points(3, 5)

    def energy(points):
        p = mixture(objective).log_prob(points[:, :-1]).exp()
        return (points.diff(dim=1).square().sum(-1) / (p + objective.epsilon)).sum(-1)

    torch.testing.assert_close(objective.energy(points), energy(points), rtol=1e-12, atol=0)
    differentiation.check_derivatives(objective.expand(points), energy, points, rtol=1e-9)


def test_scotts_rule_by_hand():
    latents = torch.tensor([[0.0, 0.0], [2.0, 4.0]], dtype=torch.float64)
    # deviations √2 and 2√2; two latents in two dimensions: 2^(-1/6)
    assert scott_bandwidth(latents) == pytest.approx(2 ** (-1 / 6) * 1.5 * 2**0.5)


def test_the_bandwidth_of_the_settings_is_a_number_or_scotts():
    latents = density().latents
    ingredients = Ingredients([], None, latents)
    assert make(ingredients, "scott", 1e-3) == Density(latents, scott_bandwidth(latents), 1e-3)
    assert make(ingredients, 0.25, 1e-3) == Density(latents, 0.25, 1e-3)


def test_the_length_of_a_curve_is_the_metrics_own():
    objective = density()
    t = torch.linspace(0, 1, 2001, dtype=torch.float64)
    points = torch.stack([2 * t - 1, torch.sin(3 * t)], -1)[None]
    metric = 1 / (mixture(objective).log_prob(points).exp() + objective.epsilon)
    speed = (4 + 9 * torch.cos(3 * t).square()) * metric[0]
    measures = objective.measures(points)
    assert set(measures) == {"length"}
    expected = torch.trapezoid(speed.sqrt(), t)[None]
    torch.testing.assert_close(measures["length"], expected, rtol=1e-5, atol=0)


def test_there_is_nothing_to_sample_in_a_density():
    objective = density()
    assert objective.sampled(3, None) is objective


@pytest.mark.parametrize("bandwidth", [0.5, 0.1])
@pytest.mark.parametrize("epsilon", [1e-4, 1e-8, 1e-12, 1e-15])
def test_what_is_called_converged_is_at_the_minimum_however_small_epsilon_is(epsilon, bandwidth):
    noise = torch.Generator().manual_seed(3)
    latents = torch.randn(200, 2, generator=noise, dtype=torch.float64)
    objective = Density(latents, bandwidth, epsilon)
    start, end = 1.5 * torch.randn(2, 6, 2, generator=noise, dtype=torch.float64)
    problem = Problem(objective, Polynomial(3), start, end, 16)
    lines = torch.zeros(6, 2, 2, dtype=torch.float64)
    found = Newton(max_steps=200).solve(problem, lines)
    chosen = torch.from_numpy(found.converged)
    exact = Newton(tolerance=1e-12, max_steps=200).solve(problem, found.weights).energy
    assert (found.energy <= exact * (1 + 1e-5))[chosen].all()
    if epsilon == 1e-4:
        assert chosen.all()


def test_the_resolution_is_a_small_share_of_the_energy():
    latents = torch.randn(200, 2, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    points = torch.linspace(-1, 1, 17, dtype=torch.float64)[None, :, None].repeat(1, 1, 2)
    for epsilon in (1e-4, 1e-15):
        expansion = Density(latents, 0.2, epsilon).expand(points)
        assert 0 < expansion.resolution / expansion.energy < 1e-12
