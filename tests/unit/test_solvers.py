import numpy as np
import pytest
import reference
import torch
from latentgeo.curves import CubicSpline, PiecewiseLinear, Polynomial
from latentgeo.energy import Density, FisherRao, Hessian, MonteCarloFisherRao, report
from latentgeo.grid import InterpolatedEnergy
from latentgeo.solvers import (
    CONVERGED,
    FLAT,
    LBFGS,
    NOT_FINITE,
    NOT_MINIMAL,
    STEP_LIMIT,
    Adam,
    Newton,
    Problem,
    _bowed,
    lowest,
)
from latentgeo.starts import line, random
from latentgeo.vae import Bound
from scipy.integrate import cumulative_simpson
from scipy.optimize import minimize
from test_grid import wall_grid
from torch import nn

every_family = pytest.mark.parametrize(
    "family", [Polynomial(4), PiecewiseLinear(4), CubicSpline(4)], ids=str
)
DOUBLE = torch.float64


def ends(curves=3, seed=2):
    noise = torch.Generator().manual_seed(seed)
    return 3 * torch.rand(2, curves, 2, generator=noise, dtype=DOUBLE) - 1.5


def problem(family, count=1, curves=3, segments=8, dtype=DOUBLE):
    objective = reference.objective(count, segments, dtype=dtype)
    return Problem(objective, family, *ends(curves), segments)


def straight_weights(problem):
    return line(problem.family, len(problem), 2)


def random_weights(problem, seed=0):
    return random(problem.family, list(range(len(problem))), 2, seed)


def gradient(problem, weights):
    weights = weights.clone().requires_grad_()
    energy = problem.objective.energy(problem.points(weights))
    return torch.autograd.grad(energy.sum(), weights)[0]


# ── geodesics that are known in closed form ─────────────────────────────────────────────────────


def linear_decoder(weight):
    layer = nn.Linear(2, len(weight), bias=False)
    layer.weight = nn.Parameter(weight)
    return nn.Sequential(layer, Bound()).requires_grad_(False)


@every_family
def test_geodesics_of_a_nearly_uniform_linear_decoder_are_straight(family):
    # eta stays near 0, where the variance is 1/12: the metric is WᵀW / 12 everywhere
    weight = 1e-3 * torch.randn(50, 2, generator=torch.Generator().manual_seed(0), dtype=DOUBLE)
    objective, segments = FisherRao([linear_decoder(weight)], 16), 16
    start, end = ends()
    curves = Problem(objective, family, start, end, segments)
    solution = Newton(tolerance=1e-8).solve(curves, random_weights(curves))
    length = ((end - start) @ weight.T).square().sum(-1).div(12).sqrt()
    assert solution.converged.all()
    torch.testing.assert_close(solution.weights, straight_weights(curves), rtol=0, atol=1e-3)
    torch.testing.assert_close(solution.energy, length**2 / (2 * segments), rtol=1e-5, atol=0)
    found = report(objective, curves.points(solution.weights)).length
    torch.testing.assert_close(found, length, rtol=1e-5, atol=0)


