"""What no curve's action is below, against actions that are known or found otherwise."""

import numpy as np
import pytest
import torch
from grids import flat_axes, latent_grid, wall_grid
from latentgeo.curves import CubicSpline, fit
from latentgeo.solvers.newton import Newton
from latentgeo.solvers.problem import Problem
from latentgeo.starts.grid.interpolation import InterpolatedEnergy
from latentgeo.starts.grid.network import DIRECTIONS, Network
from latentgeo.starts.grid.paths import PathFinder
from latentgeo.starts.grid.pieces import Pieces
from latentgeo.starts.grid.routes import Routes

NODES, STEPS = 31, 16


def even_grid(metric, disagreement=0.0, nodes=NODES):
    """A grid of one metric and one disagreement everywhere."""
    fields = np.full((1, nodes, nodes), disagreement), np.tile(metric, (1, nodes, nodes, 1, 1))
    return latent_grid(*flat_axes(nodes), *fields)


def turned(stretch, angle):
    """A metric that is so many times longer, squared, in one direction than across."""
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s], [s, c]])
    return turn @ np.diag([1.0, stretch]) @ turn.T


def ends_around(count):
    """Ends 0.8 apart in directions all around."""
    angles = np.linspace(0.05, np.pi, count)
    offset = 0.4 * np.stack([np.cos(angles), np.sin(angles)], 1)
    return 0.5 - offset, 0.5 + offset


@pytest.mark.parametrize(("stretch", "share"), [(1.0, 0.98), (4.0, 0.94), (25.0, 0.8)])
@pytest.mark.parametrize("angle", [0.0, 0.3, 1.1])
def test_the_bound_is_never_above_the_action_of_the_straight_line_and_close(stretch, share, angle):
    metric = turned(stretch, angle)
    finder = PathFinder(even_grid(metric), 1, STEPS)
    for start, end in zip(*ends_around(24), strict=True):
        action = (end - start) @ metric @ (end - start) / (2 * STEPS)
        least = finder(start, end).least
        assert share * action <= least <= (1 + 1e-3) * action


def test_ways_along_edges_alone_would_be_too_long():
    """That is what the costs are multiplied for; along an edge they are exact."""
    network = Network(even_grid(turned(4.0, 0.3)), 1)
    unshrunk = Pieces(network.pieces.speed, network.pieces.potential, np.ones(len(network.ends[0])))
    start, end = np.array([0.2, 0.3]), np.array([0.77, 0.61])
    ends = network.end(start), network.end(end)
    lengths = []
    for costs in (unshrunk.costs(None), network.pieces.costs(None)):
        field = network.field(None, costs, ends[0])
        lengths.append((field.costs[ends[1].nodes] + ends[1].pieces.costs(None)).min())
    straight = np.sqrt((end - start) @ turned(4.0, 0.3) @ (end - start))
    assert lengths[1] <= straight * (1 + 1e-3) < lengths[0]


def test_every_direction_is_there_once_and_ordered():
    angles = [np.arctan2(y, x) for x, y in DIRECTIONS]
    assert len(DIRECTIONS) == 48
    assert angles == sorted(angles)
    assert len({round(angle, 9) for angle in angles}) == 48
    assert set(DIRECTIONS) == {(-x, -y) for x, y in DIRECTIONS}


@pytest.mark.parametrize("level", [0.3, 30.0])
def test_with_a_constant_disagreement_the_bound_is_that_and_the_length(level):
    finder = PathFinder(even_grid(np.eye(2) * 900, level), 1, STEPS)
    start, end = np.array([0.1, 0.2]), np.array([0.8, 0.55])
    action = STEPS * level + 900 * ((end - start) ** 2).sum() / (2 * STEPS)
    assert 0.98 * action <= finder(start, end).least <= action * (1 + 1e-6)


def test_the_constant_is_such_that_the_way_takes_all_steps():
    generator = np.random.default_rng(3)
    pieces = Pieces(generator.uniform(1, 3, (9, 5)), generator.uniform(1, 2, (9, 5)), np.ones(9))
    for steps in (2, 5, 9):
        h = pieces.constant(steps, -0.99)
        assert pieces.durations(h).sum() == pytest.approx(steps)
    assert pieces.constant(1000, -0.99) == -0.99
    even = Pieces(np.full((4, 5), 2.0), np.full((4, 5), 1.5), np.ones(4))
    assert even.constant(4, -1.0) == pytest.approx(0.5)  # a speed of 2 = √(2 (1.5 + h))


def waves(seed, disagreement):
    """A grid of smooth random fields."""
    generator = np.random.default_rng(seed)
    axes, centre, scale = flat_axes(41)
    x, y = np.meshgrid(*axes, indexing="ij")

    def wave():
        a, b, c = generator.uniform(2, 7, 2), generator.uniform(0, 6), generator.uniform(0.3, 1)
        return c * np.sin(a[0] * x + a[1] * y + b)

    root = np.stack([2 + wave(), wave(), wave(), 2 + wave()], -1).reshape(41, 41, 2, 2)
    metric = 100 * root @ np.swapaxes(root, -1, -2)
    potential = disagreement * (1.2 + wave()).clip(min=0.1)
    return latent_grid(axes, centre, scale, potential[None], metric[None])


