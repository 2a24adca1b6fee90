"""Small problems for solvers, and what their solutions are compared with."""

import pytest
import reference
import torch
from latentgeo.curves import CubicSpline, PiecewiseLinear, Polynomial
from latentgeo.randomness import generator
from latentgeo.solvers.problem import Problem
from latentgeo.starts.line import line
from latentgeo.starts.random import random
from scipy.optimize import minimize
from torch import nn

every_family = pytest.mark.parametrize(
    "family", [Polynomial(4), PiecewiseLinear(4), CubicSpline(4)], ids=str
)


DOUBLE = torch.float64


def ends(curves=3, seed=2):
    noise = torch.Generator().manual_seed(seed)
    return 3 * torch.rand(2, curves, 2, generator=noise, dtype=DOUBLE) - 1.5


def problem(family, count=1, curves=3, segments=8, dtype=DOUBLE):
    objective = reference.objective(count, dtype=dtype)
    return Problem(objective, family, *ends(curves), segments)


def straight_weights(problem):
    return line(problem.family, len(problem), 2)


def random_weights(problem, seed=0):
    streams = [generator(seed, "random start", pair) for pair in range(len(problem))]
    return random(problem.family, 2, streams)


def gradient(problem, weights):
    weights = weights.clone().requires_grad_()
    energy = problem.objective.energy(problem.points(weights))
    return torch.autograd.grad(energy.sum(), weights)[0]


def scipys_minimum(problem):
    """scipy's own minimum of the energy of a single curve, from the straight line."""

    def energy(flat):
        weights = torch.from_numpy(flat).view(1, -1, 2).requires_grad_()
        value = problem.objective.energy(problem.points(weights)).sum()
        return value.item(), torch.autograd.grad(value, weights)[0].numpy().ravel()

    options = {"ftol": 1e-14, "gtol": 1e-8, "maxiter": 2000}
    start = straight_weights(problem).numpy().ravel()
    return minimize(energy, start, jac=True, method="L-BFGS-B", options=options)


def linear_decoder(weight):
    layer = nn.Linear(2, len(weight), bias=False)
    layer.weight = nn.Parameter(weight)
    return nn.Sequential(layer).requires_grad_(False)


def kind(solver):
    return type(solver).__name__
