"""What is said of a geodesic where a lower one is known."""

import numpy as np
import pytest
import torch
from grids import flat_axes, latent_grid
from latentgeo import plugins
from latentgeo.certificates import base
from latentgeo.certificates.fisher_rao import certify
from latentgeo.curves import CubicSpline, Polynomial, fit
from latentgeo.solvers.newton import Newton
from latentgeo.solvers.problem import Problem
from latentgeo.starts.grid.interpolation import InterpolatedEnergy
from latentgeo.starts.grid.routes import Routes
from latentgeo.statistics.counts import WRONG

START, END = torch.tensor([[[0.1, 0.5]], [[0.9, 0.5]]], dtype=torch.float64)


def hill(centres=((0.5, 0.55),), width=0.15):
    """A flat metric with hills; with one a little above the middle the way below is shorter."""
    axes, centre, scale = flat_axes(61)
    x, y = np.meshgrid(*axes, indexing="ij")
    height = sum(30 * np.exp(-((x - a) ** 2 + (y - b) ** 2) / width**2) for a, b in centres)
    metric = (1 + height)[None, ..., None, None] * np.eye(2)
    return latent_grid(axes, centre, scale, np.zeros((1, 61, 61)), metric)


def certificate(grid, family, through, segments=32, solved=True):
    """Of the curve that a minimisation from points with heights at equal times ends in."""
    problem = Problem(InterpolatedEnergy(grid, 1), family, START, END, segments)
    times = torch.linspace(0, 1, len(through)).double()
    x = torch.lerp(START[0, 0], END[0, 0], times)
    points = torch.stack([x, torch.tensor(through).double()], -1)[None]
    weights = fit(family, times, points)
    energy = problem.energies(weights)
    if solved:
        found = Newton().solve(problem, weights)
        assert found.converged.all()
        weights, energy = found.weights, found.energy
    return certify(problem, weights, energy, Routes.of(problem, grid, 1))


BELOW, ABOVE = [0.5, 0.3, 0.2, 0.3, 0.5], [0.5, 0.7, 0.8, 0.7, 0.5]


def test_the_shortest_way_has_no_limit():
    found = certificate(hill(), CubicSpline(8), BELOW)
    assert found.limit == ["none"]
    assert -0.01 < found.excess.item() < 0.05


def test_the_other_side_of_a_hill_is_another_valley():
    found = certificate(hill(), CubicSpline(8), ABOVE)
    assert found.limit == ["valley"]
    assert found.excess.item() > 0.05


def test_a_family_that_cannot_follow_the_way_is_the_limit():
    grid = hill([(0.35, 0.62), (0.65, 0.38)], 0.12)
    ways = [certificate(grid, Polynomial(2), way) for way in (BELOW, ABOVE, [0.5] * 5)]
    best = min(ways, key=lambda way: way.excess.item())
    assert best.limit == ["family"]
    assert best.excess.item() > 0.02
    rich = certificate(grid, CubicSpline(12), [0.5, 0.4, 0.5, 0.6, 0.5])
    assert rich.excess.item() < best.excess.item()


def test_a_jump_over_a_hill_is_no_geodesic():
    small = hill([(0.5, 0.505)], 0.05)
    found = certificate(small, CubicSpline(8), [0.5] * 5, segments=3, solved=False)
    assert found.limit == ["segments"]
    assert found.excess.item() > 1


def test_nothing_is_known_beyond_the_grid():
    grid = hill()
    found = certificate(grid, CubicSpline(8), [0.5, 3.0, 3.0, 3.0, 0.5], solved=False)
    assert found.limit == ["unknown"]
    assert found.excess.isnan().all()


class Told:
    """A problem of one curve, and routes, whose numbers are given."""

    def __init__(self, own, lowest, least, in_family, there):
        self.own, self.lowest, self.least, self.in_family, self.there = (
            torch.tensor([value], dtype=torch.float64)
            for value in (own, lowest, least, in_family, there)
        )

    def __len__(self):
        return 1

    def select(self, curves):
        assert curves == [0]
        return self

    def actions(self, problem, weights):
        return self.own

    def followed(self, problem):
        return torch.zeros(1, 2, 2), self.in_family

    def energies(self, weights):
        return self.there


@pytest.mark.parametrize(
    ("own", "lowest", "least", "in_family", "there", "limit", "excess"),
    [
        (100.9, 100, 98, 100.9, 90, "none", 100.9 / 98 - 1),
        (101.1, 100, 98, 101.0, 90, "family", 101.1 / 98 - 1),
        (103.0, 100, 98, 101.0, 94, "valley", 103 / 98 - 1),
        (103.0, 100, 98, 101.0, 96, "segments", 103 / 98 - 1),
        (97.0, 100, 98, 101.0, 90, "none", 0),  # lower than the grid knew
        (101.1, 100, 100.5, np.inf, 90, "family", 101.1 / 100 - 1),  # no curve has more than it is
        (np.nan, 100, 98, 100, 90, "unknown", np.nan),
        (103.0, np.inf, 98, np.inf, 90, "unknown", np.nan),
    ],
)
def test_what_limits_a_curve_of_given_actions(own, lowest, least, in_family, there, limit, excess):
    told = Told(own, lowest, least, in_family, there)
    found = certify(told, None, torch.tensor([95.0]).double(), told)
    assert found.limit == [limit]
    assert found.action.item() == pytest.approx(own if limit != "unknown" else np.nan, nan_ok=True)
    assert found.excess.item() == pytest.approx(excess, abs=1e-12, nan_ok=True)


def test_of_a_metric_without_certificates_nothing_is_said():
    assert not plugins.exists("certificates", "density")
    assert plugins.exists("certificates", "fisher-rao-within")
    found = base.unknown(2)
    assert found.limit == ["unknown"] * 2
    assert found.excess.isnan().all() and found.action.isnan().all()
    assert {name: len(values) for name, values in found.arrays().items()} == {
        "action": 2,
        "excess": 2,
        "limit": 2,
    }


def test_in_doubt_is_what_jumps_and_what_another_way_limits():
    action = torch.tensor([109.9, 110.1, 109, 109, 109, np.nan, 111]).double()
    limit = ["none", "none", "family", "valley", "segments", "unknown", "family"]
    told = base.Certificate(action, torch.zeros(7), limit)
    assert told.doubtful(torch.full((7,), 100.0).double()).tolist() == [1, 3, 4, 5, 6]


def test_what_is_counted_as_wrong_is_what_certificates_say():
    assert WRONG == (base.SEGMENTS, base.VALLEY)


@pytest.mark.parametrize("chunk", [1, 512])
def test_every_curve_has_its_own_certificate(chunk, monkeypatch):
    monkeypatch.setattr("latentgeo.starts.grid.interpolation.CURVES_AT_ONCE", chunk)
    grid, family = hill(), CubicSpline(8)
    problem = Problem(InterpolatedEnergy(grid, 1), family, START.repeat(2, 1), END.repeat(2, 1), 32)
    times = torch.linspace(0, 1, 5).double()
    x = torch.lerp(START[0, 0], END[0, 0], times).expand(2, 5)
    points = torch.stack([x, torch.tensor([ABOVE, BELOW]).double()], -1)
    found = Newton().solve(problem, fit(family, times, points))
    both = certify(problem, found.weights, found.energy, Routes.of(problem, grid, 1))
    assert both.limit == ["valley", "none"]
