import numpy as np
import pytest
import reference
import torch
from grids import flat_axes, latent_grid, wall_grid
from latentgeo.curves import CubicSpline, Curves, PiecewiseLinear, Polynomial, uniform_times
from latentgeo.geodesics import streams_of
from latentgeo.likelihoods.continuous_bernoulli import CONTINUOUS_BERNOULLI
from latentgeo.objectives.fisher_rao import FisherRao
from latentgeo.solvers.coordinates import project
from latentgeo.solvers.newton import Newton
from latentgeo.solvers.problem import Problem
from latentgeo.starts import graph
from latentgeo.starts.base import Ingredients
from latentgeo.starts.grid.evaluation import evaluate_grid
from latentgeo.starts.grid.interpolation import InterpolatedEnergy
from latentgeo.starts.grid.routes import Routes
from latentgeo.starts.line import line

every_family = pytest.mark.parametrize(
    "family", [Polynomial(3), PiecewiseLinear(4), CubicSpline(4)], ids=str
)


def started(problem, grid, decoder_count):
    routes = Routes.of(problem, grid, decoder_count)
    return graph.make(problem, Ingredients(streams_of(0, range(len(problem))), routes))


def graph_starts(grid, family, start, end, decoder_count, segments):
    """Starts where the interpolated energy is the energy itself."""
    objective = InterpolatedEnergy(grid, decoder_count)
    problem = Problem(objective, family, start, end, segments)
    return started(problem, grid, decoder_count)


def lowest(energies, owner):
    """The lowest energy of every pair's curves; every pair must have one."""
    assert owner.unique().tolist() == list(range(int(owner.max()) + 1))
    return torch.stack([energies[owner == pair].min() for pair in range(int(owner.max()) + 1)])


@every_family
@pytest.mark.parametrize("decoders", [1, 3])
def test_a_graph_start_is_not_above_the_line(family, decoders):
    objective, segments = reference.objective(3), 16
    corners = np.array([[-2.0, -2.0], [2.0, 2.0]])
    grid = evaluate_grid(objective.decoders, CONTINUOUS_BERNOULLI, corners, nodes=25)
    objective.decoders = objective.decoders[:decoders]
    start, end = 3 * torch.rand(2, 3, 2, generator=torch.Generator().manual_seed(1)).double() - 1.5
    starts = graph_starts(grid, family, start, end, decoders, segments)
    times = uniform_times(segments)
    curves = Curves(family, start[starts.owner], end[starts.owner], starts.weights)
    found = lowest(objective.energy(curves(times)), starts.owner)
    straight = objective.energy(Curves(family, start, end, line(family, 3, 2))(times))
    assert (found <= straight * (1 + 1e-3)).all()
    assert (found < straight * 0.99).any()


@every_family
@pytest.mark.parametrize("decoders", [1, 3])
def test_a_graph_start_brings_nearly_the_energys_hessian(family, decoders):
    objective, segments = reference.objective(3), 32
    corners = np.array([[-2.0, -2.0], [2.0, 2.0]])
    grid = evaluate_grid(objective.decoders, CONTINUOUS_BERNOULLI, corners, nodes=36)
    objective.decoders = objective.decoders[:decoders]
    start, end = torch.tensor([[[-1.2, 0.3], [0.2, -0.9]], [[1.0, -0.7], [-0.4, 1.1]]]).double()
    starts = graph_starts(grid, family, start, end, decoders, segments)
    problem = Problem(objective, family, start, end, segments).select(starts.owner)
    expansion = objective.expand(problem.points(starts.weights))
    expansion.gradient()
    every = torch.ones(len(problem), dtype=torch.bool)
    exact = project(family.basis(problem.times)[1:-1], expansion.hessian(every))
    error = (starts.hessian - exact).norm(dim=(1, 2)) / exact.norm(dim=(1, 2))
    assert (error < 0.1).all()


across_the_wall = pytest.mark.parametrize("family", [PiecewiseLinear(8), CubicSpline(8)], ids=str)


def graph_across(grid, family, segments=32):
    """Points of the graph starts between two sides of a wall, and of the straight line."""
    start, end = torch.tensor([[[0.1, 0.1]], [[0.9, 0.1]]], dtype=torch.float64)
    weights = graph_starts(grid, family, start, end, 1, segments).weights
    times = uniform_times(segments)
    points = [Curves(family, start, end, w)(times) for w in (weights, torch.zeros_like(weights))]
    return points[0], points[1][:1]