class ProductMetric:
    """A decoder of which half the pixels see x alone, half y alone: ds² = a(x)² dx² + b(y)² dy².

    In the coordinates u = ∫ a dx, v = ∫ b dy the metric is Euclidean and geodesics are straight.
    The integrals are taken here with numpy and scipy, from the weights alone.
    """

    units, pixels = 6, 40

    def __init__(self):
        noise = np.random.default_rng(4)
        self.first = noise.normal(scale=1.5, size=(2, self.units))
        self.bias = noise.normal(size=(2, self.units))
        self.second = noise.normal(scale=0.8, size=(2, self.pixels, self.units))
        self.nodes = np.linspace(-3, 3, 6001)
        integrals = [
            cumulative_simpson(self.speed(axis), x=self.nodes, initial=0) for axis in (0, 1)
        ]
        self.integrals = np.stack(integrals)

    def speed(self, axis):
        """a or b at the nodes, from the chain rule and V = 1/eta² - 1/(4 sinh²(eta/2))."""
        z = self.nodes[:, None] * self.first[axis] + self.bias[axis]
        s = 1 / (1 + np.exp(-z))
        hidden, slope = z * s, s * (1 + z * (1 - s)) * self.first[axis]
        tanh = np.tanh(hidden @ self.second[axis].T / 15.94)
        eta, d_eta = 15.94 * tanh, (1 - tanh**2) * (slope @ self.second[axis].T)
        with np.errstate(divide="ignore", invalid="ignore"):
            exact = 1 / eta**2 - 1 / (4 * np.sinh(eta / 2) ** 2)
        variance = np.where(np.abs(eta) < 1e-3, 1 / 12 - eta**2 / 240, exact)
        return np.sqrt((variance * d_eta**2).sum(1))

    def flat(self, points):
        """Points (..., 2) in the coordinates (u, v)."""
        uv = [np.interp(points[..., i], self.nodes, self.integrals[i]) for i in (0, 1)]
        return np.stack(uv, -1)

    def curved(self, uv):
        xy = [np.interp(uv[..., i], self.integrals[i], self.nodes) for i in (0, 1)]
        return np.stack(xy, -1)

    def decoder(self):
        first, second = nn.Linear(2, 2 * self.units), nn.Linear(2 * self.units, 2 * self.pixels)
        with torch.no_grad():
            first.weight.zero_(), second.weight.zero_(), second.bias.zero_()
        decoder = nn.Sequential(first, nn.SiLU(), second, Bound()).double().requires_grad_(False)
        for axis in (0, 1):
            hidden = slice(axis * self.units, (axis + 1) * self.units)
            pixels = slice(axis * self.pixels, (axis + 1) * self.pixels)
            first.weight[hidden, axis] = torch.from_numpy(self.first[axis])
            first.bias[hidden] = torch.from_numpy(self.bias[axis])
            second.weight[pixels, hidden] = torch.from_numpy(self.second[axis])
        return decoder


def test_geodesics_of_a_product_metric_converge_to_the_closed_form():
    product, (start, end) = ProductMetric(), ends()
    flat = product.flat(start.numpy()), product.flat(end.numpy())
    length = np.linalg.norm(flat[1] - flat[0], axis=1)
    errors = {"energy": [], "length": [], "points": []}
    for segments in (8, 16, 32):
        objective = FisherRao([product.decoder()], segments)
        curves = Problem(objective, PiecewiseLinear(segments), start, end, segments)
        solution = Newton(tolerance=1e-9).solve(curves, straight_weights(curves))
        assert solution.converged.all()
        points = curves.points(solution.weights)
        t = np.linspace(0, 1, segments + 1)[None, :, None]
        expected = product.curved((1 - t) * flat[0][:, None] + t * flat[1][:, None])
        energy = 2 * segments * solution.energy.numpy() / length**2
        errors["energy"].append(abs(energy - 1).max())
        errors["length"].append(abs(report(objective, points).length.numpy() / length - 1).max())
        errors["points"].append(abs(points.numpy() - expected).max())
    straight = abs(curves.points(straight_weights(curves)).numpy() - expected).max()
    assert straight > 0.2  # the geodesics bend
    for first, second, third in errors.values():
        assert third < 0.6 * second < 0.36 * first
    assert errors["energy"][-1] < 0.03
    assert errors["length"][-1] < 5e-3
    assert errors["points"][-1] < 0.03


def test_splines_reach_the_closed_form_of_a_product_metric_with_few_weights():
    product, (start, end) = ProductMetric(), ends()
    length = np.linalg.norm(product.flat(end.numpy()) - product.flat(start.numpy()), axis=1)
    objective = FisherRao([product.decoder()], 64)
    curves = Problem(objective, CubicSpline(8), start, end, 64)
    solution = Newton().solve(curves, straight_weights(curves))
    found = report(objective, curves.points(solution.weights)).length
    np.testing.assert_allclose(found, length, rtol=2e-3)
    assert (found.numpy() > length * (1 - 1e-3)).all()


