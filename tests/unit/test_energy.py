import pytest
import reference
import torch
from latentgeo import continuous_bernoulli as cb
from latentgeo import energy as en
from latentgeo.vae import Bound
from torch import nn

ENSEMBLES = pytest.mark.parametrize("count", [1, 2, 5])


def random_eta(count, curves=2, segments=4, pixels=30):
    noise = torch.Generator().manual_seed(count)
    shape = (curves, segments + 1, pixels)
    logits = torch.randn((count, *shape), generator=noise, dtype=torch.float64)
    logits += torch.randn(shape, generator=noise, dtype=torch.float64)
    return 4 * logits


def generators(count, seed=0):
    return [torch.Generator().manual_seed(seed + i) for i in range(count)]


# ── the definitions ─────────────────────────────────────────────────────────────────────────────


@ENSEMBLES
@pytest.mark.parametrize("name", ["energy", "disagreement", "travel"])
def test_sums_over_decoders_equal_the_double_loop(name, count):
    eta = random_eta(count)
    expected = getattr(reference, name)(eta)
    assert expected.shape == (2,)
    torch.testing.assert_close(getattr(en, name)(eta), expected, rtol=1e-12, atol=1e-12)


def test_a_single_decoder_never_disagrees():
    assert torch.equal(en.disagreement(random_eta(1)), torch.zeros(2, dtype=torch.float64))


def test_the_energy_of_a_resting_curve_is_its_disagreement():
    eta = random_eta(3)[:, :, :1].expand(-1, -1, 5, -1)
    torch.testing.assert_close(en.energy(eta), en.disagreement(eta), rtol=1e-12, atol=0)
    torch.testing.assert_close(en.travel(eta), torch.zeros(2, dtype=torch.float64))


@ENSEMBLES
def test_the_sampled_energy_is_right_on_average(count):
    eta, samples = random_eta(count, curves=1), 20_000
    pairs = en.sample_decoder_pairs(count, samples, 4, generators(1)[0])
    each = en.monte_carlo_energy(eta.expand(-1, samples, -1, -1), *pairs.unsqueeze(2))
    error = each.std() / samples**0.5
    assert (each.mean() - en.energy(eta)).abs() <= 4 * error + 1e-9


def test_the_sampled_energy_is_the_mean_over_its_samples():
    eta = random_eta(3)
    first, second = en.sample_decoder_pairs(3, 2 * 4, 4, generators(1)[0]).view(2, 2, 4, 4)
    expected = torch.zeros(2, dtype=torch.float64)
    for b in range(2):
        for s in range(4):
            for i in range(4):
                p, q = eta[first[b, s, i], b, i], eta[second[b, s, i], b, i + 1]
                expected[b] += reference.divergence(p, q) / 4
    torch.testing.assert_close(
        en.monte_carlo_energy(eta, first, second), expected, rtol=1e-12, atol=0
    )


@pytest.mark.parametrize("count", [2, 4])
def test_sampled_pairs_are_of_different_decoders_and_uniform(count):
    first, second = en.sample_decoder_pairs(count, 1500, 8, generators(1)[0])
    assert first.shape == second.shape == (1500, 8)
    counts = torch.bincount((first * count + second).flatten(), minlength=count**2)
    counts = counts.view(count, count)
    share = 1 / (count * (count - 1))
    different = ~torch.eye(count, dtype=torch.bool)
    assert (counts[~different] == 0).all()
    deviation = (first.numel() * share * (1 - share)) ** 0.5
    assert ((counts[different] - first.numel() * share).abs() < 4 * deviation).all()


def test_the_only_decoder_is_paired_with_itself():
    assert not en.sample_decoder_pairs(1, 3, 5, generators(1)[0]).any()


# ── the Fisher-Rao objective ────────────────────────────────────────────────────────────────────


def test_decoding_gives_the_decoders_own_natural_parameters():
    objective, points = reference.objective(2, 5), reference.random_points(3, 5)
    eta = objective.decode(points)
    assert eta.shape == (2, 3, 6, 784)
    for decoder, own in zip(objective.decoders, eta, strict=True):
        torch.testing.assert_close(own[1], decoder(points[1]), rtol=1e-12, atol=1e-12)