@across_the_wall
def test_a_graph_start_finds_the_way_round_a_wall(family):
    grid = wall_grid(nodes=41, steep=False)
    points, line = graph_across(grid, family)
    energy = InterpolatedEnergy(grid, 1)
    energies = energy.expand(points).energy
    assert energies[0] == energies.min()
    assert (energies < 0.3 * energy.expand(line).energy).all()
    passing = points[(points[..., 0] > 0.45) & (points[..., 0] < 0.55)]
    assert len(passing) > 0
    assert (passing[:, 1] > 0.75).all()


@across_the_wall
def test_a_graph_start_is_nearly_a_minimum_in_its_own_family(family):
    grid = wall_grid(nodes=41, steep=False)
    start, end = torch.tensor([[[0.1, 0.1]], [[0.9, 0.1]]], dtype=torch.float64)
    found = graph_starts(grid, family, start, end, 1, 32)
    problem = Problem(InterpolatedEnergy(grid, 1), family, start, end, 32).select(found.owner)
    solved = Newton().solve(problem, found.weights)
    assert solved.converged.all()
    assert solved.initial_energy[0] <= solved.energy[0] * (1 + 10 * graph.RELAXED_TO)


@across_the_wall
def test_a_graph_start_stays_on_the_grid_where_splines_overshoot(family):
    # the spline of a metric that jumps is negative beside the jump
    grid = wall_grid()
    points, _ = graph_across(grid, family)
    assert (InterpolatedEnergy(grid, 1).expand(points).energy >= 0).all()
    assert (points > -0.5).all()
    assert (points < 1.5).all()


def test_a_graph_start_stays_on_the_grid_where_it_is_cheapest_at_the_border():
    axes, centre, scale = flat_axes(41)
    metric = np.eye(2) * (1 + 100 * axes[1])[:, None, None] * np.ones((1, 41, 1, 1, 1))
    grid = latent_grid(axes, centre, scale, np.zeros((1, 41, 41)), metric)
    start, end = torch.tensor([[[0.1, 0.2]], [[0.9, 0.2]]], dtype=torch.float64)
    weights = graph_starts(grid, Polynomial(2), start, end, 1, 32).weights
    points = Curves(Polynomial(2), start, end, weights)(uniform_times(32))
    assert InterpolatedEnergy(grid, 1).covers(points).all()


def test_two_equally_good_ways_round_a_hill_are_both_returned():
    grid = wall_grid(nodes=41, steep=False)
    x, y = np.indices((41, 41)) / 40
    hill = 30 * np.exp(-(((x - 0.5) ** 2 + (y - 0.5) ** 2) / 0.15**2))
    grid.metric[0] = (1 + hill)[..., None, None] * np.eye(2)
    start, end = torch.tensor([[[0.1, 0.5]], [[0.9, 0.5]]], dtype=torch.float64)
    starts = graph_starts(grid, CubicSpline(6), start, end, 1, 32)
    assert starts.owner.tolist() == [0] * len(starts.owner)
    middle = Curves(CubicSpline(6), start, end, starts.weights)(uniform_times(32))[:, 16, 1]
    assert (middle > 0.6).any()
    assert (middle < 0.4).any()


def test_a_graph_start_does_not_depend_on_the_batch():
    grid, family = wall_grid(nodes=41, steep=False), PiecewiseLinear(4)
    start = torch.tensor([[0.1, 0.1], [0.2, 0.9], [0.5, 0.9]], dtype=torch.float64)
    end = torch.tensor([[0.9, 0.1], [0.9, 0.3], [0.1, 0.4]], dtype=torch.float64)
    together = graph_starts(grid, family, start, end, 1, 16)
    for i in range(3):
        alone = graph_starts(grid, family, start[[i]], end[[i]], 1, 16)
        own = together.weights[together.owner == i]
        torch.testing.assert_close(own, alone.weights, rtol=1e-8, atol=1e-8)


def test_a_pair_with_equal_ends_has_a_start_too():
    start = torch.tensor([[0.1, 0.1], [0.52, 0.91]], dtype=torch.float64)
    end = torch.tensor([[0.9, 0.1], [0.52, 0.91]], dtype=torch.float64)
    grid = wall_grid(nodes=41, steep=False)
    starts = graph_starts(grid, PiecewiseLinear(4), start, end, 1, 16)
    assert set(starts.owner.tolist()) == {0, 1}
    assert torch.isfinite(starts.weights).all()


def constant(decoder_count):
    decoders = reference.tiny_decoders(decoder_count)
    for decoder in decoders:
        decoder[0].weight.zero_()
    return decoders


