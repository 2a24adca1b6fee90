"""Geodesics of the expected metric have a limit as segments grow; the study's energy has none."""

import numpy as np
import pytest
import reference
import torch
from latentgeo import plugins
from latentgeo.curves import CubicSpline, PiecewiseLinear, Polynomial
from latentgeo.geodesics import make_objective
from latentgeo.likelihoods.continuous_bernoulli import CONTINUOUS_BERNOULLI
from latentgeo.objectives.base import Ingredients
from latentgeo.solvers.newton import Newton
from latentgeo.solvers.problem import Problem
from latentgeo.solvers.solution import lowest
from latentgeo.starts import base, graph
from latentgeo.starts.grid.evaluation import evaluate_grid

WITHIN = "fisher-rao-within"


def solved(metric, family, segments, decoders):
    """Geodesics of three pairs from the graph start, with their measures and certificates."""
    corners = np.array([[-2.0, -2.0], [2.0, 2.0]])
    grid = evaluate_grid(decoders, CONTINUOUS_BERNOULLI, corners, nodes=30)
    start = torch.tensor([[-1.5, 0.3], [0.2, -1.2], [1.0, 1.3]], dtype=torch.float64)
    end = torch.tensor([[1.4, -0.7], [-0.9, 1.2], [-1.2, -1.1]], dtype=torch.float64)
    ingredients = Ingredients(decoders, CONTINUOUS_BERNOULLI, torch.zeros(1, 2).double())
    objective = make_objective(metric, {}, ingredients)
    problem = Problem(objective, family, start, end, segments)
    certificates = plugins.load("certificates", metric)
    routes = certificates.prepare(problem, grid, len(decoders))
    begun = graph.make(problem, base.Ingredients(None, routes))
    found = Newton().solve(problem.select(begun.owner), begun.weights, begun.owner, begun.hessian)
    found = found.select(lowest(found.energy, begun.owner))
    assert found.converged.all()
    measures = objective.measures(problem.points(found.weights)) | {"energy": found.energy}
    return measures, certificates.certify(problem, found.weights, found.energy, routes)


@pytest.mark.parametrize("family", [Polynomial(3), PiecewiseLinear(8), CubicSpline(8)], ids=str)
def test_lengths_of_the_expected_metric_are_the_same_in_32_and_128_segments(family):
    decoders = reference.tiny_decoders(4)
    (few, _), (many, certificate) = (solved(WITHIN, family, n, decoders) for n in (32, 128))
    torch.testing.assert_close(few["length"], many["length"], rtol=0.01, atol=0)
    torch.testing.assert_close(32 * few["energy"], 128 * many["energy"], rtol=0.02, atol=0)
    # the energy of a geodesic is L² / 2N
    tight = many["length"].square() / (2 * 128)
    assert (many["energy"] >= tight * (1 - 1e-3)).all()
    assert set(certificate.limit) <= {"none", "family"}
    assert (certificate.excess < 0.1).all()


def test_the_studys_energy_is_mostly_disagreement_as_segments_grow():
    decoders = reference.tiny_decoders(4)
    few, many = (solved("fisher-rao", CubicSpline(8), n, decoders)[0] for n in (8, 64))
    assert (many["disagreement"] > 4 * few["disagreement"]).all()
    assert (many["disagreement"] > 0.9 * many["energy"]).all()
    assert ((many["length"] / few["length"] - 1).abs() > 0.05).any()


def test_one_decoder_has_the_same_geodesics_under_both():
    decoders = reference.tiny_decoders(1)
    (own, certificate), (between, same) = (
        solved(metric, CubicSpline(8), 32, decoders) for metric in (WITHIN, "fisher-rao")
    )
    for name, value in own.items():
        assert torch.equal(value, between[name]), name
    assert certificate.limit == same.limit
    assert torch.equal(certificate.excess, same.excess)
