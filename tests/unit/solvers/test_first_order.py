import pytest
import torch
from curve_problems import kind, problem, straight_weights
from latentgeo.curves import PiecewiseLinear, Polynomial
from latentgeo.solvers import adam
from latentgeo.solvers.adam import Adam
from latentgeo.solvers.lbfgs import LBFGS
from latentgeo.solvers.newton import Newton
from latentgeo.solvers.solution import CONVERGED, NOT_MINIMAL


@pytest.mark.parametrize("family", [PiecewiseLinear(3), Polynomial(2)], ids=str)
@pytest.mark.parametrize("solver", [Adam(0.1, steps=250), LBFGS(1.0, steps=60)], ids=kind)
def test_other_solvers_are_judged_converged_when_run_long_enough_and_agree_with_newton(
    solver, family
):
    curves = problem(family, count=2, curves=2, segments=6)
    start = straight_weights(curves)
    newton = Newton(tolerance=1e-8).solve(curves, start)
    solution = solver.solve(curves, start)
    assert solution.status == [CONVERGED] * 2
    torch.testing.assert_close(solution.energy, newton.energy, rtol=1e-5, atol=0)
    torch.testing.assert_close(solution.weights, newton.weights, rtol=0, atol=0.02)


@pytest.mark.parametrize("solver", [Adam(0.01, steps=5), LBFGS(1.0, steps=1)], ids=kind)
def test_stopped_early_a_solver_has_lowered_the_energy_but_not_converged(solver):
    curves = problem(Polynomial(3), count=2)
    solution = solver.solve(curves, straight_weights(curves))
    assert (solution.energy < solution.initial_energy).all()
    assert not solution.converged.any()
    assert set(solution.status) == {NOT_MINIMAL}


@pytest.mark.parametrize("solver", [Adam(0.01, steps=5), LBFGS(1.0, steps=5)], ids=kind)
def test_a_history_holds_the_energies_from_the_first_to_the_last(solver):
    curves = problem(Polynomial(3), count=2)
    start = straight_weights(curves)
    solution = solver.solve(curves, start)
    initial = curves.objective.energy(curves.points(start))
    last = curves.objective.energy(curves.points(solution.weights))
    torch.testing.assert_close(solution.history[:, 0], initial, rtol=1e-12, atol=0)
    torch.testing.assert_close(solution.initial_energy, initial, rtol=1e-12, atol=0)
    assert solution.history.shape[1] == solution.steps.max() + 1
    final = solution.history[torch.arange(3), solution.steps]
    torch.testing.assert_close(final, last, rtol=1e-12, atol=0)
    torch.testing.assert_close(solution.energy, last, rtol=1e-12, atol=0)


def test_lbfgs_does_not_depend_on_the_batch():
    curves = problem(Polynomial(3), count=2)
    together = LBFGS(1.0, steps=6).solve(curves, straight_weights(curves))
    alone = LBFGS(1.0, steps=6).solve(curves.select([1]), straight_weights(curves)[:1])
    torch.testing.assert_close(together.weights[1:2], alone.weights, rtol=1e-9, atol=1e-9)


def test_adam_on_the_sampled_energy_lowers_the_exact_one_reproducibly():
    curves = problem(Polynomial(3), count=3)

    def solve(chosen):
        generators = [torch.Generator().manual_seed(i) for i in chosen]
        part, purposes = curves.select(chosen), {"decoder pairs": generators}
        solver = Adam(0.02, steps=40, samples=2, streams=purposes.__getitem__)
        return solver.solve(part, straight_weights(part))

    solution = solve([0, 1, 2])
    assert (solution.energy < solution.initial_energy).all()
    assert not torch.equal(solution.history[:, 0], solution.initial_energy)  # sampled, not exact
    alone = solve([1])
    torch.testing.assert_close(solution.weights[[1]], alone.weights, rtol=1e-6, atol=1e-6)


def test_adam_cannot_sample_without_random_streams():
    curves = problem(Polynomial(3), count=3)
    with pytest.raises(ValueError, match="streams for 'decoder pairs'"):
        Adam(0.02, steps=1, samples=2).solve(curves, straight_weights(curves))


@pytest.mark.parametrize(
    ("settings", "samples"),
    [({}, 0), ({"energy": "exact"}, 0), ({"energy": "monte-carlo", "mc_samples": 3}, 3)],
    ids=["unsaid", "exact", "sampled"],
)
def test_the_settings_say_which_energy_adam_follows(settings, samples):
    solver = adam.make({"learning_rate": 0.1, "steps": 7, **settings}, adam.no_streams, print)
    assert solver == Adam(0.1, steps=7, samples=samples, progress=print)


@pytest.mark.parametrize("solver", [Adam(0.01, steps=2), LBFGS(1.0, steps=2)], ids=kind)
def test_rivals_and_hessians_change_nothing(solver):
    curves = problem(Polynomial(3), count=2)
    start = straight_weights(curves)
    plain = solver.solve(curves, start)
    identity = torch.eye(start[0].numel(), dtype=start.dtype).expand(3, -1, -1)
    found = solver.solve(curves, start, torch.tensor([0, 0, 1]), identity)
    assert torch.equal(found.weights, plain.weights)


@pytest.mark.parametrize("samples", [0, 2])
def test_adam_does_not_depend_on_how_a_batch_is_chunked(samples, monkeypatch):
    curves = problem(Polynomial(3), count=3)

    def streams(purpose):
        return [torch.Generator().manual_seed(i) for i in range(len(curves))]

    solver = Adam(0.02, steps=20, samples=samples, streams=streams)
    at_once = solver.solve(curves, straight_weights(curves))
    monkeypatch.setattr("latentgeo.objectives.fisher_rao.POINTS_AT_ONCE", 1)
    assert len(curves.chunks()) == len(curves)
    one_by_one = solver.solve(curves, straight_weights(curves))
    torch.testing.assert_close(at_once.weights, one_by_one.weights, rtol=1e-8, atol=1e-8)
    torch.testing.assert_close(at_once.history, one_by_one.history, rtol=1e-9, atol=0)