@every_family
@pytest.mark.parametrize("kind", ["constant", "constants", "equal", "saturated"])
def test_there_is_a_start_whatever_the_decoders_say(family, kind):
    decoders = {
        "constant": lambda: constant(1),
        "constants": lambda: constant(3),
        "equal": lambda: reference.tiny_decoders(1) * 3,
        "saturated": lambda: [d for d in reference.tiny_decoders(3) if saturate(d)],
    }[kind]()
    objective = FisherRao(decoders, CONTINUOUS_BERNOULLI)
    corners = np.array([[-2.0, -2.0], [2.0, 2.0]])
    grid = evaluate_grid(decoders, CONTINUOUS_BERNOULLI, corners, nodes=16)
    start, end = torch.tensor([[[-1.2, 0.3], [0, 0]], [[1.0, -0.7], [0, 0]]]).double()
    problem = Problem(objective, family, start, end, 8)
    found = started(problem, grid, len(decoders))
    assert found.owner.unique().tolist() == [0, 1]
    assert torch.isfinite(found.weights).all()


def saturate(decoder):
    """Far beyond the bound of the natural parameters: their slopes are 0 in float64."""
    for layer in decoder[-2:]:
        for parameter in layer.parameters():
            parameter.mul_(1e6).add_(1e6)
    return True


@every_family
def test_a_pair_with_an_end_beyond_the_grid_starts_on_its_line(family):
    decoders = reference.tiny_decoders(3)
    objective = FisherRao(decoders, CONTINUOUS_BERNOULLI)
    corners = np.array([[-1.0, -1.0], [1.0, 1.0]])
    grid = evaluate_grid(decoders, CONTINUOUS_BERNOULLI, corners, nodes=20)
    start = torch.tensor([[0.5, 0.5], [0.5, 0.5], [9.0, 0.0]], dtype=torch.float64)
    end = torch.tensor([[5.0, 0.0], [-0.5, 0.2], [0.0, 0.0]], dtype=torch.float64)
    problem = Problem(objective, family, start, end, 16)
    found = started(problem, grid, 3)
    for pair in (0, 2):
        own = found.weights[found.owner == pair]
        assert len(own) == 1 and not own.any()
    assert found.hessian[found.owner != 1].isnan().all()
    alone = started(problem.select([1]), grid, 3)
    torch.testing.assert_close(found.weights[found.owner == 1], alone.weights)
    solved = Newton().solve(problem.select(found.owner), found.weights, found.owner, found.hessian)
    line = Newton().solve(problem, torch.zeros_like(found.weights[[0, 0, 0]]))
    lowest = solved.energy[found.owner != 1]
    assert (lowest <= line.energy[[0, 2]] * (1 + 1e-3)).all()


