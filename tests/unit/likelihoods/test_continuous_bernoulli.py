import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from latentgeo.likelihoods.base import divergence
from latentgeo.likelihoods.continuous_bernoulli import BOUND, CONTINUOUS_BERNOULLI
from latentgeo.likelihoods.continuous_bernoulli_cumulants import cumulant, cumulants
from scipy.integrate import quad

MAGNITUDES = [1e-8, 1e-5, 1e-3, 0.03, 0.3, 0.69, 0.7, 0.71, 1, 2.5, 6, 10, 15.94, 30, 60]
ETAS = [sign * magnitude for magnitude in MAGNITUDES for sign in (1, -1)]
DOUBLE, SINGLE = torch.float64, torch.float32


def log_normalizer(x):
    return mpmath.log(mpmath.expm1(x) / x)


def mean(x):
    return 1 / -mpmath.expm1(-x) - 1 / x


def variance(x):
    return 1 / x**2 - mpmath.exp(x) / mpmath.expm1(x) ** 2


def third_cumulant(x):
    return mpmath.exp(x) * (mpmath.exp(x) + 1) / mpmath.expm1(x) ** 3 - 2 / x**3


EXACT = [log_normalizer, mean, variance, third_cumulant]
"""The cumulants by their orders."""
every_order = pytest.mark.parametrize("order", range(4), ids=lambda order: EXACT[order].__name__)


def entropy(eta):
    """The entropy of single pixels."""
    return CONTINUOUS_BERNOULLI.entropy(eta[..., None])


def log_density(x, eta):
    """The log density of single pixels."""
    return CONTINUOUS_BERNOULLI.log_density(x[..., None], eta[..., None])


def pixels_divergence(p, q):
    """The divergence of single pixels."""
    return divergence(CONTINUOUS_BERNOULLI, p[..., None], q[..., None])


def exact(function, *arguments):
    """A function of mpmath numbers at floats, with 100 digits."""
    with mpmath.workdps(100):
        return float(function(*(mpmath.mpf(a) for a in arguments)))


@every_order
@pytest.mark.parametrize("dtype", [DOUBLE, SINGLE], ids=["double", "single"])
def test_the_cumulants_agree_with_a_hundred_digits(order, dtype):
    eta = torch.tensor(ETAS, dtype=dtype)
    expected = np.array([exact(EXACT[order], e) for e in eta.tolist()])
    tolerance = {DOUBLE: 1e-11, SINGLE: 1e-5}[dtype]
    if order == 3:
        tolerance = {DOUBLE: 1e-10, SINGLE: 2e-4}[dtype]
    np.testing.assert_allclose(cumulant(eta, order).double().numpy(), expected, rtol=tolerance)


def test_the_cumulants_at_zero_are_those_of_the_uniform_distribution():
    zero = torch.zeros(1, dtype=DOUBLE)
    values = [cumulant(zero, order) for order in range(4)]
    np.testing.assert_allclose(torch.cat(values), [0, 1 / 2, 1 / 12, 0], rtol=1e-14)


@pytest.mark.parametrize("dtype", [DOUBLE, SINGLE], ids=["double", "single"])
def test_the_cumulants_are_finite_far_beyond_the_bound(dtype):
    eta = torch.tensor([-1e4, -800, 800, 1e4], dtype=dtype)
    assert all(torch.isfinite(cumulant(eta, order)).all() for order in range(4))


def test_moments_together_equal_each_alone_and_carry_no_gradient():
    eta = torch.tensor(ETAS, dtype=DOUBLE, requires_grad=True)
    for value, order in zip(CONTINUOUS_BERNOULLI.moments(eta), (1, 2), strict=True):
        assert not value.requires_grad
        assert torch.equal(value, cumulant(eta, order).detach())


