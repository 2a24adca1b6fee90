from dataclasses import replace
from functools import partial

import differentiation
import pytest
import reference
import torch
from latentgeo.geodesics import MEASURES, make_objective
from latentgeo.likelihoods.continuous_bernoulli import CONTINUOUS_BERNOULLI
from latentgeo.likelihoods.gaussian import Gaussian
from latentgeo.objectives import terms
from latentgeo.objectives.base import Ingredients
from latentgeo.objectives.fisher_rao import WITHIN, FisherRao
from torch import nn

ENSEMBLES = pytest.mark.parametrize("count", [1, 2, 5])


def test_decoding_gives_the_decoders_own_natural_parameters():
    objective, points = reference.objective(2), reference.random_points(3, 5)
    eta = objective.decode(points)
    assert eta.shape == (2, 3, 6, 784)
    for decoder, own in zip(objective.decoders, eta, strict=True):
        expected = reference.natural_parameters(decoder, points[1])
        torch.testing.assert_close(own[1], expected, rtol=1e-12, atol=1e-12)


def test_a_single_precision_decoder_still_gives_double_energies():
    points = reference.random_points(2, 5)
    single = reference.objective(2, dtype=torch.float32)
    exact = reference.objective(2).energy(points)
    for energies in (single.energy(points), single.expand(points).energy):
        assert energies.dtype == torch.float64
        torch.testing.assert_close(energies, exact, rtol=1e-4, atol=0)


@ENSEMBLES
def test_an_expansion_has_the_energy_of_the_definition(count):
    objective, points = reference.objective(count), reference.random_points(3, 5)
    expected = reference.energy(objective.decode(points))
    torch.testing.assert_close(objective.energy(points), expected, rtol=1e-12, atol=0)
    torch.testing.assert_close(objective.expand(points).energy, expected, rtol=1e-12, atol=0)


def within(count):
    return replace(reference.objective(count), coupling=WITHIN)


@ENSEMBLES
def test_within_decoders_the_energy_is_the_mean_of_each_decoders_own(count):
    objective, points = within(count), reference.random_points(3, 5)
    own = [FisherRao([f], CONTINUOUS_BERNOULLI).energy(points) for f in objective.decoders]
    expected = sum(own) / count
    torch.testing.assert_close(objective.energy(points), expected, rtol=1e-12, atol=0)
    torch.testing.assert_close(objective.expand(points).energy, expected, rtol=1e-12, atol=0)
    if count == 1:
        same = reference.objective(1).expand(points)
        assert torch.equal(objective.expand(points).energy, same.energy)
        assert torch.equal(objective.expand(points).gradient(), same.gradient())


@ENSEMBLES
def test_within_decoders_derivatives_agree_with_automatic_differentiation(count):
    objective, points = within(count), reference.random_points(3, 5)

    def energy(points):
        return reference.travel(objective.decode(points))

    differentiation.check_derivatives(objective.expand(points), energy, points, rtol=1e-9)


def test_measures_are_of_a_curve_however_decoders_are_coupled():
    points = reference.random_points(3, 5)
    between, own = reference.objective(3).measures(points), within(3).measures(points)
    for name in MEASURES:
        torch.testing.assert_close(own[name], between[name], rtol=1e-12, atol=0)


def test_the_objective_of_the_expected_metric_is_made_by_its_name():
    decoders, latents = reference.tiny_decoders(2), torch.zeros(1, 2).double()
    ingredients = Ingredients(decoders, CONTINUOUS_BERNOULLI, latents)
    made = make_objective("fisher-rao-within", {}, ingredients)
    assert made == FisherRao(decoders, CONTINUOUS_BERNOULLI, "within")


def test_work_is_counted_in_forward_passes_of_a_decoder():
    objective, points = reference.objective(3), reference.random_points(2, 5)
    objective.energy(points)
    assert objective.evaluations == 3 * 2 * 6
    expansion = objective.expand(points)
    expansion.gradient()
    assert objective.evaluations == 3 * 3 * 2 * 6
    expansion.hessian(torch.tensor([True, False]))
    assert objective.evaluations == 3 * 3 * 2 * 6 + 3 * 4 * 2


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("own_formula", [True, False], ids=["library", "reference"])
def test_fisher_rao_derivatives_agree_with_automatic_differentiation(count, own_formula):
    objective, points = reference.objective(count), reference.random_points(3, 5)
    formula = partial(terms.energy, CONTINUOUS_BERNOULLI) if own_formula else reference.energy

    def energy(points):
        return formula(objective.decode(points))

    differentiation.check_derivatives(objective.expand(points), energy, points, rtol=1e-9)