# ── against other minimisers ────────────────────────────────────────────────────────────────────


@every_family
@pytest.mark.parametrize("count", [1, 3])
def test_newton_finds_the_minimum_that_scipy_finds(family, count):
    curves = problem(family, count, curves=2)
    solution = Newton(tolerance=1e-9).solve(curves, straight_weights(curves))
    assert solution.converged.all()
    assert gradient(curves, solution.weights).abs().max() < 1e-3
    for i in range(2):
        one = curves.select([i])

        def energy(flat, one=one):
            weights = torch.from_numpy(flat).view(1, -1, 2).requires_grad_()
            value = one.objective.energy(one.points(weights)).sum()
            return value.item(), torch.autograd.grad(value, weights)[0].numpy().ravel()

        options = {"ftol": 1e-14, "gtol": 1e-8, "maxiter": 2000}
        start = straight_weights(one).numpy().ravel()
        theirs = minimize(energy, start, jac=True, method="L-BFGS-B", options=options)
        assert solution.energy[i].item() == pytest.approx(theirs.fun, rel=1e-6)
        found = solution.weights[i].numpy().ravel()
        np.testing.assert_allclose(found, theirs.x, atol=1e-2)


def kind(solver):
    return type(solver).__name__


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
        estimate = MonteCarloFisherRao(curves.objective, 2, generators)
        part = curves.select(chosen)
        return Adam(0.02, steps=40).solve(part, straight_weights(part), estimate)

    solution = solve([0, 1, 2])
    assert (solution.energy < solution.initial_energy).all()
    assert not torch.equal(solution.history[:, 0], solution.initial_energy)  # sampled, not exact
    alone = solve([1])
    torch.testing.assert_close(solution.weights[[1]], alone.weights, rtol=1e-6, atol=1e-6)


# ── Newton's book-keeping ───────────────────────────────────────────────────────────────────────


@every_family
@pytest.mark.parametrize("count", [1, 3])
def test_newtons_history_never_rises_and_ends_at_the_energy(family, count):
    curves = problem(family, count)
    start = random_weights(curves)
    solution = Newton().solve(curves, start)
    assert solution.converged.all()
    assert solution.history.shape == (3, solution.steps.max() + 1)
    initial = curves.objective.energy(curves.points(start))
    torch.testing.assert_close(solution.history[:, 0], initial, rtol=1e-11, atol=0)
    assert torch.equal(solution.initial_energy, solution.history[:, 0])
    for row, steps, energy in zip(solution.history, solution.steps, solution.energy, strict=True):
        assert row[steps] == energy
        assert torch.isnan(row[steps + 1 :]).all()
        assert (row[: steps + 1].diff() <= 1e-9 * energy).all()
    exact = curves.objective.energy(curves.points(solution.weights))
    torch.testing.assert_close(solution.energy, exact, rtol=1e-11, atol=0)


def test_newton_leaves_the_given_weights_alone():
    curves = problem(Polynomial(3))
    start = random_weights(curves)
    kept = start.clone()
    Newton(max_steps=3).solve(curves, start)
    assert torch.equal(start, kept)


def true_hessian(problem, weights):
    """∂²E/∂weights² by autograd of the gradient: (B, P d, P d)."""
    weights = weights.clone().requires_grad_()
    energy = problem.objective.energy(problem.points(weights)).sum()
    slope = torch.autograd.grad(energy, weights, create_graph=True)[0].flatten(1)
    rows = [torch.autograd.grad(s.sum(), weights, retain_graph=True)[0] for s in slope.T]
    return torch.stack([row.flatten(1) for row in rows], dim=1)


