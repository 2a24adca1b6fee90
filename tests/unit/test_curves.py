import numpy as np
import pytest
import torch
import yaml
from latentgeo.curves import (
    FAMILIES,
    CubicSpline,
    Curves,
    PiecewiseLinear,
    Polynomial,
    fit,
    straight,
    uniform_times,
)
from project import PROJECT
from scipy.interpolate import CubicSpline as ScipySpline

every_family = pytest.mark.parametrize(
    "family",
    [Polynomial(3), Polynomial(6), PiecewiseLinear(5), CubicSpline(5), CubicSpline(2)],
    ids=str,
)


def random_curves(family, dim=2):
    noise = torch.Generator().manual_seed(3)
    size = family.basis(torch.zeros(1, dtype=torch.float64)).shape[1]
    start, end = torch.randn(2, 4, dim, generator=noise, dtype=torch.float64)
    weights = torch.randn(4, size, dim, generator=noise, dtype=torch.float64)
    return Curves(family, start, end, weights)


@every_family
def test_the_basis_vanishes_at_both_ends(family):
    ends = family.basis(torch.tensor([0.0, 1.0], dtype=torch.float64))
    assert torch.equal(ends, torch.zeros_like(ends))


@every_family
@pytest.mark.parametrize("segments", [1, 7, 32])
def test_the_ends_are_exact(family, segments):
    curves = random_curves(family)
    points = curves(uniform_times(segments))
    assert points.shape == (4, segments + 1, 2)
    assert torch.equal(points[:, 0], curves.start)
    assert torch.equal(points[:, -1], curves.end)


@every_family
def test_the_basis_is_linearly_independent_on_a_fine_grid(family):
    basis = family.basis(uniform_times(32))
    assert torch.linalg.matrix_rank(basis) == basis.shape[1]


@every_family
def test_without_weights_a_curve_is_the_straight_line(family):
    curves = random_curves(family)
    line = Curves(family, curves.start, curves.end, torch.zeros_like(curves.weights))
    t = uniform_times(10)
    expected = [torch.lerp(curves.start, curves.end, s) for s in t]
    torch.testing.assert_close(line(t), torch.stack(expected, 1), rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("degree", [2, 3, 5])
def test_polynomials_are_the_studys_with_the_last_weight_minus_the_sum_of_the_others(degree):
    curves = random_curves(Polynomial(degree))
    t = np.linspace(0, 1, 9)
    w = curves.weights.numpy()
    w = np.concatenate([w, -w.sum(1, keepdims=True)], axis=1)
    a, b = curves.start.numpy(), curves.end.numpy()
    for i, time in enumerate(t):
        powers = sum(w[:, k - 1] * time**k for k in range(1, degree + 1))
        point = (1 - time) * a + time * b + powers
        np.testing.assert_allclose(curves(torch.from_numpy(t))[:, i], point, rtol=1e-12, atol=1e-14)


def test_hats_interpolate_deviations_at_the_knots_and_are_linear_between():
    curves = random_curves(PiecewiseLinear(5))
    line = straight(curves.start, curves.end, uniform_times(5))
    knots = line + torch.nn.functional.pad(curves.weights, (0, 0, 1, 1))
    torch.testing.assert_close(curves(uniform_times(5)), knots)
    t = np.linspace(0, 1, 41)
    for points, corner in zip(curves(torch.from_numpy(t)), knots, strict=True):
        for axis in range(2):
            expected = np.interp(t, np.linspace(0, 1, 6), corner[:, axis])
            np.testing.assert_allclose(points[:, axis], expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("pieces", [2, 3, 6])
def test_splines_are_natural_splines_through_their_knots(pieces):
    curves = random_curves(CubicSpline(pieces))
    line = straight(curves.start, curves.end, uniform_times(pieces))
    knots = line + torch.nn.functional.pad(curves.weights, (0, 0, 1, 1))
    natural = ScipySpline(np.linspace(0, 1, pieces + 1), knots, axis=1, bc_type="natural")
    t = np.linspace(0, 1, 57)
    np.testing.assert_allclose(curves(torch.from_numpy(t)), natural(t), rtol=1e-11, atol=1e-12)


@every_family
def test_fit_gives_back_a_member_of_the_family(family):
    curves = random_curves(family)
    t = uniform_times(20)
    torch.testing.assert_close(fit(family, t, curves(t)), curves.weights, rtol=1e-9, atol=1e-10)


@every_family
def test_fit_is_the_closest_curve_with_the_same_ends(family):
    t = uniform_times(20)
    points = torch.randn(3, 21, 2, generator=torch.Generator().manual_seed(0)).double()
    weights = fit(family, t, points)
    residual = points - Curves(family, points[:, 0], points[:, -1], weights)(t)
    assert (family.basis(t).T @ residual).abs().max() < 1e-10
    assert residual.abs().max() > 0.1


def test_families_are_known_by_the_names_of_the_configuration():
    schema = yaml.safe_load((PROJECT / "workflow/schemas/config.schema.yaml").read_text())
    families = schema["properties"]["curves"]["properties"]["families"]["additionalProperties"]
    assert set(FAMILIES) == set(families["properties"]["family"]["enum"])
    assert {"polynomial", "piecewise-linear", "cubic-spline"} <= set(FAMILIES)


def test_uniform_times_are_equally_spaced():
    np.testing.assert_allclose(uniform_times(7), np.arange(8) / 7, rtol=1e-15)
