import pytest
import torch
from latentgeo.solvers import verdict


def numbers(*values):
    return torch.tensor(values, dtype=torch.float64)


def test_the_excess_of_a_quadratic_is_exact():
    # E = x² / 2 + 2 y² at (3, 2), with a minimum of 0
    excess = verdict.excess(slope=numbers(3, 8)[None], eigenvalues=numbers(1, 4)[None])
    assert excess.item() == 9 / 2 + 8


@pytest.mark.parametrize(
    "eigenvalues", [(-1, 4), (0, 4), (-4, -1), (0, 0), (0.99e-10, 1), (-1e-12, 1)], ids=str
)
def test_the_excess_is_infinite_where_the_hessian_is_not_definite(eigenvalues):
    excess = verdict.excess(numbers(1e-9, 1e-9)[None], numbers(*eigenvalues)[None])
    assert excess.item() == torch.inf


def test_a_soft_direction_counts_as_definite():
    excess = verdict.excess(numbers(1e-5, 0)[None], numbers(1.01e-10, 1)[None])
    assert excess.item() == pytest.approx(1e-10 / 1.01e-10 / 2)


def test_every_curves_excess_is_its_own():
    slope = numbers(3, 8).expand(3, -1)
    eigenvalues = torch.stack([numbers(1, 4), numbers(-1, 4), numbers(2, 8)])
    assert verdict.excess(slope, eigenvalues).tolist() == [12.5, torch.inf, 6.25]


def test_a_share_of_the_energy_and_what_rounding_leaves_are_tolerable():
    found = verdict.tolerable(numbers(100, -100), 1e-3, numbers(0, 0.005))
    torch.testing.assert_close(found, numbers(0.1, 0.105), rtol=1e-12, atol=0)


def test_rounding_excuses_no_more_than_a_ten_thousandth_of_an_energy():
    found = verdict.tolerable(numbers(100, -100, 0), 1e-3, numbers(0.5, 1e9, 0.25))
    torch.testing.assert_close(found, numbers(0.11, 0.11, 0), rtol=1e-12, atol=0)


def test_no_energy_at_all_is_a_minimum():
    found = verdict.is_nothing(numbers(0, 1e-10, -1e-10, 1e-10, 1e-8), numbers(0, 1, 1, 1e-11, 1))
    assert found.tolist() == [True, True, True, False, False]


def test_a_curve_is_stuck_when_no_gain_is_predicted():
    found = verdict.is_stuck(numbers(0, 0.9e-14, 1.1e-14, 1, -1), numbers(1, 1, 1, 1, 1))
    assert found.tolist() == [True, True, False, False, True]
    assert verdict.is_stuck(numbers(1e-13, 1e-11), numbers(100, 100)).tolist() == [True, False]


def test_a_hessian_is_singular_when_a_direction_has_no_curvature():
    eigenvalues = torch.stack(
        [
            numbers(0, 1, 2),
            numbers(0.9e-12, 0.5, 1),
            numbers(-1, 0.9e-12, 1),
            numbers(1.1e-12, 0.5, 1),
            numbers(-1, 1, 2),
            numbers(-2, -1, -1e-13),
            numbers(0, 0, 0),
        ]
    )
    expected = [True, True, True, False, False, True, True]
    assert verdict.is_singular(eigenvalues).tolist() == expected
