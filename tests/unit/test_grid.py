import numpy as np
import pytest
import reference
import torch
from latentgeo import continuous_bernoulli as cb
from latentgeo.grid import (
    InterpolatedEnergy,
    LatentGrid,
    Path,
    PathFinder,
    _Refinement,
    evaluate_grid,
)


def latent_grid(axes, centre, scale, disagreement, metric, drift=None, skewness=None):
    def zero(dim):
        return np.zeros((*disagreement.shape, *[2] * dim))

    return LatentGrid(
        axes,
        np.array(centre),
        np.array(scale),
        disagreement,
        zero(1) if drift is None else drift,
        metric,
        zero(3) if skewness is None else skewness,
        entropy=zero(0),
    )


def warped(lower, upper, centre, scale, nodes):
    """Coordinates of nodes that are equidistant in u, with z = centre + scale sinh(u)."""
    ends = np.arcsinh((np.array([lower, upper]) - centre) / scale)
    return centre + scale * np.sinh(np.linspace(*ends, nodes))


def smooth_fields(x, y):
    """D, a, C and S at arrays of coordinates, symmetric where they should be."""
    sin, cos = np.sin, np.cos
    skew = np.stack([cos(x), sin(x + y), cos(2 * x - y), sin(y)], -1)
    return (
        2 + sin(2 * x) * cos(y),
        np.stack([cos(x * y), sin(x) + y], -1),
        np.stack([3 + cos(x + y), 0.5 * sin(x * y), 0.5 * sin(x * y), 2 + sin(x - 2 * y)], -1),
        3 * skew[..., [0, 1, 1, 2, 1, 2, 2, 3]],
    )


def smooth_grid(nodes=12):
    """A grid over [-1, 1] × [-2, 1] of smooth fields; of one decoder half, D = a = 0."""
    centre, scale = np.array([0.2, -0.4]), np.array([0.7, 1.5])
    axes = np.stack([warped(-1, 1, 0.2, 0.7, nodes), warped(-2, 1, -0.4, 1.5, nodes)])
    d, a, c, s = smooth_fields(*np.meshgrid(*axes, indexing="ij"))
    c, s = c.reshape(nodes, nodes, 2, 2), s.reshape(nodes, nodes, 2, 2, 2)
    pairs = (np.stack([0 * d, d]), np.stack([c / 2, c]), np.stack([0 * a, a]), np.stack([s / 2, s]))
    return latent_grid(axes, centre, scale, *pairs)


def flat_axes(nodes, upper=1.0):
    """Nodes that are nearly equidistant on [0, upper]²: axes, centre and scale."""
    axis = warped(0, upper, upper / 2, 5 * upper, nodes)
    return np.stack([axis, axis]), [upper / 2] * 2, [5 * upper] * 2


def wall_grid(nodes=21, steep=True):
    """Over [0, 1]²: the flat metric, but for a high wall at x = 1/2 with a gap where y > 0.8."""
    axes, centre, scale = flat_axes(nodes)
    metric = np.tile(np.eye(2), (1, nodes, nodes, 1, 1))
    if steep:
        metric[0, 9:12, : nodes - 4] *= 1e4
    else:
        x, y = np.meshgrid(*axes, indexing="ij")
        wall = np.exp(-(((x - 0.5) / 0.12) ** 2)) / (1 + np.exp((y - 0.7) / 0.06))
        metric *= (1 + 100 * wall)[..., None, None]
    return latent_grid(axes, centre, scale, np.zeros((1, nodes, nodes)), metric)


def positions(grid):
    return torch.from_numpy(np.stack(np.meshgrid(*grid.axes, indexing="ij"), -1))


# ── the fields of decoders ──────────────────────────────────────────────────────────────────────

NAMES = ("disagreement", "drift", "metric", "skewness", "entropy")


