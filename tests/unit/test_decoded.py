"""What one sees along curves: images by hand, sums over segments, equal steps of length."""

import numpy as np
import pytest
import torch
from latentgeo import decoded
from latentgeo.likelihoods.named import named
from latentgeo.objectives.base import Ingredients
from latentgeo.objectives.density import Density
from latentgeo.objectives.fisher_rao import BETWEEN, WITHIN, FisherRao
from torch import nn


def decoder(seed, dim=2, features=5):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(dim, 7), nn.Tanh(), nn.Linear(7, features)).double()


@pytest.fixture
def curves():
    t = torch.linspace(0, 1, 9, dtype=torch.float64)[:, None]
    noise = torch.Generator().manual_seed(0)
    ends = torch.randn(2, 3, 1, 2, generator=noise, dtype=torch.float64)
    bow = torch.randn(3, 1, 2, generator=noise, dtype=torch.float64)
    return ends[0] * (1 - t) + ends[1] * t + t * (1 - t) * bow


def test_images_are_the_mean_over_decoders_and_their_deviation(curves):
    decoders = [decoder(0), decoder(1), decoder(2)]
    mean, deviation = decoded.images(decoders, named("bernoulli"), curves)
    each = np.stack([torch.sigmoid(d(curves)).detach().numpy() for d in decoders])
    np.testing.assert_allclose(mean, each.mean(0))
    np.testing.assert_allclose(deviation, each.std(0, ddof=1))
    one, nothing = decoded.images(decoders[:1], named("bernoulli"), curves)
    np.testing.assert_allclose(one, each[0])
    assert not nothing.any()


@pytest.mark.parametrize("coupling", [BETWEEN, WITHIN])
def test_energy_and_length_so_far_are_those_of_the_beginning_of_the_curve(curves, coupling):
    ingredients = Ingredients([decoder(0), decoder(1)], named("bernoulli"), curves[0])
    objective = FisherRao.of(ingredients, coupling)
    energy, length = decoded.so_far(objective, curves)
    assert not energy[:, 0].any() and not length[:, 0].any()
    for n in range(1, curves.shape[1]):
        start = curves[:, : n + 1]
        torch.testing.assert_close(energy[:, n], objective.energy(start).detach())
        torch.testing.assert_close(length[:, n], objective.measures(start)["length"])


def test_so_far_under_the_density_metric(curves):
    objective = Density(torch.randn(40, 2, dtype=torch.float64), 0.5, 1e-2)
    energy, length = decoded.so_far(objective, curves)
    torch.testing.assert_close(energy[:, -1], objective.energy(curves))
    torch.testing.assert_close(length[:, -1], objective.measures(curves)["length"])


def test_equal_steps_of_length_are_equal():
    points = torch.tensor([[[0.0, 0], [1, 0], [1, 3]]], dtype=torch.float64)
    length = torch.tensor([[0.0, 1, 4]], dtype=torch.float64)
    found = decoded.at_equal_steps(points, length, 5)
    expected = torch.tensor([[[0.0, 0], [1, 0], [1, 1], [1, 2], [1, 3]]], dtype=torch.float64)
    torch.testing.assert_close(found, expected)


def test_a_curve_may_stand_still():
    points = torch.tensor([[[0.0], [0], [2], [2]], [[1], [1], [1], [1]]], dtype=torch.float64)
    length = torch.tensor([[0.0, 0, 2, 2], [0, 0, 0, 0]], dtype=torch.float64)
    found = decoded.at_equal_steps(points, length, 3)[..., 0]
    torch.testing.assert_close(found, torch.tensor([[0.0, 1, 2], [1, 1, 1]], dtype=torch.float64))


def test_a_straight_line_has_equal_steps():
    found = decoded.straight(torch.zeros(1, 3), torch.ones(1, 3), 4)
    torch.testing.assert_close(found[0, :, 1], torch.tensor([0, 0.25, 0.5, 0.75, 1]))
