import numpy as np
import pytest
from grids import flat_axes, latent_grid, wall_grid
from latentgeo.starts.grid.paths import PathFinder
from latentgeo.starts.ways import LEAST_EXCESS, Path
from scipy.optimize import brentq


def test_a_path_is_travelled_by_its_durations():
    corner = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 3.0]])
    path = Path(corner, np.array([1.0, 3.0]))
    expected = [[0, 0], [0.5, 0], [1, 0], [1, 1], [1, 3]]
    np.testing.assert_allclose(path(np.array([0, 0.125, 0.25, 0.5, 1])), expected, atol=1e-15)


def test_a_path_that_takes_no_time_is_straight():
    path = Path(np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]]), np.zeros(2))
    np.testing.assert_allclose(path(np.array([0, 0.5, 1])), [[0, 0], [1, 0], [2, 0]])


def test_a_path_goes_round_a_wall():
    grid, start, end = wall_grid(), np.array([0.11, 0.12]), np.array([0.88, 0.1])
    path = PathFinder(grid, 1, segments=32)(start, end).paths[0]
    np.testing.assert_array_equal(path.points[[0, -1]], [start, end])
    x, y = path(np.linspace(0, 1, 200)).T
    assert (y[(x > 0.44) & (x < 0.56)] > 0.79).all()
    assert ((x > 0.44) & (x < 0.56)).any()


def test_a_path_in_a_flat_metric_is_hardly_longer_than_the_straight_line():
    metric = np.tile(np.eye(2), (1, 21, 21, 1, 1))
    flat = latent_grid(*flat_axes(21), np.zeros((1, 21, 21)), metric)
    for end in ([0.9, 0.9], [0.9, 0.5], [0.1, 0.8], [0.9, 0.3]):
        path = PathFinder(flat, 1, segments=8)(np.array([0.1, 0.1]), np.array(end)).paths[0]
        length = np.linalg.norm(np.diff(path.points, axis=0), axis=1).sum()
        straight = np.linalg.norm(np.array(end) - 0.1)
        assert straight <= length + 1e-12 <= 1.03 * straight


def test_a_path_keeps_away_from_disagreement():
    disagreement = np.full((1, 21, 21), 0.1)
    disagreement[0, 5:16, :15] = 100.0
    flat = np.tile(np.eye(2), (1, 21, 21, 1, 1))
    hill = latent_grid(*flat_axes(21), disagreement, flat)
    path = PathFinder(hill, 1, segments=16)(np.array([0.05, 0.5]), np.array([0.95, 0.5])).paths[0]
    x, y = path.points.T
    assert (y[(x > 0.3) & (x < 0.7)] > 0.69).all()


@pytest.mark.parametrize("field", ["disagreement", "metric"])
def test_a_path_is_that_of_the_first_so_many_decoders(field):
    """Two decoders have a wall that the first alone has not."""
    flat, even = np.tile(np.eye(2), (2, 21, 21, 1, 1)), np.full((2, 21, 21), 0.1)
    fields = {"disagreement": even, "metric": flat}
    fields[field][1, 8:13, :15] *= 1e4
    grid, ends = latent_grid(*flat_axes(21), **fields), np.array([[0.05, 0.5], [0.95, 0.5]])
    highest = [PathFinder(grid, count, 16)(*ends).paths[0].points[:, 1].max() for count in (1, 2)]
    assert highest[0] < 0.6
    assert highest[1] > 0.69


def test_a_path_between_ends_at_one_node_goes_straight():
    start, end = np.array([0.501, 0.9]), np.array([0.499, 0.91])
    (path,) = PathFinder(wall_grid(), 1, segments=8)(start, end).paths
    np.testing.assert_allclose(path(np.array([0, 0.5, 1])), [start, (start + end) / 2, end])