def test_a_single_precision_decoder_still_gives_double_energies():
    points = reference.random_points(2, 5)
    single = reference.objective(2, 5, dtype=torch.float32)
    exact = reference.objective(2, 5).energy(points)
    for energies in (single.energy(points), single.expand(points).energy):
        assert energies.dtype == torch.float64
        torch.testing.assert_close(energies, exact, rtol=1e-4, atol=0)


@ENSEMBLES
def test_an_expansion_has_the_energy_of_the_definition(count):
    objective, points = reference.objective(count, 5), reference.random_points(3, 5)
    expected = reference.energy(objective.decode(points))
    torch.testing.assert_close(objective.energy(points), expected, rtol=1e-12, atol=0)
    torch.testing.assert_close(objective.expand(points).energy, expected, rtol=1e-12, atol=0)


def test_work_is_counted_in_forward_passes_of_a_decoder():
    objective, points = reference.objective(3, 5), reference.random_points(2, 5)
    objective.energy(points)
    assert objective.evaluations == 3 * 2 * 6
    expansion = objective.expand(points)
    expansion.gradient()
    assert objective.evaluations == 3 * 3 * 2 * 6
    expansion.hessian(torch.tensor([True, False]))
    assert objective.evaluations == 3 * 3 * 2 * 6 + 3 * 4 * 2


def with_inner(points, inner):
    return torch.cat([points[:, :1], inner, points[:, -1:]], dim=1)


def check_derivatives(expansion, energy, points, rtol):
    """Gradient, energy and every Hessian block against automatic differentiation."""
    inner = points[:, 1:-1].clone().requires_grad_()
    value = energy(with_inner(points, inner))
    (gradient,) = torch.autograd.grad(value.sum(), inner)
    torch.testing.assert_close(expansion.energy, value.detach(), rtol=1e-11, atol=0)
    scale = gradient.abs().max().item()
    torch.testing.assert_close(expansion.gradient(), gradient, rtol=rtol, atol=rtol * scale)
    chosen = torch.tensor([True] + [False] * (len(points) - 2) + [True])
    for curves in (torch.ones_like(chosen), chosen):
        hessian = expansion.hessian(curves)
        for b, number in enumerate(curves.nonzero()[:, 0].tolist()):
            own = points[number : number + 1]
            full = torch.autograd.functional.hessian(
                lambda x, own=own: energy(with_inner(own, x[None])).sum(), own[0, 1:-1]
            )  # (N - 1)×d×(N - 1)×d
            blocks = torch.zeros_like(full)
            for i, block in enumerate(hessian.diagonal[b]):
                blocks[i, :, i] = block
            for i, block in enumerate(hessian.upper[b]):
                blocks[i, :, i + 1], blocks[i + 1, :, i] = block, block.T
            scale = full.abs().max().item()
            torch.testing.assert_close(blocks, full, rtol=10 * rtol, atol=rtol * scale)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("own_formula", [True, False], ids=["library", "reference"])
def test_fisher_rao_derivatives_agree_with_automatic_differentiation(count, own_formula):
    objective, points = reference.objective(count, 5), reference.random_points(3, 5)
    formula = en.energy if own_formula else reference.energy

    def energy(points):
        return formula(objective.decode(points))

    check_derivatives(objective.expand(points), energy, points, rtol=1e-9)


def test_one_inner_point_has_a_hessian_without_neighbours():
    objective, points = reference.objective(2, 2), reference.random_points(2, 2)
    check_derivatives(objective.expand(points), objective.energy, points, rtol=1e-9)


def test_derivatives_of_a_plain_linear_decoder_are_right_too():
    torch.manual_seed(0)
    decoder = nn.Sequential(nn.Linear(2, 20), Bound()).double().requires_grad_(False)
    objective, points = en.FisherRao([decoder], 4), 5 * reference.random_points(2, 4)
    check_derivatives(objective.expand(points), objective.energy, points, rtol=1e-9)