def grid_errors(nodes):
    """Largest errors of the fields on the lattice's border and middle, for 3 decoders.

    Each as a share of the field's largest value there.
    """
    objective = reference.objective(3, 8)
    grid = evaluate_grid(objective, np.array([[-1.0, 0.5], [0.5, -0.5], [0.3, 2.0]]), nodes)
    assert objective.evaluations == 3 * nodes**2
    assert grid.disagreement.shape == (3, grid.nodes, grid.nodes)
    last, pairs = grid.nodes - 1, {name: [] for name in NAMES}
    for i, j in [(0, 0), (0, last // 2), (last // 2, last // 3), (last, last)]:
        point = positions(grid)[i, j]
        for count in (1, 2, 3):
            expected = reference.fields(objective.decoders[:count], point)
            etas = torch.stack([f(point[None])[0] for f in objective.decoders[:count]])
            expected["entropy"] = reference.log_normalizer(etas) - etas * reference.mean(etas)
            expected["entropy"] = expected["entropy"].mean()
            for name in NAMES:
                found = getattr(grid, name)[count - 1, i, j]
                pairs[name].append((np.ravel(found), expected[name].numpy().ravel()))
    errors = []
    for values in pairs.values():
        found, expected = (np.concatenate(part) for part in zip(*values, strict=True))
        errors.append(np.abs(found - expected).max() / np.abs(expected).max())
    return np.array(errors)


def test_the_grid_approaches_the_fields_of_every_prefix_of_the_decoders():
    coarse, fine = grid_errors(20), grid_errors(60)
    assert (fine < 1e-3).all()
    assert (fine < np.maximum(coarse / 20, 1e-9)).all()


def test_one_decoder_has_neither_disagreement_nor_drift_and_minus_the_skewness_tensor():
    objective = reference.objective(1, 8)
    grid = evaluate_grid(objective, np.array([[-1.0, -1.0], [1.0, 1.0]]), 36)
    assert not grid.disagreement.any()
    assert not grid.drift.any()
    i, j = 11, 30
    point = positions(grid)[i, j]
    eta = objective.decoders[0](point[None])[0]
    jacobian = torch.func.jacfwd(lambda z: objective.decoders[0](z[None])[0])(point)
    third = cb.third_cumulant(eta)
    expected = torch.einsum("d,di,dj,dk->ijk", third, jacobian, jacobian, jacobian)
    np.testing.assert_allclose(-grid.skewness[0, i, j], expected, atol=1e-3 * expected.abs().max())


def test_splines_pass_through_the_nodes_and_know_quintic_derivatives():
    x, y = np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 9), indexing="ij")
    u, v = np.meshgrid(np.linspace(-1, 1, 12), np.linspace(-1, 1, 12), indexing="ij")
    found = _Refinement(9, 12)(torch.from_numpy(x**5 * y**2 - y**3)[..., None])[..., 0]
    h = 2 / 11
    slopes = 5 * u**4 * v**2 * h, (2 * u**5 * v - 3 * v**2) * h
    bends = 20 * u**3 * v**2 * h**2, 10 * u**4 * v * h**2, (2 * u**5 - 6 * v) * h**2
    np.testing.assert_allclose(found, [u**5 * v**2 - v**3, *slopes, *bends], atol=1e-12)


def test_the_grid_covers_all_but_the_outermost_latents_with_a_margin_of_five_percent():
    inner = np.stack([np.linspace(-1, 1, 1999), np.linspace(3, 2, 1999)], axis=1)
    latents = np.concatenate([inner, [[50.0, -70.0]]])
    grid = evaluate_grid(reference.objective(1, 8), latents, nodes=9)
    np.testing.assert_allclose(grid.axes[:, 0], [-1.1, 1.95], atol=0.01)
    np.testing.assert_allclose(grid.axes[:, -1], [1.1, 3.05], atol=0.01)


def test_the_nodes_are_densest_at_the_median_of_the_latents():
    latents = np.concatenate([np.full((90, 2), [1.0, -0.5]), np.linspace([-3, -3], [3, 3], 80)])
    grid = evaluate_grid(reference.objective(1, 8), latents, nodes=30)
    for axis, median in zip(grid.axes, (1.0, -0.5), strict=True):
        gaps = np.diff(axis)
        densest = gaps.argmin()
        assert axis[densest - 1] < median < axis[densest + 2]
        assert gaps.max() > 2 * gaps.min()