class LowOnTheLine(InterpolatedEnergy):
    """An energy of which the interpolated one knows nothing: straight lines cost a tenth."""

    def expand(self, points):
        found = super().expand(points)
        ends = points[:, [0, -1]]
        straight = torch.lerp(*ends.unbind(1), 0.5)[:, None]
        bent = (points[:, [points.shape[1] // 2]] - straight).abs().amax((1, 2)) > 1e-9
        found.energy = torch.where(bent, found.energy, 0.1 * found.energy)
        return found


@every_family
def test_a_line_that_is_lower_than_the_grid_says_is_started_from_too(family):
    grid = wall_grid(nodes=41, steep=False)
    start = torch.tensor([[0.1, 0.97], [0.1, 0.1]], dtype=torch.float64)
    end = torch.tensor([[0.9, 0.99], [0.9, 0.1]], dtype=torch.float64)
    problem = Problem(LowOnTheLine(grid, 1), family, start, end, 16)
    found = started(problem, grid, 1)
    lines = ~found.weights.flatten(1).any(1)
    assert found.owner[lines].tolist() == [0]  # across the wall a line is out of the question
    assert torch.equal(found.owner, found.owner.sort().values)
    assert not found.hessian[~lines].isnan().any()


@pytest.mark.parametrize(("gap", "kept"), [(0.019, [1]), (0.021, [1, 0])])
def test_a_rival_is_another_curve(gap, kept):
    lower = torch.tensor([[0.0, 0.0], [5.0, 0.0], [10.0, 0.0]], dtype=torch.float64)
    higher = lower + 10 * gap * torch.tensor([[0.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    energies, owner = torch.tensor([1.01, 1.0], dtype=torch.float64), torch.zeros(2).long()
    assert graph._rivals(energies, torch.stack([higher, lower]), owner, 0.05) == kept


def test_every_curve_has_its_own_energy_however_they_are_chunked(monkeypatch):
    monkeypatch.setattr("latentgeo.starts.grid.interpolation.CURVES_AT_ONCE", 1)
    grid, family = wall_grid(nodes=41, steep=False), PiecewiseLinear(4)
    start, end = torch.tensor([[[0.1, 0.1], [0.1, 0.9]], [[0.9, 0.1], [0.3, 0.9]]]).double()
    problem = Problem(InterpolatedEnergy(grid, 1), family, start, end, 16)
    lines = line(family, 2, 2)
    expected = problem.objective.expand(problem.points(lines)).energy
    assert len(list(problem.chunks())) == 2
    torch.testing.assert_close(problem.energies(lines), expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_starts_of_a_pair_are_apart_in_any_unit(size):
    axes, centre, scale = flat_axes(41, size)
    x, y = np.meshgrid(*axes / size, indexing="ij")
    hill = 30 * np.exp(-(((x - 0.5) ** 2 + (y - 0.5) ** 2) / 0.15**2))
    metric = ((1 + hill)[..., None, None] * np.eye(2) / size**2)[None]
    grid = latent_grid(axes, centre, scale, np.zeros((1, 41, 41)), metric)
    start, end = size * torch.tensor([[[0.1, 0.5]], [[0.9, 0.5]]], dtype=torch.float64)
    found = graph_starts(grid, CubicSpline(6), start, end, 1, 32)
    points = Curves(CubicSpline(6), start, end, found.weights)(uniform_times(32)) / size
    assert len((points[:, 16, 1] > 0.5).unique()) == 2
    gaps = (points[:, None] - points).norm(dim=-1).amax(-1)
    assert (gaps[~torch.eye(len(points), dtype=bool)] > graph.APART * 0.8).all()


@pytest.mark.parametrize(("off", "count"), [(0.002, 2), (0.02, 1), (0.1, 1)])
def test_a_way_that_is_hardly_longer_is_returned_too(off, count):
    grid = wall_grid(nodes=41, steep=False)
    x, y = np.meshgrid(*grid.axes, indexing="ij")
    hill = 30 * np.exp(-(((x - 0.5) ** 2 + (y - 0.5 - off) ** 2) / 0.15**2))
    grid.metric[0] = (1 + hill)[..., None, None] * np.eye(2)
    start, end = torch.tensor([[[0.1, 0.5]], [[0.9, 0.5]]], dtype=torch.float64)
    found = graph_starts(grid, CubicSpline(6), start, end, 1, 32)
    points = Curves(CubicSpline(6), start, end, found.weights)(uniform_times(32))
    sides = points[:, 16, 1] > 0.5
    assert not sides[0]  # the hill is above: the way below is the lower one
    assert len(sides.unique()) == count


def test_the_line_and_an_arc_to_either_side_are_tried_for_every_pair():
    grid, family = wall_grid(nodes=41, steep=False), PiecewiseLinear(4)
    start, end = torch.tensor([[[0.1, 0.2], [0.5, 0.1]], [[0.5, 0.2], [0.5, 0.9]]]).double()
    problem = Problem(InterpolatedEnergy(grid, 1), family, start, end, 16)
    curves, owner = graph._candidates(problem, Routes.of(problem, grid, 1))
    assert (curves[:, 0] - start[owner]).abs().max() < 1 / 40  # a path may begin at a node
    assert (curves[:, -1] - end[owner]).abs().max() < 1 / 40
    middles = torch.tensor(
        [[[0.3, 0.1], [0.3, 0.2], [0.3, 0.3]], [[0.3, 0.5], [0.5, 0.5], [0.7, 0.5]]]
    )
    for pair in range(2):
        gaps = (middles[pair][:, None] - curves[owner == pair, 8]).norm(dim=-1)
        assert (gaps.amin(1) < 1e-6).all()


def test_a_coarse_segment_stands_for_several():
    decoders = reference.tiny_decoders(3)
    corners = np.array([[-1.0, -1.0], [1.0, 1.0]])
    grid = evaluate_grid(decoders, CONTINUOUS_BERNOULLI, corners, nodes=20)
    start, end = torch.tensor([[[-0.8, 0.3]], [[0.7, -0.5]]], dtype=torch.float64)
    wanted = Problem(InterpolatedEnergy(grid, 3), PiecewiseLinear(16), start, end, 64)
    coarse = graph._coarser(wanted, Routes.of(wanted, grid, 3))
    energies = [p.objective.expand(p.points(line(p.family, 1, 2))).energy for p in (wanted, coarse)]
    assert coarse.segments == 16
    torch.testing.assert_close(*energies, rtol=1e-3, atol=0)