def test_many_cumulants_at_once_equal_those_of_parts():
    eta = torch.linspace(-20, 20, 2 * 2**17 + 3, dtype=DOUBLE).reshape(-1, 1).T
    for values, order in zip(cumulants(eta, 0, 1, 2, 3), range(4), strict=True):
        parts = [cumulant(part, order) for part in eta.split(1000, dim=1)]
        torch.testing.assert_close(values, torch.cat(parts, dim=1), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("dtype", [DOUBLE, SINGLE], ids=["double", "single"])
def test_entropy_agrees_with_a_hundred_digits(dtype):
    eta = torch.tensor(ETAS, dtype=dtype)
    expected = [exact(lambda x: log_normalizer(x) - x * mean(x), e) for e in eta.tolist()]
    # a difference of two numbers of the size of eta, the result one of the size of its square
    error = (entropy(eta).double() - torch.tensor(expected, dtype=DOUBLE)).abs()
    assert (error <= 4 * torch.finfo(dtype).eps * eta.double().abs()).all()


@pytest.mark.parametrize("dtype", [DOUBLE, SINGLE], ids=["double", "single"])
def test_divergence_agrees_with_a_hundred_digits(dtype):
    p, q = torch.cartesian_prod(*[torch.tensor(ETAS, dtype=dtype)] * 2).T

    def kl(p, q):
        return log_normalizer(q) - log_normalizer(p) - mean(p) * (q - p)

    expected = [exact(kl, *pair) for pair in zip(p.tolist(), q.tolist(), strict=True)]
    error = (pixels_divergence(p, q).double() - torch.tensor(expected, dtype=DOUBLE)).abs()
    size = torch.maximum(p.abs(), q.abs()).double()
    assert (error <= 10 * torch.finfo(dtype).eps * size).all()


@pytest.mark.parametrize("x", [0.0, 0.25, 1.0])
def test_log_density_agrees_with_a_hundred_digits(x):
    eta = torch.tensor(ETAS, dtype=DOUBLE)
    expected = [exact(lambda e: e * x - log_normalizer(e), e) for e in ETAS]
    actual = log_density(torch.tensor(x, dtype=DOUBLE), eta)
    np.testing.assert_allclose(actual, expected, rtol=1e-11)


def density(x, eta):
    return log_density(*torch.tensor([x, eta], dtype=DOUBLE)).exp().item()


@pytest.mark.parametrize("eta", ETAS)
def test_density_moments_and_entropy_agree_with_numerical_integration(eta):
    def integral(f):
        return quad(f, 0, 1, epsabs=1e-13, epsrel=1e-11, limit=200)[0]

    centre = cumulant(torch.tensor(eta, dtype=DOUBLE), 1).item()
    spread = integral(lambda x: (x - centre) ** 2 * density(x, eta))
    surprise = integral(lambda x: -density(x, eta) * np.log(density(x, eta)))
    assert integral(lambda x: density(x, eta)) == pytest.approx(1, rel=1e-10)
    assert integral(lambda x: x * density(x, eta)) == pytest.approx(centre, rel=1e-10)
    assert spread == pytest.approx(cumulant(torch.tensor(eta, dtype=DOUBLE), 2).item(), rel=1e-9)
    expected = entropy(torch.tensor(eta, dtype=DOUBLE)).item()
    assert surprise == pytest.approx(expected, rel=1e-9, abs=1e-14)


@pytest.mark.parametrize("x", [0.0, 0.3, 1.0])
def test_log_density_agrees_with_torch_where_torch_is_accurate(x):
    eta = torch.tensor([-10, -4, -1, -0.1, 0.1, 1, 4, 10], dtype=DOUBLE)
    x = torch.full_like(eta, x)
    theirs = torch.distributions.ContinuousBernoulli(logits=eta).log_prob(x)
    torch.testing.assert_close(log_density(x, eta), theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("order", range(3))
def test_autograd_agrees_with_finite_differences(order):
    eta = torch.tensor([-20, -3, -0.71, -0.2, 0.0, 0.2, 0.7, 5], dtype=DOUBLE, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: cumulant(x, order), eta)
    if order < 2:
        assert torch.autograd.gradgradcheck(lambda x: cumulant(x, order), eta)


def test_three_autograd_derivatives_of_the_log_normalizer_are_its_cumulants():
    eta = torch.tensor(ETAS, dtype=DOUBLE, requires_grad=True)
    value = cumulant(eta, 0)
    for order in (1, 2, 3):
        (value,) = torch.autograd.grad(value.sum(), eta, create_graph=True)
        assert torch.equal(value.detach(), cumulant(eta, order).detach())


def test_a_fourth_derivative_is_refused():
    eta = torch.ones(1, requires_grad=True)
    with pytest.raises(NotImplementedError, match="fourth cumulant"):
        torch.autograd.grad(cumulant(eta, 3).sum(), eta)


def test_bounded_is_smooth_odd_and_within_the_bound():
    logits = torch.tensor([-1e9, -20, -1, 0, 1, 20, 1e9], dtype=DOUBLE, requires_grad=True)
    eta = CONTINUOUS_BERNOULLI.link(logits)
    assert (eta.abs() <= BOUND).all()
    assert torch.equal(eta, -CONTINUOUS_BERNOULLI.link(-logits))
    expected = [exact(lambda x: BOUND * mpmath.tanh(x / BOUND), x) for x in logits.tolist()]
    np.testing.assert_allclose(eta.detach(), expected, rtol=1e-14)
    (slope,) = torch.autograd.grad(eta.sum(), logits)
    assert slope[3] == 1
    assert (slope[1:-1] > 0).all()


def test_the_links_slope_and_second_derivative_are_those_of_autograd():
    logits = torch.linspace(-60, 60, 41, dtype=DOUBLE, requires_grad=True)
    link = CONTINUOUS_BERNOULLI.link
    eta = link(logits)
    (slope,) = torch.autograd.grad(eta.sum(), logits, create_graph=True)
    (second,) = torch.autograd.grad(slope.sum(), logits)
    torch.testing.assert_close(link.slope(eta), slope, rtol=1e-9, atol=1e-14)
    torch.testing.assert_close(link.second_derivative(eta.detach()), second, rtol=1e-9, atol=1e-14)


numbers = st.floats(-60, 60)


@settings(max_examples=200, deadline=None)
@given(numbers, numbers)
def test_divergence_is_never_negative_and_mirrors(p, q):
    p, q = torch.tensor([p, q], dtype=DOUBLE)
    rounding = 1e-14 * (1 + p.abs() + q.abs())
    forward = pixels_divergence(p, q)
    assert forward >= -rounding
    assert (forward - pixels_divergence(-p, -q)).abs() <= 4 * rounding  # x and 1 - x change roles


@settings(max_examples=100, deadline=None)
@given(numbers)
def test_a_distribution_does_not_diverge_from_itself(eta):
    eta = torch.tensor(eta, dtype=DOUBLE)
    assert pixels_divergence(eta, eta) == 0