def test_one_inner_point_has_a_hessian_without_neighbours():
    objective, points = reference.objective(2), reference.random_points(2, 2)
    differentiation.check_derivatives(objective.expand(points), objective.energy, points, rtol=1e-9)


def test_derivatives_of_a_plain_linear_decoder_are_right_too():
    torch.manual_seed(0)
    decoder = nn.Sequential(nn.Linear(2, 20)).double().requires_grad_(False)
    objective, points = (
        FisherRao([decoder], CONTINUOUS_BERNOULLI),
        5 * reference.random_points(2, 4),
    )
    differentiation.check_derivatives(objective.expand(points), objective.energy, points, rtol=1e-9)


def test_a_layer_without_a_known_derivative_is_differentiated_automatically():
    torch.manual_seed(0)
    decoder = nn.Sequential(nn.Linear(2, 9), nn.Mish(), nn.Linear(9, 20)).double()
    objective, points = FisherRao([decoder], CONTINUOUS_BERNOULLI), reference.random_points(2, 4)
    differentiation.check_derivatives(objective.expand(points), objective.energy, points, rtol=1e-9)


@pytest.mark.parametrize("count", [1, 3])
def test_the_metric_is_the_mean_of_the_pulled_back_fisher_information(count):
    objective, points = reference.objective(count), reference.random_points(2, 3)
    metric = objective.expand(points).metric()
    for b in range(2):
        for i in range(4):
            expected = reference.metric(objective.decoders, points[b, i])
            torch.testing.assert_close(metric[b, i], expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("count", [1, 3])
def test_a_report_holds_what_the_definitions_say(count):
    objective, points = reference.objective(count), reference.random_points(3, 5)
    eta = objective.decode(points)
    measures = objective.measures(points)
    assert set(measures) == set(MEASURES)
    measures["energy"] = objective.energy(points)
    for name in ("energy", "disagreement", "travel"):
        expected = getattr(reference, name)(eta)
        torch.testing.assert_close(measures[name], expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("count", [1, 3])
def test_length_agrees_with_quadrature_of_the_metric_along_a_curve(count):
    segments = 400
    objective = reference.objective(count)
    t = torch.linspace(0, 1, segments + 1, dtype=torch.float64)

    def curve(t):
        return torch.stack([2 * t - 1, torch.sin(3 * t)], -1)

    def speed(t):
        velocity = torch.stack([torch.full_like(t, 2), 3 * torch.cos(3 * t)], -1)
        return (velocity @ reference.metric(objective.decoders, curve(t)) @ velocity).sqrt()

    nodes, weights = (torch.from_numpy(x) for x in reference.np.polynomial.legendre.leggauss(40))
    expected = sum(w * speed((n + 1) / 2) / 2 for n, w in zip(nodes, weights, strict=True))
    length = objective.measures(curve(t)[None])["length"]
    torch.testing.assert_close(length, expected[None], rtol=1e-4, atol=0)


def test_measures_do_not_depend_on_how_curves_are_chunked(monkeypatch):
    objective, points = reference.objective(2), reference.random_points(4, 5)

    def everything():
        parts = points.split(objective.curves_at_once(5))
        energy = torch.cat([objective.expand(part).energy for part in parts])
        return {"energy": energy, **objective.measures(points)}

    at_once = everything()
    monkeypatch.setattr("latentgeo.objectives.fisher_rao.POINTS_AT_ONCE", 1)
    assert objective.curves_at_once(5) == 1
    one_by_one = everything()
    for name in ("energy", "disagreement", "travel", "length"):
        a, b = at_once[name], one_by_one[name]
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("angle", [0.1, 0.7, 1.3, 2.0, 2.9])
def test_a_curve_along_which_nothing_changes_has_no_length(angle):
    # the decoder sees one direction of the latent space; the curve runs across it
    torch.manual_seed(1)
    layers = [nn.Linear(2, 1), nn.SiLU(), nn.Linear(1, 30)]
    decoder = nn.Sequential(*layers).double().requires_grad_(False)
    direction = torch.tensor([angle, angle + torch.pi / 2], dtype=torch.float64)
    layers[0].weight.copy_(3 * torch.cos(direction))
    across = torch.sin(direction) * torch.linspace(-1, 1, 9, dtype=torch.float64)[:, None]
    objective = FisherRao([decoder], CONTINUOUS_BERNOULLI)
    length, energy = objective.measures(across[None])["length"], objective.energy(across[None])
    assert length.item() == pytest.approx(0, abs=1e-6)
    assert energy.item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("count", [1, 3])
def test_a_hessian_may_be_asked_for_before_the_gradient(count):
    objective, points = reference.objective(count), reference.random_points(3, 5)
    chosen = torch.tensor([True, False, True])
    later, first = objective.expand(points), objective.expand(points)
    gradient, expected = later.gradient(), later.hessian(chosen)
    found = first.hessian(chosen)
    for own, other in zip(found, expected, strict=True):
        torch.testing.assert_close(own, other, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(first.gradient(), gradient, rtol=1e-12, atol=1e-12)
    differentiation.check_derivatives(first, objective.energy, points, rtol=1e-9)


def test_asking_twice_costs_no_more_work():
    objective, points = reference.objective(3), reference.random_points(2, 5)
    expansion = objective.expand(points)
    expansion.gradient()
    work = objective.evaluations
    expansion.gradient()
    assert objective.evaluations == work


def test_one_objective_serves_curves_of_any_number_of_segments():
    objective = reference.objective(3)
    for segments in (2, 7):
        points = reference.random_points(2, segments)
        expansion = objective.expand(points)
        differentiation.check_derivatives(expansion, objective.energy, points, rtol=1e-9)
        assert expansion.resolution.shape == (2,)
    assert objective.curves_at_once(2) > objective.curves_at_once(7) > 1
    assert objective.curves_at_once(10**6) == 1


def test_fewer_curves_of_larger_images_are_done_at_once():
    def made(pixels, dim):
        decoder = torch.nn.Linear(dim, pixels).double()
        latents = torch.zeros(3, dim).double()
        return FisherRao.of(Ingredients([decoder], CONTINUOUS_BERNOULLI, latents))

    usual = made(784, 2)
    assert usual.curves_at_once(32) == made(20, 2).curves_at_once(32) == 10
    assert made(784, 4).curves_at_once(32) == made(2 * 784, 2).curves_at_once(32) == 5
    assert made(64 * 784, 8).curves_at_once(32) == 1


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["double", "single"])
def test_the_resolution_is_what_rounding_leaves_of_an_energy(dtype):
    objective, points = reference.objective(2, dtype=dtype), reference.random_points(4, 5)
    resolution = objective.expand(points).resolution
    eps = torch.finfo(dtype).eps
    assert (resolution > 784 * 5 / 2 * torch.finfo(torch.float64).eps).all()
    assert (resolution < 784 * 6 * ((20 * eps) ** 2 + 16 * torch.finfo(torch.float64).eps)).all()
    still = points[:, :1].expand(-1, 6, -1)
    alone = FisherRao(objective.decoders[:1], CONTINUOUS_BERNOULLI)
    assert (alone.expand(still).energy.abs() <= resolution).all()


@pytest.mark.parametrize("count", [1, 3])
def test_another_likelihood_has_an_energy_and_exact_derivatives_of_its_own(count):
    decoders = [
        nn.Sequential(nn.Linear(2, 8), nn.SiLU(), nn.Linear(8, 20)).double().requires_grad_(False)
        for _ in range(count)
    ]
    objective, points = FisherRao(decoders, Gaussian(0.5)), 3 * reference.random_points(3, 5)

    def energy(points):
        means = [decoder(points) for decoder in decoders]
        pairs = reference.decoder_pairs(count)
        steps = [means[m][:, 1:] - means[k][:, :-1] for k, m in pairs]
        return sum(step.square().sum((-1, -2)) * 2 for step in steps) / len(pairs)

    torch.testing.assert_close(objective.energy(points), energy(points), rtol=1e-10, atol=0)
    differentiation.check_derivatives(objective.expand(points), energy, points, rtol=1e-9)


def test_measures_of_decoders_that_could_still_be_trained_are_plain_numbers():
    objective, points = reference.objective(2), reference.random_points(2, 4)
    for decoder in objective.decoders:
        decoder.requires_grad_(True)
    measures = objective.measures(points)
    assert not any(values.requires_grad for values in measures.values())