@pytest.mark.parametrize("count", [1, 3])
@every_family
def test_a_hessian_that_is_given_changes_the_first_step_only(family, count):
    curves = problem(family, count)
    weights = straight_weights(curves)
    unaided, evaluations = (
        Newton(tolerance=1e-9).solve(curves, weights),
        curves.objective.evaluations,
    )
    exact = true_hessian(curves, weights)
    curves.objective.evaluations = 0
    aided = Newton(tolerance=1e-9).solve(curves, weights, hessian=exact)
    assert curves.objective.evaluations < evaluations
    torch.testing.assert_close(aided.history[:, 1], unaided.history[:, 1], rtol=1e-9, atol=0)
    torch.testing.assert_close(aided.energy, unaided.energy, rtol=1e-8, atol=0)


@pytest.mark.parametrize("factor", [1e-6, -1.0, 1e3])
def test_a_hessian_that_misleads_is_replaced(factor):
    curves = problem(PiecewiseLinear(4), 3)
    weights = straight_weights(curves)
    unaided = Newton(tolerance=1e-9).solve(curves, weights)
    wrong = factor * torch.eye(weights[0].numel(), dtype=DOUBLE).expand(3, -1, -1)
    found = Newton(tolerance=1e-9).solve(curves, weights, hessian=wrong)
    assert found.converged.all()
    torch.testing.assert_close(found.energy, unaided.energy, rtol=1e-7, atol=0)


class TwoValleys:
    """Energies (y - 1)² (y + 1.2)² of the middle point's height y, and a spring along x."""

    curves_at_once, resolution, evaluations = 8, 1e-12, 0

    def energy(self, points):
        x, y = points[:, 1].unbind(-1)
        return 1 + ((y - 1) * (y + 1.2)).square() - 0.3 * y + x.square()

    def expand(self, points):
        return self.Expansion(self, points.detach().requires_grad_())

    class Expansion:
        def __init__(self, objective, points):
            self.points, self.objective = points, objective
            self.energy = objective.energy(points).detach()

        def gradient(self):
            energy = self.objective.energy(self.points).sum()
            return torch.autograd.grad(energy, self.points)[0][:, 1:-1]

        def hessian(self, curves):
            energy = torch.func.hessian(lambda p: self.objective.energy(p[None])[0])
            blocks = torch.stack([energy(p)[1, :, 1, :] for p in self.points[curves].detach()])
            return Hessian(blocks[:, None], blocks.new_zeros(len(blocks), 0, 2, 2))


def in_two_valleys(heights):
    ends = torch.tensor([[-2.0, 0.0], [2.0, 0.0]], dtype=DOUBLE)[:, None].repeat(1, len(heights), 1)
    weights = torch.zeros(len(heights), 1, 2, dtype=DOUBLE)
    weights[:, 0, 1] = torch.tensor(heights)
    return Problem(TwoValleys(), PiecewiseLinear(2), *ends, 2), weights


@pytest.mark.parametrize("escapes", [1, 2, 3])
def test_an_escape_finds_the_deeper_valley(escapes):
    problem, weights = in_two_valleys([-1.3, 1.1, 0.9])
    shallow = Newton().solve(problem, weights)
    assert shallow.energy[0] > 1.2 > 0.8 > shallow.energy[1]
    solution = Newton(escapes=escapes).solve(problem, weights)
    torch.testing.assert_close(solution.energy, shallow.energy[[1, 1, 1]], rtol=1e-6, atol=0)
    assert solution.converged.all()
    assert torch.equal(solution.initial_energy, shallow.initial_energy)
    assert solution.steps[0] > shallow.steps[0]
    assert torch.equal(solution.steps[1:], shallow.steps[1:])
    history = solution.history[0]
    known = history[: solution.steps[0] + 1]
    assert torch.equal(known[: shallow.steps[0] + 1], shallow.history[0, : shallow.steps[0] + 1])
    assert known.isfinite().all()
    assert known[-1] == solution.energy[0]
    assert history[solution.steps[0] + 1 :].isnan().all()


