"""What the benchmark's numbers mean: expected costs, actions, and whom a curve is compared with."""

import curve_problems
import numpy as np
import pytest
import reference
import torch
from latentgeo.curves import Polynomial
from project import PROJECT


@pytest.fixture
def benchmark(monkeypatch):
    """The benchmark's modules, without those that need the other contestants' packages."""
    monkeypatch.syspath_prepend(PROJECT / "benchmarks")
    import minima
    import restarts
    import traces

    return {"minima": minima, "restarts": restarts, "traces": traces}


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