def smooth_curve(segments):
    t = torch.linspace(0, 1, segments + 1, dtype=torch.float64)
    return torch.stack([2 * t - 1, torch.sin(2 * t) - 0.5], -1)[None]


@pytest.mark.parametrize("count", [1, 3])
def test_the_interpolated_energy_approaches_the_energy_as_steps_shrink(count):
    corners = np.array([[-1.0, -1.0], [1.0, 1.0]])
    grid = evaluate_grid(reference.objective(count, 8), corners, nodes=33)
    errors = []
    for segments in (8, 32, 128):
        points = smooth_curve(segments)
        energy = reference.objective(count, segments).energy(points)
        interpolated = InterpolatedEnergy(grid, count).expand(points).energy
        errors.append((interpolated / energy - 1).abs().item())
    assert errors[1] < errors[0] / 8
    assert errors[2] < 1e-3


@pytest.mark.parametrize("count", [1, 3])
def test_the_interpolated_energy_tells_a_curve_from_its_reverse(count):
    corners = np.array([[-1.0, -1.0], [1.0, 1.0]])
    grid = evaluate_grid(reference.objective(count, 8), corners, nodes=33)
    points, objective = smooth_curve(32), reference.objective(count, 32)
    difference = objective.energy(points) - objective.energy(points.flip(1))
    interpolated = InterpolatedEnergy(grid, count)
    found = interpolated.expand(points).energy - interpolated.expand(points.flip(1)).energy
    torch.testing.assert_close(found, difference, rtol=0.03, atol=0)


def test_a_thinned_grid_has_the_same_fields_at_fewer_nodes():
    grid = smooth_grid(nodes=13)
    thin = grid.thinned(3)
    assert thin.nodes == 5
    at = positions(thin)
    found, expected = (InterpolatedEnergy(g, 2).fields(at)[..., 0, :] for g in (thin, grid))
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


# ── splines of the fields ───────────────────────────────────────────────────────────────────────


def independent(d, a, c, s):
    """The fields' different components, in the order of InterpolatedEnergy.fields: (..., 10)."""
    parts = d[..., None], a, c[..., [0, 1, 3]], s[..., [0, 1, 3, 7]]
    return np.concatenate(parts, axis=-1)


def test_interpolated_fields_have_the_nodes_values():
    grid = smooth_grid()
    expected = independent(*smooth_fields(*np.meshgrid(*grid.axes, indexing="ij")))
    found = InterpolatedEnergy(grid, 2).fields(positions(grid))[..., 0, :]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_of_one_decoder_only_metric_and_skewness_are_kept():
    grid = smooth_grid()
    expected = independent(*smooth_fields(*np.meshgrid(*grid.axes, indexing="ij")))
    found = InterpolatedEnergy(grid, 1).fields(positions(grid))[..., 0, :]
    np.testing.assert_allclose(found, expected[..., 3:] / 2, rtol=1e-12, atol=1e-12)


