import numpy as np
import pytest
import reference
import torch
from latentgeo.grid import (
    InterpolatedEnergy,
    LatentGrid,
    Path,
    PathFinder,
    _Refinement,
    evaluate_grid,
)


def latent_grid(lower, spacing, disagreement, metric):
    return LatentGrid(lower, spacing, disagreement, metric, entropy=np.zeros_like(disagreement))


def smooth_grid(nodes=12):
    """A grid over [-1, 1] × [-2, 1] of smooth fields, another for each of two decoder counts."""
    lower, upper = np.array([-1.0, -2.0]), np.array([1.0, 1.0])
    spacing = (upper - lower) / (nodes - 1)
    x, y = np.moveaxis(lower + np.indices((nodes, nodes)).T.swapaxes(0, 1) * spacing, -1, 0)
    disagreement = np.stack([0 * x, 2 + np.sin(2 * x) * np.cos(y)])
    xx, yy, xy = 3 + np.cos(x + y), 2 + np.sin(x - 2 * y), 0.5 * np.sin(x * y)
    metric = np.stack([np.stack([xx, xy], -1), np.stack([xy, yy], -1)], -2)
    return latent_grid(lower, spacing, disagreement, np.stack([metric, 2 * metric]))


def wall_grid(nodes=21, steep=True):
    """Over [0, 1]²: the flat metric, but for a high wall at x = 1/2 with a gap where y > 0.8."""
    metric = np.tile(np.eye(2), (1, nodes, nodes, 1, 1))
    spacing = np.full(2, 1 / (nodes - 1))
    if steep:
        metric[0, 9:12, : nodes - 4] *= 1e4
    else:
        x, y = np.indices((nodes, nodes)) * spacing[0]
        wall = np.exp(-(((x - 0.5) / 0.12) ** 2)) / (1 + np.exp((y - 0.7) / 0.06))
        metric *= (1 + 100 * wall)[..., None, None]
    return latent_grid(np.zeros(2), spacing, np.zeros((1, nodes, nodes)), metric)


def positions(grid):
    return torch.from_numpy(grid.lower + np.indices((grid.nodes,) * 2).T * grid.spacing)


# ── D and C of decoders ─────────────────────────────────────────────────────────────────────────


def grid_errors(nodes):
    """Relative errors of D, C and entropy on the lattice's border and middle, for 3 decoders."""
    objective = reference.objective(3, 8)
    grid = evaluate_grid(objective, np.array([[-1.0, 0.5], [0.5, -0.5], [0.3, 2.0]]), nodes)
    assert objective.evaluations == 3 * nodes**2
    assert grid.disagreement.shape == (3, grid.nodes, grid.nodes)
    last, errors = grid.nodes - 1, []
    for i, j in [(0, 0), (0, last // 2), (last // 2, last // 3), (last, last)]:
        point = torch.from_numpy(grid.lower + np.array([i, j]) * grid.spacing)
        for count in (1, 2, 3):
            d, c = reference.fields(objective.decoders[:count], point)
            etas = torch.stack([f(point[None])[0] for f in objective.decoders[:count]])
            entropy = (reference.log_normalizer(etas) - etas * reference.mean(etas)).mean()
            found = (field[count - 1, i, j] for field in vars(grid).values() if field.ndim > 1)
            pairs = zip(found, (d.numpy(), c.numpy(), entropy.numpy()), strict=True)
            errors.append([np.abs(f - e).max() / max(np.abs(e).max(), 1e-9) for f, e in pairs])
    return np.max(errors, axis=0)


def test_the_grid_approaches_disagreement_metric_and_entropy_of_every_prefix_of_the_decoders():
    coarse, fine = grid_errors(12), grid_errors(36)
    assert (fine < 1e-3).all()
    assert (fine < coarse / 20).all()


def test_splines_pass_through_the_nodes_and_know_quintic_slopes():
    x, y = np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 9), indexing="ij")
    u, v = np.meshgrid(np.linspace(-1, 1, 12), np.linspace(-1, 1, 12), indexing="ij")
    found = _Refinement(9, 12)(torch.from_numpy(x**5 * y**2 - y**3)[..., None])[..., 0]
    step = 2 / 11
    slopes = 5 * u**4 * v**2 * step, (2 * u**5 * v - 3 * v**2) * step
    expected = np.stack([u**5 * v**2 - v**3, *slopes], axis=-1)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_the_grid_covers_all_but_the_outermost_latents_with_a_margin_of_five_percent():
    inner = np.stack([np.linspace(-1, 1, 1999), np.linspace(3, 2, 1999)], axis=1)
    latents = np.concatenate([inner, [[50.0, -70.0]]])
    grid = evaluate_grid(reference.objective(1, 8), latents, nodes=9)
    upper = grid.lower + (grid.nodes - 1) * grid.spacing
    np.testing.assert_allclose(grid.lower, [-1.1, 1.95], atol=0.01)
    np.testing.assert_allclose(upper, [1.1, 3.05], atol=0.01)