def test_the_ways_round_both_sides_of_a_hill_are_found_shortest_first():
    metric = np.tile(np.eye(2), (1, 41, 41, 1, 1))
    metric[0, 12:29, 10:29] *= 1e4
    grid = latent_grid(*flat_axes(41), np.zeros((1, 41, 41)), metric)
    start, end = np.array([0.05, 0.45]), np.array([0.95, 0.45])
    paths = PathFinder(grid, 1, segments=16)(start, end).paths
    lengths = [np.linalg.norm(np.diff(p.points, axis=0), axis=1).sum() for p in paths]
    assert lengths == sorted(lengths)
    sides = [path(np.array([0.5]))[0, 1] > 0.45 for path in paths]
    assert not sides[0]  # the way below is the shorter one
    assert True in sides
    middles = np.array([path(np.array([0.5]))[0] for path in paths])
    gaps = np.linalg.norm(middles[:, None] - middles, axis=-1)[np.triu_indices(len(paths), 1)]
    assert (gaps > 0.1 * 0.9).all()


@pytest.mark.parametrize("size", [1e-2, 1.0, 1e2])
def test_there_is_a_way_through_every_gap_of_a_wall_in_any_unit(size):
    metric = np.tile(np.eye(2), (1, 41, 41, 1, 1))
    metric[0, 19:22] *= 1e4
    for gap in (10, 20, 30):
        metric[0, 19:22, gap - 1 : gap + 2] = np.eye(2)
    grid = latent_grid(*flat_axes(41, size), np.zeros((1, 41, 41)), metric)
    start, end = size * np.array([[0.1, 0.5], [0.9, 0.5]])
    paths = PathFinder(grid, 1, segments=16)(start, end).paths
    heights = [path(np.array([0.5]))[0, 1] / size for path in paths]
    assert {round(4 * height) for height in heights} == {1, 2, 3}


def test_no_way_is_much_longer_than_the_shortest():
    metric = np.tile(np.eye(2), (1, 41, 41, 1, 1))
    grid = latent_grid(*flat_axes(41), np.zeros((1, 41, 41)), metric)
    paths = PathFinder(grid, 1, segments=16)(np.array([0.4, 0.5]), np.array([0.6, 0.5])).paths
    lengths = [np.linalg.norm(np.diff(p.points, axis=0), axis=1).sum() for p in paths]
    assert max(lengths) <= 1.5 * min(lengths) + 2 / 40


def test_each_way_is_a_shortest_one_to_its_middle():
    """Against a shortest path that is asked for alone, by way of the wall's gap."""
    grid, start, end = wall_grid(), np.array([0.1, 0.1]), np.array([0.9, 0.1])
    finder = PathFinder(grid, 1, segments=32)
    for path in finder(start, end).paths:
        middle = path.points[len(path.points) // 2]
        halves = [finder(start, middle).paths[0], finder(middle, end).paths[0]]
        whole = sum(np.linalg.norm(np.diff(h.points, axis=0), axis=1).sum() for h in halves)
        own = np.linalg.norm(np.diff(path.points, axis=0), axis=1).sum()
        assert own <= whole * 1.05


@pytest.mark.parametrize("speed", [4, 1e-3])
def test_a_path_is_faster_where_the_decoders_disagree(speed):
    """In a step by √(2 (D + h)), where h is such that the path takes all its steps, or least."""
    nodes, segments = 21, 16
    profile = np.concatenate([np.full(10, 1.0), [5.0], np.full(10, 9.0)])
    disagreement = np.tile(profile[:, None], (1, 1, nodes))
    metric = np.tile((speed * segments / 0.8) ** 2 * np.eye(2), (1, nodes, nodes, 1, 1))
    grid = latent_grid(*flat_axes(nodes), disagreement, metric)
    path = PathFinder(grid, 1, segments)(np.array([0.1, 0.5]), np.array([0.9, 0.5])).paths[0]
    potential = (profile[2:18] + profile[3:19]) / 2

    def steps(h):
        return speed / np.sqrt(2 * (potential + h))

    least = LEAST_EXCESS - 1
    late = steps(least).sum() > segments
    h = brentq(lambda h: steps(h).sum() - segments, least, speed**2) if late else least
    lengths = speed * segments / 0.8 * np.linalg.norm(np.diff(path.points, axis=0), axis=1)
    for side, level in ((path.points[:, 0] < 0.46, 1.0), (path.points[:, 0] > 0.54, 9.0)):
        even = (side[:-1] & side[1:]).nonzero()[0]
        expected = lengths[even] / np.sqrt(2 * (level + h))
        assert len(even) > 1
        np.testing.assert_allclose(path.durations[even], expected, rtol=0.06, atol=1e-9)
    if late:
        assert path.durations.sum() == pytest.approx(segments, rel=0.01)
