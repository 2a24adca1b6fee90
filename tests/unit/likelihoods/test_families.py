"""Every family against torch.distributions and automatic differentiation."""

import math

import pytest
import reference
import torch
from latentgeo.errors import StudyError
from latentgeo.likelihoods.base import divergence
from latentgeo.likelihoods.continuous_bernoulli import CONTINUOUS_BERNOULLI
from latentgeo.likelihoods.gaussian import MeanAndDeviation
from latentgeo.likelihoods.named import NAMES, named
from latentgeo.likelihoods.normalized import Normalized
from latentgeo.objectives import terms
from torch import distributions as D

DOUBLE = torch.float64
FEATURES = 6
FAMILIES = {
    "continuous-bernoulli": "continuous-bernoulli",
    "bernoulli": "bernoulli",
    "gaussian": {"family": "gaussian", "deviation": 0.3},
    "learned gaussian": {"family": "gaussian", "deviation": "learned"},
    "floored gaussian": {"family": "gaussian", "deviation": "learned", "least": 0.7},
    "poisson": "poisson",
    "categorical": {"family": "categorical", "classes": 4},
    "own": lambda eta: torch.logsumexp(eta, -1),
    "own quadratic": lambda eta: (2 * eta).square().sum(-1),
}
every_family = pytest.mark.parametrize("name", FAMILIES)
known_family = pytest.mark.parametrize("name", [n for n in FAMILIES if not n.startswith("own")])


def theirs(name, output):
    """The distributions of torch for a decoder's outputs (..., O)."""
    if name == "continuous-bernoulli":
        return D.ContinuousBernoulli(logits=CONTINUOUS_BERNOULLI.link(output))
    if name == "bernoulli":
        return D.Bernoulli(logits=output)
    if name == "gaussian":
        return D.Normal(output, 0.3)
    if name == "poisson":
        return D.Poisson(output.exp())
    if name == "categorical":
        return D.Categorical(logits=output.unflatten(-1, (4, -1)).movedim(-2, -1))
    mean, log_deviation = output.chunk(2, -1)
    least = 0.7 if name == "floored gaussian" else 0
    return D.Normal(mean, ((2 * log_deviation).exp() + least**2).sqrt())


def random(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


def family_and_outputs(name, *shape, seed=0):
    family = named(FAMILIES[name])
    return family, random(*shape, FEATURES * family.outputs, seed=seed)


def test_images_between_two_levels_are_those_of_the_nearer():
    poisson = named({"family": "poisson", "levels": 7})
    eta = random(1, 5)
    counts = torch.tensor([[0.0, 1, 3, 6, 7]], dtype=DOUBLE)
    expected = D.Poisson(eta.exp()).log_prob(counts).sum(-1)
    torch.testing.assert_close(poisson.log_density(counts / 7 + 0.03, eta), expected)
    torch.testing.assert_close(poisson.expected(eta), eta.exp() / 7)
    categorical = named({"family": "categorical", "classes": 4})
    logits, level = random(1, 20), torch.tensor([[0, 1, 3, 2, 3]])
    grouped = D.Categorical(logits=logits.unflatten(-1, (4, -1)).movedim(-2, -1))
    expected = grouped.log_prob(level).sum(-1)
    torch.testing.assert_close(categorical.log_density(level / 3 + 0.1, logits), expected)


def test_every_name_is_tried():
    tried = {
        spec if isinstance(spec, str) else spec["family"] for spec in list(FAMILIES.values())[:7]
    }
    assert tried == set(NAMES)


@known_family
def test_divergence_and_entropy_are_those_of_torch(name):
    family, outputs = family_and_outputs(name, 5)
    others = family_and_outputs(name, 5, seed=1)[1]
    p, q = theirs(name, outputs), theirs(name, others)
    found = divergence(family, family.link(outputs), family.link(others))
    if name == "continuous-bernoulli":  # of which torch's own is wrong
        expected = reference.divergence(family.link(outputs), family.link(others))
    else:
        expected = D.kl_divergence(p, q).sum(-1)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
    if name == "poisson":
        counts = torch.arange(400, dtype=DOUBLE)[:, None, None]
        logs = p.log_prob(counts)
        expected = -(logs.exp() * logs).sum((0, -1))
    elif name == "continuous-bernoulli":
        expected = reference.entropy(family.link(outputs))
    else:
        expected = p.entropy().sum(-1)
    torch.testing.assert_close(family.entropy(family.link(outputs)), expected, rtol=1e-9, atol=1e-9)


@known_family
def test_the_density_of_images_is_that_of_torch(name):
    family, outputs = family_and_outputs(name, 5)
    levels = {"poisson": 255, "categorical": 3, "bernoulli": 1}.get(name, 0)
    x = torch.sigmoid(random(5, FEATURES, seed=2))
    x = (x * levels).round() / levels if levels else x
    expected = theirs(name, outputs).log_prob((x * levels).round() if levels else x).sum(-1)
    found = family.log_density(x, family.link(outputs))
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


@known_family
def test_the_expected_image_is_the_mean_of_the_distribution(name):
    family, outputs = family_and_outputs(name, 5)
    p = theirs(name, outputs)
    levels = torch.linspace(0, 1, 4, dtype=DOUBLE)
    expected = (p.probs * levels).sum(-1) if name == "categorical" else p.mean
    expected = expected / 255 if name == "poisson" else expected
    found = family.expected(family.link(outputs))
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("rate", [1e-8, 0.3, 5, 19.9, 20.1, 40, 1000])
def test_the_entropy_of_counts_is_exact_for_small_and_large_rates(rate):
    counts = torch.arange(3000, dtype=DOUBLE)
    logs = D.Poisson(torch.tensor(rate, dtype=DOUBLE)).log_prob(counts)
    expected = -(logs.exp() * logs).sum()
    found = named("poisson").entropy(torch.tensor([math.log(rate)], dtype=DOUBLE))
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-12)