def test_a_layer_without_a_known_derivative_is_refused():
    decoder = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), Bound()).double()
    expansion = en.FisherRao([decoder], 4).expand(reference.random_points(1, 4))
    expansion.gradient()
    with pytest.raises(TypeError, match="Tanh"):
        expansion.hessian(torch.ones(1, dtype=torch.bool))


@pytest.mark.parametrize("count", [1, 3])
def test_the_metric_is_the_mean_of_the_pulled_back_fisher_information(count):
    objective, points = reference.objective(count, 3), reference.random_points(2, 3)
    metric = objective.expand(points).metric()
    for b in range(2):
        for i in range(4):
            expected = reference.metric(objective.decoders, points[b, i])
            torch.testing.assert_close(metric[b, i], expected, rtol=1e-10, atol=1e-10)


# ── the sampled objective ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("count", [1, 2, 4])
def test_evaluating_only_the_drawn_decoders_changes_nothing(count):
    exact, points = reference.objective(count, 5), reference.random_points(2, 5)
    sampled = en.MonteCarloFisherRao(exact, 3, generators(2)).energy(points)
    drawn = [en.sample_decoder_pairs(count, 3, 5, g) for g in generators(2)]
    first, second = torch.stack(drawn, dim=1)
    expected = en.monte_carlo_energy(exact.decode(points), first, second)
    torch.testing.assert_close(sampled, expected, rtol=1e-12, atol=0)


def test_a_curves_samples_do_not_depend_on_its_batch():
    exact, points = reference.objective(3, 5), reference.random_points(2, 5)
    both = en.MonteCarloFisherRao(exact, 2, generators(2)).energy(points)
    alone = en.MonteCarloFisherRao(exact, 2, generators(2)[1:]).energy(points[1:])
    torch.testing.assert_close(both[1:], alone, rtol=1e-12, atol=0)


def test_every_call_draws_new_pairs_and_can_be_differentiated():
    exact, points = reference.objective(3, 5), reference.random_points(2, 5).requires_grad_()
    sampled = en.MonteCarloFisherRao(exact, 2, generators(2))
    first, second = sampled.energy(points), sampled.energy(points)
    assert (first != second).all()
    drawn = [en.sample_decoder_pairs(3, 2, 5, g) for g in generators(2)]
    pairs = torch.stack(drawn, dim=1)
    expected = en.monte_carlo_energy(exact.decode(points), *pairs)
    gradients = [torch.autograd.grad(e.sum(), points)[0] for e in (first, expected)]
    torch.testing.assert_close(*gradients, rtol=1e-9, atol=1e-9)


def test_sampling_two_of_many_decoders_saves_work():
    exact, points = reference.objective(5, 5), reference.random_points(2, 5)
    en.MonteCarloFisherRao(exact, 1, generators(2)).energy(points)
    assert exact.evaluations <= 2 * 2 * 5


# ── the density objective ───────────────────────────────────────────────────────────────────────


def density(points=60, segments=5):
    latents = torch.randn(points, 2, generator=generators(1)[0], dtype=torch.float64)
    return en.Density(latents, bandwidth=0.4, epsilon=1e-2, segments=segments)


def mixture(objective):
    normal = torch.distributions.MultivariateNormal(
        objective.latents, objective.bandwidth**2 * torch.eye(2, dtype=torch.float64)
    )
    weights = torch.distributions.Categorical(logits=torch.zeros(len(objective.latents)).double())
    return torch.distributions.MixtureSameFamily(weights, normal)


def test_the_density_is_the_mixture_of_normals():
    objective, points = density(), reference.random_points(2, 5)
    expected = mixture(objective).log_prob(points).exp()
    torch.testing.assert_close(objective.density(points), expected, rtol=1e-12, atol=0)


def test_density_derivatives_agree_with_automatic_differentiation():
    objective, point = density(), torch.tensor([0.3, -0.4], dtype=torch.float64)

    def value(z):
        return mixture(objective).log_prob(z).exp()

    p, first, second = objective.density_derivatives(point)
    torch.testing.assert_close(p, value(point))
    torch.testing.assert_close(first, torch.func.jacrev(value)(point), rtol=1e-10, atol=1e-12)
    expected = torch.autograd.functional.hessian(value, point)
    torch.testing.assert_close(second, expected, rtol=1e-10, atol=1e-12)


