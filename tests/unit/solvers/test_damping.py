import torch
from latentgeo.solvers import damping


def numbers(*values):
    return torch.tensor(values, dtype=torch.float64)


def accepted(energy, trial, predicted, resolution=0.0):
    return bool(damping.is_accepted(*map(numbers, (energy, trial, predicted, resolution)))[0])


def test_a_step_is_accepted_for_a_ten_thousandth_of_the_predicted_gain():
    assert accepted(100.0, 50.0, 50.0)
    assert accepted(100.0, 100 - 1.01e-3, 10.0)
    assert not accepted(100.0, 100 - 0.99e-3, 10.0)
    assert not accepted(100.0, 101.0, 10.0)


def test_a_step_is_accepted_where_its_gain_is_beyond_rounding():
    assert accepted(100.0, 100 + 0.9e-8, 0.0)
    assert not accepted(100.0, 100 + 1.1e-8, 0.0)
    assert accepted(100.0, 101.0, 0.0, resolution=1.5)
    assert not accepted(100.0, 102.0, 0.0, resolution=1.5)


def test_energies_below_zero_have_the_same_rounding():
    assert accepted(-100.0, -100 + 0.9e-8, 0.0)
    assert not accepted(-100.0, -100 + 1.1e-8, 0.0)


def test_a_step_to_an_energy_that_is_not_finite_is_refused():
    for trial in (torch.nan, torch.inf, -torch.inf):
        assert not accepted(100.0, trial, 10.0)
    assert not accepted(torch.nan, 1.0, 10.0)


def test_every_step_is_judged_for_itself():
    found = damping.is_accepted(
        numbers(10, 10, 10), numbers(9, 11, torch.nan), numbers(1, 1, 1), numbers(0, 2, 0)
    )
    assert found.tolist() == [True, True, False]


def test_an_undamped_step_is_newtons_own():
    slope, eigenvalues = numbers(3, -8)[None], numbers(1, 4)[None]
    assert damping.step_along(slope, eigenvalues, numbers(0)).tolist() == [[-3, 2]]


def test_a_damped_step_is_shorter_and_most_so_in_soft_directions():
    slope, eigenvalues = numbers(3, -8)[None], numbers(1, 4)[None]
    assert damping.step_along(slope, eigenvalues, numbers(4)).tolist() == [[-0.6, 1]]


def test_steps_descend_along_negative_curvature():
    slope, eigenvalues = numbers(3, -8)[None], numbers(-1, 4)[None]
    assert damping.step_along(slope, eigenvalues, numbers(0)).tolist() == [[-3, 2]]


def test_a_direction_without_curvature_is_taken_as_hardly_curved():
    slope, eigenvalues = numbers(1, 1)[None], numbers(0, 4)[None]
    step = damping.step_along(slope, eigenvalues, numbers(0))
    torch.testing.assert_close(step, numbers(-1 / 4e-8, -0.25)[None])


def test_where_nothing_is_curved_nothing_is_divided_by_zero():
    nothing = torch.zeros(1, 3, dtype=torch.float64)
    assert torch.equal(damping.step_along(nothing, nothing, numbers(0)), -nothing)


def adapted(before, accepted, gain, predicted=1.0, curvature=1.0):
    found = damping.adapted(
        numbers(before), torch.tensor([accepted]), *map(numbers, (gain, predicted, curvature))
    )
    return found.item()


def test_a_good_step_lowers_the_damping_to_an_eighth():
    assert adapted(8.0, True, 0.71) == 1
    assert adapted(8.0, True, 3.0) == 1


def test_a_fair_step_leaves_the_damping_as_it_is():
    assert adapted(8.0, True, 0.69) == 8
    assert adapted(8.0, True, 0.26) == 8
    assert adapted(0.0, True, 0.5) == 0


def test_a_poor_step_doubles_the_damping():
    assert adapted(8.0, True, 0.24) == 16
    assert adapted(8.0, True, -1e-12) == 16


def test_a_refused_step_raises_the_damping_eightfold_whatever_it_gained():
    for gain in (-1.0, 0.5, 0.9, torch.nan, -torch.inf):
        assert adapted(8.0, False, gain) == 64


def test_the_first_damping_is_a_share_of_the_mean_curvature():
    assert adapted(0.0, False, -1.0, curvature=100.0) == 8
    assert adapted(0.0, True, 0.1, curvature=100.0) == 2
    assert adapted(0.5, True, 0.1, curvature=100.0) == 2


def test_a_negligible_damping_is_given_up_after_a_good_step():
    assert adapted(0.99e-3, True, 0.9) == 0
    assert adapted(1.01e-3, True, 0.9) == 1.01e-3 / 8


def test_every_damping_is_adapted_for_itself():
    found = damping.adapted(
        numbers(8, 8, 8, 8),
        torch.tensor([True, True, True, False]),
        numbers(0.9, 0.5, 0.1, 0.9),
        numbers(1, 1, 1, 1),
        numbers(1, 1, 1, 1),
    )
    assert found.tolist() == [1, 8, 16, 64]


def test_damping_is_hopeless_beyond_a_million_million_times_the_curvature():
    found = damping.is_hopeless(numbers(0.9e12, 1.1e12, 1.1e12, 0, 1), numbers(1, 1, 2, 0, 0))
    assert found.tolist() == [False, True, False, False, True]
