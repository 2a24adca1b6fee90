import numpy as np
import pytest
import reference
import torch
from grids import flat_axes, latent_grid, positions, smooth_fields, smooth_grid
from latentgeo.likelihoods.continuous_bernoulli import CONTINUOUS_BERNOULLI
from latentgeo.objectives.fisher_rao import WITHIN, FisherRao
from latentgeo.starts.grid.evaluation import evaluate_grid
from latentgeo.starts.grid.interpolation import InterpolatedEnergy


def smooth_curve(segments):
    t = torch.linspace(0, 1, segments + 1, dtype=torch.float64)
    return torch.stack([2 * t - 1, torch.sin(2 * t) - 0.5], -1)[None]


@pytest.mark.parametrize("count", [1, 3])
def test_the_interpolated_energy_approaches_the_energy_as_steps_shrink(count):
    corners = np.array([[-1.0, -1.0], [1.0, 1.0]])
    grid = evaluate_grid(reference.tiny_decoders(count), CONTINUOUS_BERNOULLI, corners, nodes=33)
    errors = []
    for segments in (2, 8, 32):
        points = smooth_curve(segments)
        energy = reference.objective(count).energy(points)
        interpolated = InterpolatedEnergy(grid, count).expand(points).energy
        errors.append((interpolated / energy - 1).abs().item())
    assert errors[1] < errors[0] / 100
    assert errors[2] < 1e-5


def test_within_decoders_the_interpolated_energy_approaches_the_energy_too():
    corners = np.array([[-1.0, -1.0], [1.0, 1.0]])
    decoders = reference.tiny_decoders(3)
    grid = evaluate_grid(decoders, CONTINUOUS_BERNOULLI, corners, nodes=33).within()
    errors = []
    for segments in (2, 8, 32):
        points = smooth_curve(segments)
        energy = FisherRao(decoders, CONTINUOUS_BERNOULLI, WITHIN).energy(points)
        interpolated = InterpolatedEnergy(grid, 3).expand(points).energy
        errors.append((interpolated / energy - 1).abs().item())
    assert errors[1] < errors[0] / 100
    assert errors[2] < 1e-5


@pytest.mark.parametrize("count", [1, 3])
def test_the_interpolated_energy_tells_a_curve_from_its_reverse(count):
    corners = np.array([[-1.0, -1.0], [1.0, 1.0]])
    grid = evaluate_grid(reference.tiny_decoders(count), CONTINUOUS_BERNOULLI, corners, nodes=33)
    points, objective = smooth_curve(32), reference.objective(count)
    difference = objective.energy(points) - objective.energy(points.flip(1))
    interpolated = InterpolatedEnergy(grid, count)
    found = interpolated.expand(points).energy - interpolated.expand(points.flip(1)).energy
    torch.testing.assert_close(found, difference, rtol=0.03, atol=0)


def independent(d, a, c, s, t, q):
    """The fields' different components, in the order of InterpolatedEnergy.fields: (..., 19)."""
    third, fourth = [0, 1, 3, 7], [0, 1, 3, 7, 15]
    parts = d[..., None], a, c[..., [0, 1, 3]], s[..., third], t[..., third], q[..., fourth]
    return np.concatenate(parts, axis=-1)


def test_interpolated_fields_have_the_nodes_values():
    grid = smooth_grid()
    expected = independent(*smooth_fields(*np.meshgrid(*grid.axes, indexing="ij")))
    found = InterpolatedEnergy(grid, 2).fields(positions(grid))[..., 0, :]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_of_one_decoder_neither_disagreement_nor_drift_is_kept():
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


