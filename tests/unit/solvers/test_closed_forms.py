"""Geodesics that are known in closed form."""

import numpy as np
import torch
from curve_problems import (
    DOUBLE,
    ends,
    every_family,
    linear_decoder,
    random_weights,
    straight_weights,
)
from latentgeo.curves import CubicSpline, PiecewiseLinear
from latentgeo.likelihoods.continuous_bernoulli import CONTINUOUS_BERNOULLI
from latentgeo.objectives.fisher_rao import FisherRao
from latentgeo.solvers.newton import Newton
from latentgeo.solvers.problem import Problem
from scipy.integrate import cumulative_simpson
from torch import nn


@every_family
def test_geodesics_of_a_nearly_uniform_linear_decoder_are_straight(family):
    # eta stays near 0, where the variance is 1/12: the metric is WᵀW / 12 everywhere
    weight = 1e-3 * torch.randn(50, 2, generator=torch.Generator().manual_seed(0), dtype=DOUBLE)
    objective, segments = FisherRao([linear_decoder(weight)], CONTINUOUS_BERNOULLI), 16
    start, end = ends()
    curves = Problem(objective, family, start, end, segments)
    solution = Newton(tolerance=1e-8).solve(curves, random_weights(curves))
    length = ((end - start) @ weight.T).square().sum(-1).div(12).sqrt()
    assert solution.converged.all()
    torch.testing.assert_close(solution.weights, straight_weights(curves), rtol=0, atol=1e-3)
    torch.testing.assert_close(solution.energy, length**2 / (2 * segments), rtol=1e-5, atol=0)
    found = objective.measures(curves.points(solution.weights))["length"]
    torch.testing.assert_close(found, length, rtol=1e-5, atol=0)


class ProductMetric:
    """A decoder of which half the pixels see x alone, half y alone: ds² = a(x)² dx² + b(y)² dy².

    In the coordinates u = ∫ a dx, v = ∫ b dy the metric is Euclidean and geodesics are straight.
    The integrals are taken here with numpy and scipy, from the weights alone.
    """

    units, pixels = 6, 40

    def __init__(self):
        noise = np.random.default_rng(4)
        self.first = noise.normal(scale=1.5, size=(2, self.units))
        self.bias = noise.normal(size=(2, self.units))
        self.second = noise.normal(scale=0.8, size=(2, self.pixels, self.units))
        self.nodes = np.linspace(-3, 3, 6001)
        integrals = [
            cumulative_simpson(self.speed(axis), x=self.nodes, initial=0) for axis in (0, 1)
        ]
        self.integrals = np.stack(integrals)

    def speed(self, axis):
        """a or b at the nodes, from the chain rule and V = 1/eta² - 1/(4 sinh²(eta/2))."""
        z = self.nodes[:, None] * self.first[axis] + self.bias[axis]
        s = 1 / (1 + np.exp(-z))
        hidden, slope = z * s, s * (1 + z * (1 - s)) * self.first[axis]
        tanh = np.tanh(hidden @ self.second[axis].T / 15.94)
        eta, d_eta = 15.94 * tanh, (1 - tanh**2) * (slope @ self.second[axis].T)
        with np.errstate(divide="ignore", invalid="ignore"):
            exact = 1 / eta**2 - 1 / (4 * np.sinh(eta / 2) ** 2)
        variance = np.where(np.abs(eta) < 1e-3, 1 / 12 - eta**2 / 240, exact)
        return np.sqrt((variance * d_eta**2).sum(1))

    def flat(self, points):
        """Points (..., 2) in the coordinates (u, v)."""
        uv = [np.interp(points[..., i], self.nodes, self.integrals[i]) for i in (0, 1)]
        return np.stack(uv, -1)

    def curved(self, uv):
        xy = [np.interp(uv[..., i], self.integrals[i], self.nodes) for i in (0, 1)]
        return np.stack(xy, -1)

    def decoder(self):
        first, second = nn.Linear(2, 2 * self.units), nn.Linear(2 * self.units, 2 * self.pixels)
        with torch.no_grad():
            first.weight.zero_(), second.weight.zero_(), second.bias.zero_()
        decoder = nn.Sequential(first, nn.SiLU(), second).double().requires_grad_(False)
        for axis in (0, 1):
            hidden = slice(axis * self.units, (axis + 1) * self.units)
            pixels = slice(axis * self.pixels, (axis + 1) * self.pixels)
            first.weight[hidden, axis] = torch.from_numpy(self.first[axis])
            first.bias[hidden] = torch.from_numpy(self.bias[axis])
            second.weight[pixels, hidden] = torch.from_numpy(self.second[axis])
        return decoder


def test_geodesics_of_a_product_metric_converge_to_the_closed_form():
    product, (start, end) = ProductMetric(), ends()
    flat = product.flat(start.numpy()), product.flat(end.numpy())
    length = np.linalg.norm(flat[1] - flat[0], axis=1)
    errors = {"energy": [], "length": [], "points": []}
    for segments in (8, 16, 32):
        objective = FisherRao([product.decoder()], CONTINUOUS_BERNOULLI)
        curves = Problem(objective, PiecewiseLinear(segments), start, end, segments)
        solution = Newton(tolerance=1e-9).solve(curves, straight_weights(curves))
        assert solution.converged.all()
        points = curves.points(solution.weights)
        t = np.linspace(0, 1, segments + 1)[None, :, None]
        expected = product.curved((1 - t) * flat[0][:, None] + t * flat[1][:, None])
        energy = 2 * segments * solution.energy.numpy() / length**2
        errors["energy"].append(abs(energy - 1).max())
        errors["length"].append(
            abs(objective.measures(points)["length"].numpy() / length - 1).max()
        )
        errors["points"].append(abs(points.numpy() - expected).max())
    straight = abs(curves.points(straight_weights(curves)).numpy() - expected).max()
    assert straight > 0.2  # the geodesics bend
    for first, second, third in errors.values():
        assert third < 0.6 * second < 0.36 * first
    assert errors["energy"][-1] < 0.03
    assert errors["length"][-1] < 5e-3
    assert errors["points"][-1] < 0.03


def test_splines_reach_the_closed_form_of_a_product_metric_with_few_weights():
    product, (start, end) = ProductMetric(), ends()
    length = np.linalg.norm(product.flat(end.numpy()) - product.flat(start.numpy()), axis=1)
    objective = FisherRao([product.decoder()], CONTINUOUS_BERNOULLI)
    curves = Problem(objective, CubicSpline(8), start, end, 64)
    solution = Newton().solve(curves, straight_weights(curves))
    found = objective.measures(curves.points(solution.weights))["length"]
    np.testing.assert_allclose(found, length, rtol=2e-3)
    assert (found.numpy() > length * (1 - 1e-3)).all()
