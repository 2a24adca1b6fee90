import reference
import torch
from latentgeo.likelihoods.base import Elementwise, divergence
from latentgeo.likelihoods.continuous_bernoulli import BOUND, CONTINUOUS_BERNOULLI
from latentgeo.likelihoods.continuous_bernoulli_cumulants import cumulant

DOUBLE = torch.float64


def random(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


def etas(*shape, seed=1):
    """Natural parameters of all sizes that a bounded decoder can give."""
    return BOUND * torch.tanh(random(*shape, seed=seed))


def test_the_bounds_of_the_reference_cover_the_decoders():
    # the quadrature behind `reference` is exact only where the natural parameters are bounded
    assert reference.BOUND == BOUND
    eta = torch.linspace(-BOUND, BOUND, 101, dtype=DOUBLE)
    torch.testing.assert_close(
        reference.log_normalizer(eta), cumulant(eta, 0), rtol=1e-12, atol=1e-14
    )
    torch.testing.assert_close(reference.mean(eta), cumulant(eta, 1), rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(reference.variance(eta), cumulant(eta, 2), rtol=1e-11, atol=1e-14)


def test_log_normalizer_mean_and_variance_are_those_of_independent_features():
    eta = etas(3, 20)
    normalizer = CONTINUOUS_BERNOULLI.log_normalizer(eta)
    assert normalizer.shape == (3,)
    expected = reference.log_normalizer(eta).sum(-1)
    torch.testing.assert_close(normalizer, expected, rtol=1e-11, atol=1e-13)
    mean, variance = CONTINUOUS_BERNOULLI.moments(eta)
    torch.testing.assert_close(mean, reference.mean(eta), rtol=1e-11, atol=1e-13)
    torch.testing.assert_close(CONTINUOUS_BERNOULLI.mean(eta), mean, rtol=1e-15, atol=0)
    torch.testing.assert_close(variance, reference.variance(eta), rtol=1e-10, atol=1e-13)


def test_the_log_density_is_the_sum_over_features_and_its_derivative_the_surprise():
    eta, x = etas(3, 20).requires_grad_(), torch.sigmoid(random(3, 20))
    value = CONTINUOUS_BERNOULLI.log_density(x, eta)
    expected = (eta * x - reference.log_normalizer(eta)).sum(-1)
    torch.testing.assert_close(value, expected, rtol=1e-11, atol=1e-12)
    (slope,) = torch.autograd.grad(value.sum(), eta)
    torch.testing.assert_close(slope, x - reference.mean(eta.detach()), rtol=1e-10, atol=1e-12)


def test_the_entropy_is_minus_the_integral_of_p_log_p():
    eta = etas(3, 20).requires_grad_()
    value = CONTINUOUS_BERNOULLI.entropy(eta)
    torch.testing.assert_close(value, reference.entropy(eta), rtol=1e-11, atol=1e-12)
    (slope,) = torch.autograd.grad(value.sum(), eta)
    expected = -(eta * reference.variance(eta)).detach()
    torch.testing.assert_close(slope, expected, rtol=1e-10, atol=1e-12)


def test_the_divergence_is_that_of_the_quadrature_and_so_are_its_derivatives():
    p, q = etas(3, 20).requires_grad_(), etas(3, 20, seed=2).requires_grad_()
    value, expected = divergence(CONTINUOUS_BERNOULLI, p, q), reference.divergence(p, q)
    torch.testing.assert_close(value, expected, rtol=1e-11, atol=1e-12)
    slopes = torch.autograd.grad(value.sum(), (p, q))
    expected = torch.autograd.grad(expected.sum(), (p, q))
    torch.testing.assert_close(slopes, expected, rtol=1e-9, atol=1e-11)


def test_weighing_is_the_derivative_of_the_mean_along_a_vector():
    eta, x = etas(3, 20), random(3, 20)
    weighed = CONTINUOUS_BERNOULLI.weigh(CONTINUOUS_BERNOULLI.moments(eta).variance, x)
    for mean in (reference.mean, CONTINUOUS_BERNOULLI.mean):
        expected = torch.autograd.functional.jvp(mean, eta, x)[1]
        torch.testing.assert_close(weighed, expected, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(weighed, reference.variance(eta) * x, rtol=1e-10, atol=1e-12)


def test_turning_is_the_derivative_of_the_mean_minus_the_weighed_way_ahead():
    eta, ahead, x = etas(3, 20), random(3, 20, seed=2), random(3, 20)
    turned = CONTINUOUS_BERNOULLI.turn(eta, CONTINUOUS_BERNOULLI.moments(eta).variance, ahead, x)
    for mean, variance in (
        (reference.mean, reference.variance),
        (CONTINUOUS_BERNOULLI.mean, lambda eta: cumulant(eta, 2)),
    ):

        def residual(eta, ahead, mean=mean, variance=variance):
            return mean(eta) - variance(eta) * ahead

        expected = torch.autograd.functional.jvp(residual, (eta, ahead), (x, -x))[1]
        torch.testing.assert_close(turned, expected, rtol=1e-9, atol=1e-11)


def test_several_vectors_are_weighed_and_turned_at_once():
    eta, ahead, x = etas(3, 1, 20), random(3, 1, 20, seed=2), random(3, 2, 20)
    variance = CONTINUOUS_BERNOULLI.moments(eta).variance
    weighed = CONTINUOUS_BERNOULLI.weigh(variance, x)
    turned = CONTINUOUS_BERNOULLI.turn(eta, variance, ahead, x)
    for axis in range(2):
        at = eta[:, 0], variance[:, 0], ahead[:, 0], x[:, axis]
        assert torch.equal(weighed[:, axis], CONTINUOUS_BERNOULLI.weigh(at[1], at[3]))
        assert torch.equal(turned[:, axis], CONTINUOUS_BERNOULLI.turn(*at))


class Exponential(Elementwise):
    """Waiting times of mean -1 / eta, for eta < 0: A(eta) = -log(-eta)."""

    def cumulant(self, eta, order):
        functions = (
            lambda e: -torch.log(-e),
            lambda e: -1 / e,
            lambda e: e**-2,
            lambda e: -2 * e**-3,
        )
        return functions[order](eta)


def test_a_family_that_gives_its_cumulants_has_everything_else():
    family, eta = Exponential(), -random(3, 20).exp().requires_grad_()
    theirs = torch.distributions.Exponential(-eta)
    x = random(3, 20, seed=2).exp()
    pairs = (
        (family.mean(eta), theirs.mean),
        (family.entropy(eta), theirs.entropy().sum(-1)),
        (family.log_density(x, eta), theirs.log_prob(x).sum(-1)),
        (family.moments(eta).variance, theirs.variance.detach()),
        (family.moments(eta).mean, theirs.mean.detach()),
    )
    for found, expected in pairs:
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    assert not any(moment.requires_grad for moment in family.moments(eta))
    other = torch.distributions.Exponential(x)
    expected = torch.distributions.kl_divergence(theirs, other).sum(-1)
    torch.testing.assert_close(divergence(family, eta, -x), expected, rtol=1e-12, atol=1e-12)