@pytest.mark.parametrize("disagreement", [0.0, 1.0, 20.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_bound_is_close_below_the_lowest_action_that_is_found(seed, disagreement):
    """Of many curves, minimised in a rich family without the paths."""
    grid = waves(seed, disagreement)
    start = torch.tensor([[0.1, 0.15], [0.2, 0.9]], dtype=torch.float64)
    end = torch.tensor([[0.85, 0.8], [0.9, 0.3]], dtype=torch.float64)
    problem = Problem(InterpolatedEnergy(grid, 1), CubicSpline(8), start, end, STEPS)
    routes = Routes.of(problem, grid, 1)
    found = []
    generator = torch.Generator().manual_seed(seed)
    for size in np.linspace(0, 0.4, 12):
        weights = size * torch.randn(2, 9, 2, generator=generator, dtype=torch.float64)
        line = torch.lerp(start[:, None], end[:, None], torch.linspace(0, 1, 9)[:, None].double())
        weights[:, [0, -1]] = 0
        begun = fit(CubicSpline(8), torch.linspace(0, 1, 9).double(), line + weights)
        action = InterpolatedEnergy(grid, 1, STEPS / 64, highest=2)
        fine = Problem(action, CubicSpline(8), start, end, 64)
        solved = Newton(max_steps=60).solve(fine, begun)
        inside = action.covers(fine.points(solved.weights)) & (solved.energy > 0)
        found.append(torch.where(inside, solved.energy, torch.inf))
    lowest = torch.stack(found).amin(0)
    known = routes.lowest.isfinite()  # on the grid
    assert known.any()
    assert (routes.lowest <= lowest * 1.01)[known].all()
    assert (routes.least <= torch.minimum(lowest, routes.lowest) * 1.01).all()
    assert (routes.least >= routes.lowest * 0.9)[known].all()


@pytest.mark.parametrize("disagreement", [0.3, 3.0, 30.0])
@pytest.mark.parametrize("seed", range(4))
def test_the_bound_is_the_highest_of_all_constants(seed, disagreement):
    """Against many constants h, one after the other."""
    finder = PathFinder(waves(seed, disagreement), 1, STEPS)
    network, (start, end) = finder.network, np.array([[0.1, 0.2], [0.9, 0.75]])
    ends = network.end(start), network.end(end)
    bounds = []
    for h in network.least * (np.logspace(-2, 4, 200) - 1):
        field = network.field(h, network.pieces.costs(h), ends[0])
        cost = (field.costs[ends[1].nodes] + ends[1].pieces.costs(h)).min()
        bounds.append(np.sqrt(2) * cost - h * STEPS)
    found = finder(start, end).least
    assert (1 - 0.011) * max(bounds) <= found <= (1 + 1e-3) * max(bounds)


def test_far_away_places_of_little_disagreement_do_not_make_the_bound_worthless():
    axes, centre, scale = flat_axes(41)
    x, _ = np.meshgrid(*axes, indexing="ij")
    potential = np.where(x < 0.6, 1.0, 0.05)[None]
    metric = np.tile(1e4 * np.eye(2), (1, 41, 41, 1, 1))
    grid = latent_grid(axes, centre, scale, potential, metric)
    start, end = np.array([0.2, 0.5]), np.array([0.24, 0.52])
    action = STEPS + 1e4 * ((end - start) ** 2).sum() / (2 * STEPS)
    finder = PathFinder(grid, 1, STEPS)
    least = finder(start, end).least
    narrowed = finder.narrowed(start, end, least, action)
    assert least < 0.5 * action
    assert 0.95 * action <= narrowed <= action
    assert finder.narrowed(start, end, 0.999 * action, action) == 0.999 * action
    assert finder.narrowed(start, end, least, np.inf) == least


def test_actions_are_those_of_the_family_and_nan_beyond_the_grid():
    grid = wall_grid(nodes=41, steep=False)
    start, end = torch.tensor([[[0.1, 0.9], [0.1, 0.1]], [[0.9, 0.9], [0.9, 0.1]]]).double()
    problem = Problem(InterpolatedEnergy(grid, 1), CubicSpline(6), start, end, STEPS)
    routes = Routes.of(problem, grid, 1)
    weights = torch.zeros(2, CubicSpline(6).size, 2, dtype=torch.float64)
    t = np.linspace(0, 1, 2001)
    points = InterpolatedEnergy(grid, 1).fields(
        torch.from_numpy(np.stack([0.1 + 0.8 * t, np.full_like(t, 0.9)], 1))
    )[:, 0, 0]
    expected = np.trapezoid(points.numpy() * 0.8**2, t) / (2 * STEPS)
    actions = routes.actions(problem, weights)
    assert actions[0] == pytest.approx(expected, rel=2e-3)
    weights[1] = 50.0
    assert routes.actions(problem, weights)[1].isnan()
    followed, actions = routes.followed(problem)
    assert torch.equal(routes.actions(problem, followed), actions)
    assert (actions <= routes.lowest * 1.02).all()
