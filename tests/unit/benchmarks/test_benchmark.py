"""What the benchmark's numbers mean: expected costs, actions, and whom a curve is compared with."""

import curve_problems
import numpy as np
import pytest
import reference
import torch
from latentgeo.curves import CubicSpline, Polynomial
from latentgeo.likelihoods.named import named
from latentgeo.objectives.fisher_rao import FisherRao
from latentgeo.solvers.newton import Newton
from latentgeo.solvers.problem import Problem
from project import PROJECT


@pytest.fixture
def benchmark(monkeypatch):
    """The benchmark's modules, without those that need the other contestants' packages."""
    monkeypatch.syspath_prepend(PROJECT / "benchmarks")
    import georce
    import minima
    import restarts
    import traces

    return {"georce": georce, "minima": minima, "restarts": restarts, "traces": traces}


def trace(traces, cpu, energy, action=1.0):
    counts = np.zeros(len(cpu))
    weights = torch.zeros(1, 2)
    return traces.Trace(np.array(cpu), counts, np.array(energy), 1, True, weights, action)


def test_the_expected_cost_is_that_of_attempts_until_one_gets_there(benchmark):
    traces = benchmark["traces"]
    first = trace(traces, [1.0, 2.0], [9.0, 8.0])
    again = [
        trace(traces, [1.0, 3.0, 7.0], [9.0, 5.0, 4.9]),  # is there after 3 of its 7 seconds
        trace(traces, [1.0, 4.0], [9.0, 6.0]),
        trace(traces, [2.0, 6.0], [9.0, 5.5]),
    ]
    found = benchmark["restarts"].expected([first, *again], [5.0] * 4)
    random, costs = np.random.default_rng(0), []
    for _ in range(20_000):
        cost, drawn = 2.0, None
        while drawn != 0:
            drawn = random.integers(3)
            cost += (3.0, 4.0, 6.0)[drawn]
        costs.append(cost)
    assert found["cpu_expected"] == pytest.approx(np.mean(costs), rel=0.02)
    assert not found["reached_first"] and found["reached_again"] == pytest.approx(1 / 3)
    assert not found["lower_bound"]


def test_a_first_attempt_that_gets_there_costs_no_more(benchmark):
    first, again = (trace(benchmark["traces"], [1.0, 2.0], [6.0, e]) for e in (5.0, 8.0))
    found = benchmark["restarts"].expected([first, again], [5.0, 5.0])
    assert found["cpu_expected"] == 2.0 and not found["lower_bound"]


def test_where_no_attempt_gets_there_all_that_was_spent_is_a_lower_bound(benchmark):
    runs = [trace(benchmark["traces"], [1.0, cost], [9.0, 8.0]) for cost in (2.0, 3.0, 4.0)]
    found = benchmark["restarts"].expected(runs, [5.0] * 3)
    assert found["cpu_expected"] == 9.0 and found["lower_bound"]


def test_a_curve_is_not_compared_with_those_of_higher_action(benchmark):
    geodesic, other, jump, worse = (
        trace(benchmark["traces"], [1.0], [energy], action)
        for energy, action in ((90.0, 100.0), (89.0, 101.0), (70.0, 200.0), (95.0, 110.0))
    )
    elsewhere = [trace(benchmark["traces"], [1.0], [50.0], 100.0)] * 2  # of which the second pair
    runs = [[geodesic, elsewhere[1]], [other], [jump], [worse]]
    known = benchmark["minima"].Known.of(runs, 2)
    assert known.lowest(0) == 70 and known.lowest(1) == 50
    best = [known.geodesic(0, run[0].action) for run in runs]
    assert best == [90, 89, 70, 89]
    assert known.geodesic(0, np.inf) == 70


def test_the_action_is_the_integral_of_the_metric(benchmark):
    problem = curve_problems.problem(Polynomial(3), curves=2)
    weights = curve_problems.random_weights(problem)
    counts = np.zeros(1)
    run = [benchmark["traces"].Trace(counts, counts, counts, 1, True, w) for w in weights]
    found = benchmark["minima"].with_actions(run, problem, routes=None)

    nodes, shares = np.polynomial.legendre.leggauss(60)
    times = torch.from_numpy((nodes + 1) / 2)

    def point(t, pair):
        line = problem.start[pair] + t * (problem.end[pair] - problem.start[pair])
        return line + (t - t**3) * weights[pair, 0] + (t**2 - t**3) * weights[pair, 1]

    for pair, one in enumerate(found):
        integral = 0.0
        for t, share in zip(times, shares / 2, strict=True):
            velocity = torch.autograd.functional.jacobian(lambda s, p=pair: point(s, p), t)
            metric = reference.fields(problem.objective.decoders, point(t, pair))["metric"]
            integral += share * (velocity @ metric @ velocity).item()
        assert one.action == pytest.approx(integral / (2 * problem.segments), rel=0.01)