@every_family
def test_the_mean_is_the_slope_of_the_log_normaliser(name):
    family, outputs = family_and_outputs(name, 5)
    eta = family.link(outputs).detach().requires_grad_()
    (expected,) = torch.autograd.grad(family.log_normalizer(eta).sum(), eta)
    torch.testing.assert_close(family.mean(eta).detach(), expected, rtol=1e-9, atol=1e-9)
    moments = family.moments(eta)
    torch.testing.assert_close(moments.mean, expected, rtol=1e-9, atol=1e-9)
    assert moments.variance.shape == eta.shape
    assert not any(part.requires_grad for part in moments)


@every_family
def test_weighing_and_turning_are_derivatives_of_the_mean(name):
    family, outputs = family_and_outputs(name, 5, 1)
    eta = family.link(outputs).detach()
    x, ahead = random(5, 3, eta.shape[-1], seed=1), random(*eta.shape, seed=2)

    variance = family.moments(eta).variance
    weighed, turned = family.weigh(variance, x), family.turn(eta, variance, ahead, x)
    for row in range(5):

        def weights(e):
            return torch.autograd.functional.hessian(family.log_normalizer, e, create_graph=True)

        own, way = eta[row, 0], ahead[row, 0]
        expected = x[row] @ weights(own).detach()
        torch.testing.assert_close(weighed[row], expected, rtol=1e-9, atol=1e-9)
        third = torch.autograd.functional.jacobian(lambda e, way=way: weights(e) @ way, own)
        expected = 2 * expected - x[row] @ third
        torch.testing.assert_close(turned[row], expected, rtol=1e-9, atol=1e-9)


@every_family
def test_the_link_is_pulled_pushed_and_bent_as_autograd_says(name):
    family, outputs = family_and_outputs(name, 4)
    eta = family.link(outputs)
    residual, tangents = random(*eta.shape, seed=1), random(4, 3, outputs.shape[-1], seed=2)

    def along(s, row):
        return (family.link(outputs[row] + s @ tangents[row]) * residual[row]).sum()

    pushed, bent = family.link.push(eta, tangents), family.link.curvature(eta, residual, tangents)
    bent = torch.zeros(4, 3, 3, dtype=DOUBLE) + bent
    zero = torch.zeros(3, dtype=DOUBLE)
    for row in range(4):
        jacobian = torch.autograd.functional.jacobian(family.link, outputs[row])
        torch.testing.assert_close(
            family.link.pull(eta, residual)[row], residual[row] @ jacobian, rtol=1e-9, atol=1e-9
        )
        torch.testing.assert_close(pushed[row], tangents[row] @ jacobian.T, rtol=1e-9, atol=1e-9)
        hessian = torch.autograd.functional.hessian(lambda s, row=row: along(s, row), zero)
        torch.testing.assert_close(bent[row], hessian, rtol=1e-9, atol=1e-9)


def double_loop(family, eta):
    """The energy by its definition, pair of decoders by pair."""
    pairs = reference.decoder_pairs(len(eta))
    steps = [divergence(family, eta[k][..., :-1, :], eta[m][..., 1:, :]).sum(-1) for k, m in pairs]
    return sum(steps) / len(pairs)


@every_family
@pytest.mark.parametrize("count", [1, 3])
def test_energies_are_those_of_a_loop_over_pairs_of_decoders(name, count):
    family, outputs = family_and_outputs(name, count, 2, 5)
    eta = family.link(outputs)
    torch.testing.assert_close(
        terms.energy(family, eta), double_loop(family, eta), rtol=1e-10, atol=1e-10
    )


def test_a_deviation_never_falls_below_its_floor():
    outputs = torch.tensor([[0.2, -50.0]], dtype=DOUBLE)
    eta = MeanAndDeviation(0.1)(outputs)
    assert (-1 / (2 * eta[0, 1])).item() == pytest.approx(0.01)


def test_the_euclidean_metric_is_that_of_a_gaussian():
    family, means = named({"family": "gaussian", "deviation": 2.0}), random(1, 1, 5, 7)
    expected = means.diff(dim=-2).square().sum((-1, -2))[0] / 8
    torch.testing.assert_close(terms.energy(family, family.link(means)), expected)


def test_likelihoods_are_taken_by_name_map_function_or_as_they_are():
    assert named(CONTINUOUS_BERNOULLI) is CONTINUOUS_BERNOULLI
    assert isinstance(named(torch.logsumexp), Normalized)
    for wrong, message in [
        ("beta", "there is no 'beta'; there are continuous-bernoulli"),
        ({"deviation": 1}, "there is no None"),
        ({"family": "bernoulli", "levels": 3}, "bernoulli does not take"),
        ({"family": "categorical"}, "categorical does not take"),
    ]:
        with pytest.raises(StudyError, match=message):
            named(wrong)


def test_a_family_of_a_log_normaliser_alone_has_no_density():
    with pytest.raises(NotImplementedError, match="knows no data"):
        named(torch.logsumexp).log_density(random(2), random(2))