def test_interpolated_fields_are_close_to_smooth_fields_between_nodes():
    energy = InterpolatedEnergy(smooth_grid(nodes=40), 2)
    x, y = torch.rand(2, 50, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x, y = 1.6 * x - 0.8, 2.4 * y - 1.7
    found = energy.fields(torch.stack([x, y], -1))[..., 0, :]
    expected = independent(*smooth_fields(x.numpy(), y.numpy()))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


def test_field_derivatives_agree_with_central_differences():
    energy, step = InterpolatedEnergy(smooth_grid(), 2), 1e-5
    points = torch.tensor([[0.13, -0.4], [-0.95, 0.93], [0.71, -1.9]], dtype=torch.float64)
    fields = energy.fields(points)
    for axis, shift in enumerate(step * torch.eye(2, dtype=torch.float64)):
        change = (energy.fields(points + shift) - energy.fields(points - shift)) / (2 * step)
        torch.testing.assert_close(fields[:, 1 + axis], change[:, 0], rtol=1e-7, atol=1e-7)
        for other, order in enumerate([[3, 4], [4, 5]][axis]):
            bend = change[:, 1 + other]
            torch.testing.assert_close(fields[:, order], bend, rtol=1e-6, atol=1e-6)


def test_fields_are_constant_beyond_the_grid():
    energy = InterpolatedEnergy(smooth_grid(), 2)
    beyond = torch.tensor([[5.0, 9.0], [1e6, 1e6]], dtype=torch.float64)
    corner = energy.fields(torch.tensor([[1.0, 1.0]], dtype=torch.float64))[:, 0]
    for points in (beyond, beyond - 1):
        fields = energy.fields(points)
        torch.testing.assert_close(fields[:, 0], corner.expand(2, -1), rtol=1e-12, atol=1e-12)
        assert (fields[:, 1:] == 0).all()


def curves_over_the_grid():
    inside = reference.random_points(2, 5) * 0.5
    outside = inside[:1] + torch.tensor([0.9, 0.2])  # some of its points are beyond the border
    return torch.cat([inside, outside])


def full(fields):
    """D, a, C and S as tensors, of their different components (10,)."""
    d, ax, ay, xx, xy, yy, *s = fields
    c, a = torch.stack([xx, xy, xy, yy]).view(2, 2), torch.stack([ax, ay])
    return d, a, c, torch.stack(s)[[0, 1, 1, 2, 1, 2, 2, 3]].view(2, 2, 2)


@pytest.mark.parametrize("steps", [1, 2.5])
def test_interpolated_energy_is_the_formula_of_the_module(steps):
    grid, points = smooth_grid(), curves_over_the_grid()
    fields = InterpolatedEnergy(grid, 2).fields(points)[:, :, 0]
    expected = torch.zeros(3, dtype=torch.float64)
    for b in range(3):
        for i in range(5):
            step = (points[b, i + 1] - points[b, i]) / steps
            for d, a, c, s in (full(fields[b, i]), full(fields[b, i + 1])):
                cubic = torch.einsum("xyz,x,y,z", s, step, step, step)
                f = d + a @ step / 2 + step @ c @ step / 2 + cubic / 12
                expected[b] += steps * f / 2
    energy = InterpolatedEnergy(grid, 2, steps).expand(points).energy
    torch.testing.assert_close(energy, expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize("decoders", [1, 2])
def test_interpolated_gradient_and_hessian_agree_with_central_differences(decoders):
    energy, points = InterpolatedEnergy(smooth_grid(), decoders), curves_over_the_grid()
    step, chosen = 1e-5, torch.tensor([True, False, True])
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
    flat = latent_grid(*flat_axes(21), np.zeros((1, 21, 21)), metric)
    for end in ([0.9, 0.9], [0.9, 0.5], [0.1, 0.8], [0.9, 0.3]):
        path = PathFinder(flat, 1, segments=8)(np.array([0.1, 0.1]), np.array(end))
        length = np.linalg.norm(np.diff(path.points, axis=0), axis=1).sum()
        straight = np.linalg.norm(np.array(end) - 0.1)
        assert straight <= length + 1e-12 <= 1.03 * straight


def test_a_path_keeps_away_from_disagreement():
    disagreement = np.full((1, 21, 21), 0.1)
    disagreement[0, 5:16, :15] = 100.0
    flat = np.tile(np.eye(2), (1, 21, 21, 1, 1))
    hill = latent_grid(*flat_axes(21), disagreement, flat)
    path = PathFinder(hill, 1, segments=16)(np.array([0.05, 0.5]), np.array([0.95, 0.5]))
    x, y = path.points.T
    assert (y[(x > 0.3) & (x < 0.7)] > 0.69).all()


def test_a_path_between_ends_at_one_node_goes_straight():
    start, end = np.array([0.501, 0.9]), np.array([0.499, 0.91])
    path = PathFinder(wall_grid(), 1, segments=8)(start, end)
    np.testing.assert_allclose(path(np.array([0, 0.5, 1])), [start, (start + end) / 2, end])