@pytest.mark.parametrize("count", [1, 3])
def test_the_interpolated_energy_approaches_the_energy_as_steps_shrink(count):
    corners = np.array([[-1.0, -1.0], [1.0, 1.0]])
    grid = evaluate_grid(reference.objective(count, 8), corners, nodes=33)
    errors = []
    for segments in (8, 32, 128):
        t = torch.linspace(0, 1, segments + 1, dtype=torch.float64)
        points = torch.stack([2 * t - 1, torch.sin(2 * t) - 0.5], -1)[None]
        energy = reference.objective(count, segments).energy(points)
        interpolated = InterpolatedEnergy(grid, count).expand(points).energy
        # without the decoders' disagreement, which the two count at different ends
        errors.append((interpolated / energy - 1).abs().item())
    assert errors[2] < errors[1] < errors[0]
    assert errors[2] < 0.01


def test_a_thinned_grid_has_the_same_fields_at_fewer_nodes():
    grid = smooth_grid(nodes=13)
    thin = grid.thinned(3)
    assert thin.nodes == 5
    at = positions(thin)
    for found, expected in zip(
        InterpolatedEnergy(thin, 2).fields(at)[0],
        InterpolatedEnergy(grid, 2).fields(at)[0],
        strict=True,
    ):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


# ── splines of the fields ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("decoders", [1, 2])
def test_interpolated_fields_have_the_nodes_values(decoders):
    grid = smooth_grid()
    d, c = InterpolatedEnergy(grid, decoders).fields(positions(grid))[0]
    np.testing.assert_allclose(d.T, grid.disagreement[decoders - 1], rtol=1e-12, atol=1e-12)
    expected = grid.metric[decoders - 1]
    np.testing.assert_allclose(c.transpose(0, 1), expected, rtol=1e-12, atol=1e-12)


