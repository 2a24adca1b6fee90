from contextlib import contextmanager

import numpy as np
import reference
import torch
from grids import positions
from latentgeo.likelihoods.continuous_bernoulli import CONTINUOUS_BERNOULLI
from latentgeo.likelihoods.continuous_bernoulli_cumulants import cumulant
from latentgeo.likelihoods.named import named
from latentgeo.starts.grid.evaluation import evaluate_grid
from latentgeo.starts.grid.refinement import Refinement
from torch import nn

OF_STEPS = ("metric", "skewness", "slope", "bending")
NAMES = ("disagreement", "drift", *OF_STEPS, *(f"own_{n}" for n in OF_STEPS), "entropy")


@contextmanager
def evaluations(decoders):
    """The points at which each decoder is evaluated inside of the block, call by call."""
    points = [[] for _ in decoders]
    handles = [
        decoder.register_forward_pre_hook(lambda module, inputs, own=own: own.append(inputs[0]))
        for decoder, own in zip(decoders, points, strict=True)
    ]
    yield points
    for handle in handles:
        handle.remove()


def grid_errors(nodes):
    """Largest errors of the fields on the lattice's border and middle, for 3 decoders.

    Each as a share of the field's largest value there.
    """
    decoders = reference.tiny_decoders(3)
    latents = np.array([[-0.5, 0.25], [0.25, -0.25], [0.15, 1.0]])
    with evaluations(decoders) as evaluated:
        grid = evaluate_grid(decoders, CONTINUOUS_BERNOULLI, latents, nodes)
    for points in map(torch.cat, evaluated):
        assert len(points) == len(points.unique(dim=0)) == nodes**2
    assert grid.disagreement.shape == (3, grid.nodes, grid.nodes)
    last, pairs = grid.nodes - 1, {name: [] for name in NAMES}
    for i, j in [(0, 0), (0, last // 2), (last // 2, last // 3), (last, last)]:
        point = positions(grid)[i, j]
        for count in (1, 2, 3):
            expected = reference.fields(decoders[:count], point)
            etas = [reference.natural_parameters(f, point[None])[0] for f in decoders[:count]]
            etas = torch.stack(etas)
            expected["entropy"] = reference.log_normalizer(etas) - etas * reference.mean(etas)
            expected["entropy"] = expected["entropy"].mean()
            alone = [reference.fields([f], point) for f in decoders[:count]]
            expected |= {
                f"own_{name}": sum(own[name] for own in alone) / count for name in OF_STEPS
            }
            for name in NAMES:
                found = getattr(grid, name)[count - 1, i, j]
                pairs[name].append((np.ravel(found), expected[name].numpy().ravel()))
    errors = []
    for values in pairs.values():
        found, expected = (np.concatenate(part) for part in zip(*values, strict=True))
        errors.append(np.abs(found - expected).max() / np.abs(expected).max())
    return np.array(errors)


def test_the_grid_approaches_the_fields_of_every_prefix_of_the_decoders():
    coarse, fine = grid_errors(28), grid_errors(84)
    assert (fine < 3e-3).all()
    assert (fine < np.maximum(coarse / 10, 1e-6)).all()


def test_one_decoder_has_neither_disagreement_nor_drift_and_minus_the_skewness_tensor():
    (decoder,) = reference.tiny_decoders(1)
    corners = np.array([[-1.0, -1.0], [1.0, 1.0]])
    grid = evaluate_grid([decoder], CONTINUOUS_BERNOULLI, corners, 36)
    assert not grid.disagreement.any()
    assert not grid.drift.any()
    i, j = 11, 30
    point = positions(grid)[i, j]

    def eta(z):
        return reference.natural_parameters(decoder, z[None])[0]

    jacobian, third = torch.func.jacfwd(eta)(point), cumulant(eta(point), 3)
    expected = torch.einsum("d,di,dj,dk->ijk", third, jacobian, jacobian, jacobian)
    np.testing.assert_allclose(-grid.skewness[0, i, j], expected, atol=1e-3 * expected.abs().max())


def test_splines_pass_through_the_nodes_and_know_quintic_derivatives():
    x, y = np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 9), indexing="ij")
    u, v = np.meshgrid(np.linspace(-1, 1, 12), np.linspace(-1, 1, 12), indexing="ij")
    found = Refinement(9, 12)(torch.from_numpy(x**5 * y**2 - y**3)[..., None])[..., 0]
    h = 2 / 11
    slopes = 5 * u**4 * v**2 * h, (2 * u**5 * v - 3 * v**2) * h
    bends = 20 * u**3 * v**2 * h**2, 10 * u**4 * v * h**2, (2 * u**5 - 6 * v) * h**2
    np.testing.assert_allclose(found, [u**5 * v**2 - v**3, *slopes, *bends], atol=1e-12)


def test_the_grid_covers_all_but_the_outermost_latents_with_a_wide_margin():
    inner = np.stack([np.linspace(-1, 1, 1999), np.linspace(3, 2, 1999)], axis=1)
    latents = np.concatenate([inner, [[50.0, -70.0]]])
    grid = evaluate_grid(reference.tiny_decoders(1), CONTINUOUS_BERNOULLI, latents, nodes=9)
    np.testing.assert_allclose(grid.axes[:, 0], [-4.0, 0.5], atol=0.01)
    np.testing.assert_allclose(grid.axes[:, -1], [4.0, 4.5], atol=0.01)


def test_the_nodes_are_densest_at_the_median_of_the_latents():
    latents = np.concatenate([np.full((90, 2), [1.0, -0.5]), np.linspace([-3, -3], [3, 3], 80)])
    grid = evaluate_grid(reference.tiny_decoders(1), CONTINUOUS_BERNOULLI, latents, nodes=30)
    for axis, median in zip(grid.axes, (1.0, -0.5), strict=True):
        gaps = np.diff(axis)
        densest = gaps.argmin()
        assert axis[densest - 1] < median < axis[densest + 2]
        assert gaps.max() > 2 * gaps.min()


def test_within_decoders_a_grid_has_the_mean_of_what_each_has_alone():
    decoders, corners = reference.tiny_decoders(3), np.array([[-1.0, -1.0], [1.0, 1.0]])
    grid = evaluate_grid(decoders, CONTINUOUS_BERNOULLI, corners, 20)
    alone = [evaluate_grid([f], CONTINUOUS_BERNOULLI, corners, 20) for f in decoders]
    within = grid.within()
    assert not within.disagreement.any() and not within.drift.any()
    for name in OF_STEPS:
        found, own = getattr(within, name), [getattr(one, name)[0] for one in alone]
        size = np.abs(found).max()
        for count in (1, 2, 3):
            expected = sum(own[:count]) / count
            np.testing.assert_allclose(found[count - 1], expected, rtol=0, atol=1e-6 * size)
    assert within.entropy is grid.entropy and within.axes is grid.axes


def test_the_entropy_is_one_of_a_pixel_however_many_numbers_a_decoder_gives_of_it():
    torch.manual_seed(0)
    decoder = nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 10)).double()
    family = named({"family": "gaussian", "deviation": "learned"})
    latents = np.random.default_rng(0).normal(size=(50, 2))
    grid = evaluate_grid([decoder], family, latents, nodes=9)
    z = torch.from_numpy(grid.axes[:, 0])
    deviations = decoder(z[None]).chunk(2, 1)[1].exp()
    expected = torch.distributions.Normal(0, deviations).entropy().mean()
    np.testing.assert_allclose(grid.entropy[0, 0, 0], expected.detach(), rtol=1e-9)