def test_escapes_of_rivals_begin_at_the_lowest():
    problem, weights = in_two_valleys([-1.3, -1.2, 1.1])
    owner = torch.tensor([0, 0, 1])
    solution = Newton(escapes=1).solve(problem, weights, owner)
    best = solution.energy[lowest(solution.energy, owner)]
    torch.testing.assert_close(best[0], best[1], rtol=1e-6, atol=0)


def test_escapes_leave_alone_what_has_no_minimum():
    problem, weights = in_two_valleys([torch.nan, -1.3])
    solution = Newton(escapes=3).solve(problem, weights)
    assert solution.status[0] == NOT_FINITE
    assert solution.converged[1]
    assert solution.energy[1] < 0.8


@pytest.mark.parametrize("dim", [2, 3])
def test_escapes_begin_to_all_sides_by_a_half_and_a_quarter_of_the_distance(dim):
    start, end = torch.tensor([[[0.3, -1.0, 2.0]], [[1.5, 0.6, 2.0]]], dtype=DOUBLE)[..., :dim]
    curves = Problem(None, Polynomial(3), start, end, 8)
    weights = torch.randn(1, 2, dim, generator=torch.Generator().manual_seed(0), dtype=DOUBLE)
    bowed = _bowed(curves, weights)[:, 0]
    assert len(bowed) == 4 * (dim - 1)
    chord, plain = end - start, curves.points(weights)[0, 4]
    moved = torch.stack([curves.points(w[None])[0, 4] - plain for w in bowed])
    torch.testing.assert_close(
        moved @ chord[0], torch.zeros(len(moved), dtype=DOUBLE), atol=1e-12, rtol=0
    )
    shares = moved.norm(dim=1) / chord.norm()
    expected = torch.tensor([0.5, 0.25], dtype=DOUBLE).repeat_interleave(len(moved) // 2)
    torch.testing.assert_close(shares, expected)
    torch.testing.assert_close(moved[::2], -moved[1::2])


@every_family
@pytest.mark.parametrize("count", [1, 3])
def test_escapes_never_end_higher(family, count):
    curves = problem(family, count)
    weights = random_weights(curves)
    plain = Newton().solve(curves, weights).energy
    assert (Newton(escapes=4).solve(curves, weights).energy <= plain).all()


@pytest.mark.parametrize("max_steps", [0, 1])
def test_newton_says_when_its_steps_are_used_up(max_steps):
    curves = problem(Polynomial(4), count=3)
    solution = Newton(tolerance=1e-12, max_steps=max_steps).solve(curves, random_weights(curves))
    assert set(solution.status) == {STEP_LIMIT}
    assert solution.history.shape == (3, max_steps + 1)
    assert not solution.converged.any()


def test_starting_at_the_minimum_takes_no_step():
    curves = problem(Polynomial(3))
    first = Newton(tolerance=1e-9).solve(curves, straight_weights(curves))
    again = Newton().solve(curves, first.weights)
    assert again.converged.all()
    assert not again.steps.any()
    assert torch.equal(again.weights, first.weights)


@pytest.mark.parametrize(("dtype", "tolerance"), [(DOUBLE, 1e-9), (torch.float32, 1e-5)], ids=str)
@pytest.mark.parametrize("count", [1, 3])
def test_a_pair_alone_is_solved_as_in_a_batch(count, dtype, tolerance):
    curves = problem(Polynomial(4), count, dtype=dtype)
    start = straight_weights(curves)
    together = Newton().solve(curves, start)
    for i in range(3):
        alone = Newton().solve(curves.select([i]), start[[i]])
        torch.testing.assert_close(alone.energy, together.energy[[i]], rtol=tolerance, atol=0)
        assert alone.status == together.status[i : i + 1]


def test_solutions_do_not_depend_on_how_a_batch_is_chunked(monkeypatch):
    curves = problem(Polynomial(4), count=2, curves=4)
    start = straight_weights(curves)
    at_once = Newton().solve(curves, start)
    monkeypatch.setattr("latentgeo.energy.POINTS_AT_ONCE", 1)
    one_by_one = Newton().solve(curves, start)
    torch.testing.assert_close(at_once.weights, one_by_one.weights, rtol=1e-8, atol=1e-8)
    assert at_once.status == one_by_one.status


def test_geodesics_do_not_change_when_the_latent_space_is_scaled():
    # decoding z/s instead of z stretches the latent space: the same curve costs the same
    scaled = reference.tiny_decoders(2)
    for decoder in scaled:
        decoder[0].weight.mul_(1e-3)
    plain = problem(PiecewiseLinear(4), count=2)
    stretched = Problem(FisherRao(scaled, 8), plain.family, 1e3 * plain.start, 1e3 * plain.end, 8)
    a = Newton().solve(plain, straight_weights(plain))
    b = Newton().solve(stretched, straight_weights(stretched))
    assert a.converged.all() and b.converged.all()
    torch.testing.assert_close(b.energy, a.energy, rtol=1e-6, atol=0)
    torch.testing.assert_close(b.weights, 1e3 * a.weights, rtol=1e-3, atol=1)


def test_newton_finds_geodesics_of_the_density_metric():
    ring = torch.linspace(0, 5.5, 40, dtype=DOUBLE)
    latents = torch.stack([ring.cos(), ring.sin()], -1)
    objective = Density(latents, bandwidth=0.3, epsilon=1e-3, segments=24)
    start, end = latents[[0]], latents[[18]]
    curves = Problem(objective, CubicSpline(6), start, end, 24)
    bow = 0.8 * straight_weights(curves)
    bow[..., 1] = 0.8
    solution = Newton().solve(curves, bow)
    assert solution.converged.all()
    radius = curves.points(solution.weights).norm(dim=-1)
    assert ((radius > 0.75) & (radius < 1.1)).all()  # round the hole in the data
    assert solution.energy < 0.5 * objective.energy(curves.points(straight_weights(curves)))


# ── what can go wrong ───────────────────────────────────────────────────────────────────────────


def assert_honest(solution):
    """Converged means finite, and every curve has a final status."""
    finite = torch.isfinite(solution.energy) & torch.isfinite(solution.weights).all(-1).all(-1)
    assert finite[torch.from_numpy(solution.converged)].all()
    assert "running" not in solution.status


@every_family
@pytest.mark.parametrize("scale", [1e3, 1e100])
def test_a_start_far_away_is_survived(family, scale):
    curves = problem(family, count=2)
    solution = Newton().solve(curves, scale * random_weights(curves))
    assert_honest(solution)
    assert (solution.energy <= solution.initial_energy).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("solver", [Newton(), Adam(0.01, steps=3), LBFGS(1.0, steps=3)], ids=kind)
def test_a_start_that_is_not_finite_is_reported_and_harms_no_other_curve(solver, value):
    curves = problem(Polynomial(3), count=2)
    start = straight_weights(curves)
    start[1, 0, 0] = value
    solution = solver.solve(curves, start)
    assert_honest(solution)
    assert solution.status[1] == NOT_FINITE
    others = solver.solve(curves.select([0, 2]), start[[0, 2]])
    torch.testing.assert_close(solution.weights[[0, 2]], others.weights, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("objective", ["density", "interpolated"])
def test_every_objective_reports_a_start_that_is_not_finite(objective, value):
    objective = {
        "density": Density(ends(20)[0], bandwidth=0.3, epsilon=1e-3, segments=8),
        "interpolated": InterpolatedEnergy(wall_grid(steep=False), 1),
    }[objective]
    curves = Problem(objective, Polynomial(3), *ends(2), 8)
    start = straight_weights(curves)
    start[0] = value
    solution = Newton().solve(curves, start)
    assert solution.status[0] == NOT_FINITE
    assert_honest(solution)


def test_adam_gives_back_the_last_finite_curve():
    decoders = reference.tiny_decoders(1)
    curves = Problem(FisherRao(decoders, 8), Polynomial(3), *ends(), 8)
    solution = Adam(learning_rate=1e308, steps=3).solve(curves, straight_weights(curves))
    assert torch.isfinite(solution.weights).all()
    assert torch.isnan(solution.history[:, -1]).all()
    assert_honest(solution)


@every_family
@pytest.mark.parametrize("seed", [None, 0, 1], ids=["line", "random-0", "random-1"])
def test_equal_ends_cost_nothing(family, seed):
    point = ends()[0]
    curves = Problem(reference.objective(1, 8), family, point, point, 8)
    start = straight_weights(curves) if seed is None else random_weights(curves, seed)
    solution = Newton().solve(curves, start)
    assert solution.energy.abs().max() < 1e-9
    assert solution.status == [CONVERGED] * 3


@pytest.mark.parametrize(
    ("distance", "dtype"),
    [(1e-1, DOUBLE), (1e-2, DOUBLE), (1e-4, DOUBLE), (1e-1, torch.float32), (1e-2, torch.float32)],
    ids=str,
)
def test_ends_close_to_each_other_converge(distance, dtype):
    start = ends(6)[0]
    end = start + distance * torch.nn.functional.normalize(ends(6, seed=5)[0], dim=1)
    curves = Problem(reference.objective(1, 16, dtype=dtype), Polynomial(4), start, end, 16)
    solution = Newton().solve(curves, straight_weights(curves))
    assert solution.status == [CONVERGED] * 6


def test_ends_that_single_precision_cannot_tell_apart_are_not_called_converged_on_noise():
    start = ends(6)[0]
    curves = Problem(
        reference.objective(1, 16, dtype=torch.float32), Polynomial(4), *[start] * 2, 16
    )
    curves.end[:] = start + 1e-6
    solution = Newton().solve(curves, random_weights(curves))
    assert_honest(solution)
    assert (solution.energy <= solution.initial_energy).all()


@pytest.mark.parametrize("count", [1, 3])
def test_decoders_that_ignore_the_latents_leave_nothing_to_minimise(count):
    decoders = reference.tiny_decoders(count)
    for decoder in decoders:
        decoder[0].weight.zero_()
    curves = Problem(FisherRao(decoders, 8), Polynomial(3), *ends(), 8)
    solution = Newton().solve(curves, random_weights(curves))
    assert_honest(solution)
    assert set(solution.status) <= ({CONVERGED, FLAT} if count == 1 else {FLAT})
    assert (solution.energy < 1e-9).all() if count == 1 else (solution.energy > 1).all()


@pytest.mark.parametrize("solver", [Adam(0.01, steps=3), LBFGS(1.0, steps=3)], ids=kind)
def test_other_solvers_do_not_call_a_flat_energy_converged(solver):
    decoders = reference.tiny_decoders(2)
    for decoder in decoders:
        decoder[0].weight.zero_()
    curves = Problem(FisherRao(decoders, 8), Polynomial(3), *ends(), 8)
    solution = solver.solve(curves, straight_weights(curves))
    assert set(solution.status) == {FLAT}


def test_a_decoder_of_one_coordinate_leaves_the_other_undetermined():
    decoder = linear_decoder(torch.tensor([[1.0, 0.0], [-2.0, 0.0]], dtype=DOUBLE))
    curves = Problem(FisherRao([decoder], 8), Polynomial(3), *ends(), 8)
    solution = Newton().solve(curves, random_weights(curves))
    assert_honest(solution)
    assert (solution.energy <= solution.initial_energy).all()
    straight = Newton().solve(curves, straight_weights(curves)).energy
    torch.testing.assert_close(solution.energy, straight, rtol=1e-5, atol=1e-12)


def test_progress_is_told_after_every_step():
    told = []
    curves = problem(Polynomial(3))
    solution = Newton(progress=told.append).solve(curves, straight_weights(curves))
    assert len(told) == solution.steps.max()
    assert told[-1].endswith("0 of 3 curves left")