def test_interpolated_fields_are_close_to_smooth_fields_between_nodes():
    energy = InterpolatedEnergy(smooth_grid(nodes=40), 2)
    x, y = torch.rand(2, 50, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x, y = 1.6 * x - 0.8, 2.4 * y - 1.7
    d, c = energy.fields(torch.stack([x, y], -1))[0]
    torch.testing.assert_close(d, 2 + torch.sin(2 * x) * torch.cos(y), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(c[:, 0, 0], 2 * (3 + torch.cos(x + y)), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(c[:, 0, 1], torch.sin(x * y), rtol=1e-4, atol=1e-4)


def test_field_derivatives_agree_with_central_differences():
    energy, step = InterpolatedEnergy(smooth_grid(), 2), 1e-5
    points = torch.tensor([[0.13, -0.4], [-0.95, 0.93], [0.71, -1.9]], dtype=torch.float64)
    _, first, second = energy.fields(points)
    for axis, shift in enumerate(step * torch.eye(2, dtype=torch.float64)):
        above, below = energy.fields(points + shift), energy.fields(points - shift)
        for part in (0, 1):  # D and C
            slope = (above[0][part] - below[0][part]) / (2 * step)
            torch.testing.assert_close(first[part][axis], slope, rtol=1e-7, atol=1e-7)
            bend = (above[1][part] - below[1][part]) / (2 * step)
            torch.testing.assert_close(second[part][axis], bend, rtol=1e-6, atol=1e-6)


def test_fields_are_constant_beyond_the_grid():
    energy = InterpolatedEnergy(smooth_grid(), 2)
    beyond = torch.tensor([[5.0, 9.0], [1e6, 1e6]], dtype=torch.float64)
    corner = torch.tensor([[1.0, 1.0]], dtype=torch.float64)
    for values in (energy.fields(beyond)[0], energy.fields(beyond - 1)[0]):
        for value, expected in zip(values, energy.fields(corner)[0], strict=True):
            torch.testing.assert_close(value, expected.expand_as(value), rtol=1e-12, atol=0)
    _, first, second = energy.fields(beyond)
    assert all((value == 0).all() for value in (*first, *second))


def curves_over_the_grid():
    inside = reference.random_points(2, 5) * 0.5
    outside = inside[:1] + torch.tensor([0.9, 0.2])  # some of its points are beyond the border
    return torch.cat([inside, outside])


def test_interpolated_energy_is_the_formula_of_the_module():
    energy, points = InterpolatedEnergy(smooth_grid(), 2), curves_over_the_grid()
    d, c = energy.fields(points)[0]
    expected = torch.zeros(3, dtype=torch.float64)
    for b in range(3):
        for i in range(5):
            step = points[b, i + 1] - points[b, i]
            expected[b] += (d[b, i] + d[b, i + 1]) / 2
            expected[b] += step @ (c[b, i] + c[b, i + 1]) @ step / 4
    torch.testing.assert_close(energy.expand(points).energy, expected, rtol=1e-12, atol=0)


def test_interpolated_gradient_and_hessian_agree_with_central_differences():
    energy, points, step = InterpolatedEnergy(smooth_grid(), 2), curves_over_the_grid(), 1e-5
    chosen = torch.tensor([True, False, True])
    expansion = energy.expand(points)
    gradient, hessian = expansion.gradient(), expansion.hessian(chosen)
    blocks = torch.zeros(2, 4, 2, 4, 2, dtype=torch.float64)
    for i in range(4):
        blocks[:, i, :, i] = hessian.diagonal[:, i]
        if i < 3:
            blocks[:, i, :, i + 1] = hessian.upper[:, i]
            blocks[:, i + 1, :, i] = hessian.upper[:, i].mT
    for i in range(4):
        for axis in range(2):
            shift = torch.zeros_like(points)
            shift[:, i + 1, axis] = step
            above, below = energy.expand(points + shift), energy.expand(points - shift)
            slope = (above.energy - below.energy) / (2 * step)
            torch.testing.assert_close(gradient[:, i, axis], slope, rtol=1e-7, atol=1e-7)
            bend = (above.gradient() - below.gradient())[chosen] / (2 * step)
            torch.testing.assert_close(blocks[:, :, :, i, axis], bend, rtol=1e-6, atol=1e-6)


# ── paths ───────────────────────────────────────────────────────────────────────────────────────


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
    path = PathFinder(grid, 1, segments=32)(start, end)
    np.testing.assert_array_equal(path.points[[0, -1]], [start, end])
    x, y = path(np.linspace(0, 1, 200)).T
    assert (y[(x > 0.44) & (x < 0.56)] > 0.79).all()
    assert ((x > 0.44) & (x < 0.56)).any()


def test_a_path_in_a_flat_metric_is_hardly_longer_than_the_straight_line():
    metric = np.tile(np.eye(2), (1, 21, 21, 1, 1))
    flat = latent_grid(np.zeros(2), np.full(2, 0.05), np.zeros((1, 21, 21)), metric)
    for end in ([0.9, 0.9], [0.9, 0.5], [0.1, 0.8], [0.9, 0.3]):
        path = PathFinder(flat, 1, segments=8)(np.array([0.1, 0.1]), np.array(end))
        length = np.linalg.norm(np.diff(path.points, axis=0), axis=1).sum()
        straight = np.linalg.norm(np.array(end) - 0.1)
        assert straight <= length + 1e-12 <= 1.03 * straight


def test_a_path_keeps_away_from_disagreement():
    grid = wall_grid()
    disagreement = np.full((1, 21, 21), 0.1)
    disagreement[0, 5:16, :15] = 100.0
    flat = np.tile(np.eye(2), (1, 21, 21, 1, 1))
    hill = latent_grid(grid.lower, grid.spacing, disagreement, flat)
    path = PathFinder(hill, 1, segments=16)(np.array([0.05, 0.5]), np.array([0.95, 0.5]))
    x, y = path.points.T
    assert (y[(x > 0.3) & (x < 0.7)] > 0.69).all()


def test_a_path_between_ends_at_one_node_goes_straight():
    start, end = np.array([0.501, 0.9]), np.array([0.499, 0.91])
    path = PathFinder(wall_grid(), 1, segments=8)(start, end)
    np.testing.assert_allclose(path(np.array([0, 0.5, 1])), [start, (start + end) / 2, end])