def test_a_curve_is_on_the_grid_with_all_its_points():
    inside = torch.tensor([[-0.9, -1.9], [0.0, 0.0], [0.9, 0.9]], dtype=torch.float64)
    curves = inside.repeat(7, 1, 1)
    beyond = torch.tensor([[1.1, 0.0], [-1.1, 0.0], [0.0, 1.1], [0.0, -2.1]], dtype=torch.float64)
    curves[1:5, 1] = beyond
    curves[5, 0], curves[6, 2] = beyond[0], beyond[3]
    found = InterpolatedEnergy(smooth_grid(), 2).covers(curves)
    assert found.tolist() == [True] + [False] * 6


def curves_over_the_grid():
    inside = reference.random_points(2, 5) * 0.5
    outside = inside[:1] + torch.tensor([0.9, 0.2])  # some of its points are beyond the border
    return torch.cat([inside, outside])


def full(components, order):
    """A symmetric tensor of its different components (order + 1,)."""
    where = np.indices([2] * order).sum(0).astype(int)
    return components[where].view([2] * order)


def once(tensor, step):
    """The tensor times the step in all its axes."""
    while tensor.dim():
        tensor = tensor @ step
    return tensor


def divergence_of(components, step, side):
    """The formula of `fields`, with the higher orders bounded to half of the metric's term."""
    d, a, c, s, t, q = (
        once(full(part, order), step)
        for order, part in zip(
            [0, 1, 2, 3, 3, 4], components.split([1, 2, 3, 4, 4, 5]), strict=True
        )
    )
    higher = s / 12 + side * t / 12 - q / 24
    bounded = higher / (1 + (higher / (c / 4)) ** 2).sqrt()
    return d + a / 2 + c / 2 + bounded, higher / (c / 2)


@pytest.mark.parametrize("steps", [0.4, 1, 2.5])
def test_interpolated_energy_is_the_formula_of_the_module(steps):
    grid, points = smooth_grid(), curves_over_the_grid()
    fields = InterpolatedEnergy(grid, 2).fields(points)[:, :, 0]
    expected, shares = torch.zeros(3, dtype=torch.float64), []
    for b in range(3):
        for i in range(5):
            step = (points[b, i + 1] - points[b, i]) / steps
            for at, side in ((i, 1), (i + 1, -1)):
                value, share = divergence_of(fields[b, at], step, side)
                expected[b] += steps * value / 2
                shares.append(share.abs())
    energy = InterpolatedEnergy(grid, 2, steps).expand(points).energy
    torch.testing.assert_close(energy, expected, rtol=1e-12, atol=0)
    assert min(shares) < 0.1
    assert steps > 0.5 or max(shares) > 0.5  # large corrections are tried as well


@pytest.mark.parametrize("count", [1, 3])
def test_the_interpolated_energy_is_of_fourth_order(count):
    """Half the step, a sixteenth of the error in the part that a curve and its reverse share."""
    corners = np.array([[-1.0, -1.0], [1.0, 1.0]])
    grid = evaluate_grid(reference.tiny_decoders(count), CONTINUOUS_BERNOULLI, corners, nodes=60)
    interpolated, objective = InterpolatedEnergy(grid, count), reference.objective(count)
    middle, errors = torch.tensor([0.11, -0.23]), []
    for size in (0.4, 0.2):
        step = size * torch.tensor([0.6, 0.8]) / 2
        points = torch.stack([middle - step, middle + step]).double()[None]
        both = torch.cat([points, points.flip(1)])
        errors.append((interpolated.expand(both).energy - objective.energy(both)).mean().abs())
    assert errors[1] < errors[0] / 12
    assert errors[0] < 0.02 * objective.energy(both).mean()


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


def test_a_metric_that_is_not_semidefinite_is_made_so():
    metric = np.tile(np.diag([1.0, -1.0]), (1, 21, 21, 1, 1))
    grid = latent_grid(*flat_axes(21), np.zeros((1, 21, 21)), metric)
    found = InterpolatedEnergy(grid, 1).fields(positions(grid))[..., 0, :]
    np.testing.assert_allclose(found, np.broadcast_to([1.0, 0, 0], found.shape), atol=1e-12)