def test_random_starts_of_both_kinds_are_equally_far_out(benchmark):
    problem = curve_problems.problem(Polynomial(3), curves=200)
    spread = torch.tensor([1.0, 2.0], dtype=torch.float64)
    for make in (benchmark["minima"].bows, benchmark["minima"].normals):
        starts = torch.stack(make(problem, spread, 5))
        assert starts.shape == (5, 200, 2, 2) and starts.unique(dim=0).shape == starts.shape
        out = problem.family.basis(problem.times) @ starts
        expected = spread * (0.5 * 0.6**2 * (1 + 1 / 4 + 1 / 9)) ** 0.5
        torch.testing.assert_close(out.square().mean((0, 1, 2)).sqrt(), expected, rtol=0.25, atol=0)


# ── GEORCE ──────────────────────────────────────────────────────────────────────────────────────


def curved(likelihood, count=2, dim=3):
    """Curves between points in the latent space of steep decoders, each coupled with itself."""
    decoders = []
    for _ in range(count):
        decoder = torch.nn.Sequential(
            torch.nn.Linear(dim, 16), torch.nn.SiLU(), torch.nn.Linear(16, 20)
        )
        for parameter in decoder.parameters():
            parameter.data.mul_(3)
        decoders.append(decoder.double().eval())
    generator = torch.Generator().manual_seed(1)
    start, end = torch.randn(2, 3, dim, generator=generator, dtype=torch.float64)
    objective = FisherRao(decoders, named(likelihood), "within")
    return Problem(objective, CubicSpline(6), start, end, 24)


LIKELIHOODS = ["continuous-bernoulli", {"family": "gaussian", "deviation": 0.5}]


@pytest.mark.parametrize("likelihood", LIKELIHOODS, ids=["bernoulli", "gaussian"])
def test_georce_has_the_metrics_energy_and_its_gradients(benchmark, likelihood):
    torch.manual_seed(2)
    problem, georce = curved(likelihood), benchmark["georce"]
    objective = problem.objective
    points = problem.points(torch.randn(3, 5, 3, dtype=torch.float64))[0]
    metric = objective.expand(points[None]).metric()[0, :-1]
    steps = points.diff(dim=0)
    expected = (steps[:, None] @ metric @ steps[..., None]).sum()
    energy, ahead = georce.quadratic(objective, points)
    torch.testing.assert_close(energy, expected, rtol=1e-9, atol=0)
    gradient, h = georce.energy_gradient(points, metric, ahead), 1e-5
    for row in (1, 7, 23):
        for axis in range(3):
            ends = []
            for sign in (1, -1):
                moved = points.clone()
                moved[row, axis] += sign * h
                ends.append(georce.quadratic(objective, moved)[0])
            slope = (ends[0] - ends[1]) / (2 * h)
            torch.testing.assert_close(gradient[row - 1, axis], slope, rtol=1e-5, atol=1e-6)


def test_georces_steps_are_stationary_for_what_is_held_fixed(benchmark):
    """∂/∂u_t of Σ u_tᵀ G_t u_t + g_t · z_t is the same for all t, and the steps reach the end."""
    torch.manual_seed(3)
    problem, georce = curved("bernoulli"), benchmark["georce"]
    points = problem.points(torch.randn(3, 5, 3, dtype=torch.float64))[0]
    metric = problem.objective.expand(points[None]).metric()[0, :-1]
    _, ahead = georce.quadratic(problem.objective, points)
    steps = georce.stationary(points, metric, ahead)
    torch.testing.assert_close(steps.sum(0), points[-1] - points[0])
    later = torch.stack([ahead[t + 1 :].sum(0) for t in range(len(ahead))])
    slopes = 2 * (metric @ steps[..., None])[..., 0] + later
    torch.testing.assert_close(slopes, slopes[:1].expand_as(slopes), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("likelihood", LIKELIHOODS, ids=["bernoulli", "gaussian"])
def test_georce_ends_near_our_minimum_and_never_rises(benchmark, likelihood):
    torch.manual_seed(4)
    problem, traces = curved(likelihood), benchmark["traces"]
    found = benchmark["georce"].georce(problem, None, traces.Budget(100))
    ours = Newton().solve(problem, torch.zeros(3, 5, 3, dtype=torch.float64))
    for trace, energy in zip(found, ours.energy.tolist(), strict=True):
        assert trace.converged and 1 < trace.steps < 100
        assert energy * 0.9999 <= trace.energy[-1] <= 1.03 * energy < 1.03 * trace.energy[0]
        assert (np.diff(trace.cpu) > 0).all()