def test_density_energy_and_derivatives_agree_with_the_definition():
    objective, points = density(), reference.random_points(3, 5)

    def energy(points):
        p = mixture(objective).log_prob(points[:, :-1]).exp()
        return (points.diff(dim=1).square().sum(-1) / (p + objective.epsilon)).sum(-1)

    torch.testing.assert_close(objective.energy(points), energy(points), rtol=1e-12, atol=0)
    check_derivatives(objective.expand(points), energy, points, rtol=1e-9)


# ── the report ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("count", [1, 3])
def test_a_report_holds_what_the_definitions_say(count):
    objective, points = reference.objective(count, 5), reference.random_points(3, 5)
    eta = objective.decode(points)
    report = en.report(objective, points)
    for name in ("energy", "disagreement", "travel"):
        expected = getattr(reference, name)(eta)
        torch.testing.assert_close(getattr(report, name), expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("count", [1, 3])
def test_length_agrees_with_quadrature_of_the_metric_along_a_curve(count):
    segments = 400
    objective = reference.objective(count, segments)
    t = torch.linspace(0, 1, segments + 1, dtype=torch.float64)

    def curve(t):
        return torch.stack([2 * t - 1, torch.sin(3 * t)], -1)

    def speed(t):
        velocity = torch.stack([torch.full_like(t, 2), 3 * torch.cos(3 * t)], -1)
        return (velocity @ reference.metric(objective.decoders, curve(t)) @ velocity).sqrt()

    nodes, weights = (torch.from_numpy(x) for x in reference.np.polynomial.legendre.leggauss(40))
    expected = sum(w * speed((n + 1) / 2) / 2 for n, w in zip(nodes, weights, strict=True))
    length = en.report(objective, curve(t)[None]).length
    torch.testing.assert_close(length, expected[None], rtol=1e-4, atol=0)


def test_reports_do_not_depend_on_how_curves_are_chunked(monkeypatch):
    objective, points = reference.objective(2, 5), reference.random_points(4, 5)
    at_once = en.report(objective, points)
    monkeypatch.setattr(en, "POINTS_AT_ONCE", 1)
    assert objective.curves_at_once == 1
    one_by_one = en.report(objective, points)
    for name in ("energy", "disagreement", "travel", "length"):
        a, b = getattr(at_once, name), getattr(one_by_one, name)
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("angle", [0.1, 0.7, 1.3, 2.0, 2.9])
def test_a_curve_along_which_nothing_changes_has_no_length(angle):
    # the decoder sees one direction of the latent space; the curve runs across it
    torch.manual_seed(1)
    layers = [nn.Linear(2, 1), nn.SiLU(), nn.Linear(1, 30), Bound()]
    decoder = nn.Sequential(*layers).double().requires_grad_(False)
    direction = torch.tensor([angle, angle + torch.pi / 2], dtype=torch.float64)
    layers[0].weight.copy_(3 * torch.cos(direction))
    across = torch.sin(direction) * torch.linspace(-1, 1, 9, dtype=torch.float64)[:, None]
    report = en.report(en.FisherRao([decoder], 8), across[None])
    assert report.length.item() == pytest.approx(0, abs=1e-6)
    assert report.energy.item() == pytest.approx(0, abs=1e-12)


def test_the_bounds_of_the_reference_cover_the_decoders():
    # the quadrature behind `reference` is exact only where the natural parameters are bounded
    eta = torch.linspace(-cb.BOUND, cb.BOUND, 101, dtype=torch.float64)
    torch.testing.assert_close(
        reference.log_normalizer(eta), cb.log_normalizer(eta), rtol=1e-12, atol=1e-14
    )
    torch.testing.assert_close(reference.mean(eta), cb.mean(eta), rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(reference.variance(eta), cb.variance(eta), rtol=1e-11, atol=1e-14)
