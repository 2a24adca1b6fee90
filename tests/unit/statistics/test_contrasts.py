"""Contrasts of coefficients of variation, on simulated data of which they are known."""

import numpy as np
import pytest
from latentgeo.statistics import contrasts
from scipy import stats


def simulated(random, shape, cv, shared, kind):
    """Values (..., n, P) of a known CV; models share a part of what moves all pairs."""
    *many, n, pairs = shape
    size = np.exp(random.normal(size=pairs))
    z = np.sqrt(shared) * random.normal(size=(*many, n, 1))
    z = z + np.sqrt(1 - shared) * random.normal(size=shape)
    if kind == "lognormal":
        return size * np.exp(np.sqrt(np.log(1 + cv**2)) * z)
    return size * stats.gamma.ppf(stats.norm.cdf(z), 1 / cv**2) * cv**2


@pytest.mark.parametrize("kind", ["lognormal", "gamma"])
@pytest.mark.parametrize("shared", [0.2, 0.7])
@pytest.mark.parametrize(("n", "least", "most"), [(30, 0.93, 0.97), (5, 0.94, 1.0)])
def test_the_interval_over_models_covers_what_it_says(n, least, most, shared, kind):
    random = np.random.default_rng(1)
    a = simulated(random, (2500, n, 8), 0.3, shared, kind)
    b = simulated(random, (2500, n, 8), 0.2, shared, kind)
    low, high, _ = contrasts.over_models(a, b, same=False)
    covered = (low <= np.log(1.5)) & (np.log(1.5) <= high)
    assert least <= covered.mean() <= most


def test_the_interval_of_the_same_models_covers_too_and_is_narrower():
    random = np.random.default_rng(2)
    z = random.normal(size=(2000, 30, 6))
    a = np.exp(0.3 * z + 0.05 * random.normal(size=z.shape))
    b = np.exp(0.2 * z + 0.05 * random.normal(size=z.shape))
    variances = [np.log1p(0), 0.3**2 + 0.05**2, 0.2**2 + 0.05**2]
    true = np.log(np.sqrt(np.expm1(variances[1]) / np.expm1(variances[2])))
    low, high, _ = contrasts.over_models(a, b, same=True)
    assert 0.93 <= ((low <= true) & (true <= high)).mean() <= 0.97
    apart = contrasts.over_models(a, b, same=False)
    assert (high - low).mean() < 0.5 * (apart[1] - apart[0]).mean()


def test_the_effect_by_hand():
    a = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 60.0]])  # CVs 1/2 and √700/30
    b = np.array([[4.0, 1.0], [5.0, 2.0], [6.0, 4.0]])  # CVs 1/5 and √(3/7)
    expected = [np.log(2.5), np.log(np.sqrt(700) / 30 / np.sqrt(3 / 7))]
    np.testing.assert_allclose(contrasts.log_cv(a) - contrasts.log_cv(b), expected)
    found = contrasts.contrast(a, b, False, np.random.default_rng(0))
    assert found.ratio == pytest.approx(np.exp(np.mean(expected)))
    assert found.share_lower == 0
    assert contrasts.contrast(b, a, False, np.random.default_rng(0)).share_lower == 1
    corrected = np.exp(contrasts.log_cv(a)[0])
    assert corrected == pytest.approx(0.5 * (1 + 1 / 12))
    assert found.low < found.ratio < found.high


def test_the_correction_removes_the_bias_of_a_coefficient_of_variation():
    random = np.random.default_rng(3)
    values = 1 + 0.2 * random.normal(size=(60_000, 5, 1))
    corrected = np.exp(contrasts.log_cv(values)).mean()
    plain = (values.std(-2, ddof=1) / values.mean(-2)).mean()
    assert abs(corrected - 0.2) < 0.5 * abs(plain - 0.2)


def test_the_jackknife_by_leaving_out_by_hand():
    random = np.random.default_rng(4)
    a, b = np.exp(0.3 * random.normal(size=(4, 3))), np.exp(0.1 * random.normal(size=(6, 3)))
    total = 0.0
    for values in (a, b):
        n = len(values)
        each = [contrasts.log_cv(np.delete(values, k, axis=0)).mean() for k in range(n)]
        total += (n - 1) / n * sum((one - np.mean(each)) ** 2 for one in each)
    _, _, error = contrasts.over_models(a, b, same=False)
    assert error == pytest.approx(np.sqrt(total))


def test_the_interval_over_pairs_too_is_wider_where_pairs_differ():
    random = np.random.default_rng(5)
    deviations = np.exp(random.normal(0, 0.7, 12))  # every pair has a ratio of its own
    a = np.exp(0.2 * deviations * random.normal(size=(30, 12)))
    b = np.exp(0.2 * random.normal(size=(30, 12)))
    found = contrasts.contrast(a, b, False, np.random.default_rng(0))
    assert found.wide_high / found.wide_low > 1.3 * found.high / found.low
    assert found.wide_low < found.ratio < found.wide_high


def test_the_pigeonhole_interval_covers_pairs_that_differ():
    """The mean over pairs of which those at hand are a sample."""
    random, covered = np.random.default_rng(6), 0
    for _ in range(60):
        ratios = random.normal(np.log(1.5), 0.4, 15)
        a = np.exp(0.1 * np.exp(ratios) * random.normal(size=(20, 15)))
        b = np.exp(0.1 * random.normal(size=(20, 15)))
        low, high = contrasts.over_models_and_pairs(a, b, False, random)
        covered += low <= np.log(1.5) <= high
    assert covered >= 52


@pytest.mark.parametrize("same", [False, True])
def test_p_is_uniform_without_an_effect_and_small_with_one(same, monkeypatch):
    monkeypatch.setattr(contrasts, "RESAMPLED", 99)
    random = np.random.default_rng(7)

    def p(deviation):
        shared = np.exp(0.2 * random.normal(size=(10, 1))) if same else 1.0
        a, b = (shared * np.exp(d * random.normal(size=(10, 5))) for d in (deviation, 0.1))
        return contrasts.permutation(a, b, same, random)

    none, large = ([p(d) for _ in range(150)] for d in (0.1, 0.4))
    assert 0.4 < np.mean(none) < 0.6
    assert np.mean(np.array(none) <= 0.1) < 0.2
    assert np.mean(np.array(large) <= 0.05) > 0.6


@pytest.mark.parametrize(
    "a",
    [np.ones((2, 3)), np.ones((5, 3)), np.zeros((5, 3)), np.array([[1.0], [np.nan], [2.0]])],
    ids=str,
)
def test_what_cannot_be_said_is_not_a_number(a):
    b = np.exp(np.random.default_rng(0).normal(size=(5, a.shape[1])))
    found = contrasts.contrast(a, b, False, np.random.default_rng(0))
    assert np.isnan(list(vars(found).values())).all()
    found = contrasts.contrast(b, a, False, np.random.default_rng(0))
    assert np.isnan(list(vars(found).values())).all()


def test_the_same_models_stay_together_when_they_are_drawn_anew():
    random = np.random.default_rng(9)
    z = random.normal(size=(12, 5))
    a, b = np.exp(0.3 * z), np.exp(0.2 * z)  # of which the ratio hardly depends on the models
    low, high = contrasts.over_models_and_pairs(a, b, True, np.random.default_rng(0))
    apart_low, apart_high = contrasts.over_models_and_pairs(a, b, False, np.random.default_rng(0))
    assert high - low < 0.2 * (apart_high - apart_low)


def test_a_permutation_is_of_deviations_whatever_the_means():
    random = np.random.default_rng(10)
    noise = np.exp(0.1 * random.normal(size=(2, 12, 4)))
    found = [
        contrasts.permutation(noise[0], factor * noise[1], False, np.random.default_rng(0))
        for factor in (1.0, 50.0)
    ]
    assert found[0] == found[1] and found[0] > 0.05


def test_the_degrees_of_freedom_are_those_of_welch_and_satterthwaite():
    """For values whose effect is a mean, the interval is scipy's."""
    random = np.random.default_rng(11)
    a, b = np.exp(0.3 * random.normal(size=(4, 1))), np.exp(0.1 * random.normal(size=(9, 1)))
    variances = [
        contrasts._jackknife(contrasts.log_cv(contrasts._without_each(x)).mean(-1)) for x in (a, b)
    ]
    (v, n), (w, m) = variances
    freedom = (v + w) ** 2 / (v**2 / (n - 1) + w**2 / (m - 1))
    low, high, error = contrasts.over_models(a, b, same=False)
    expected = stats.t.ppf(0.975, freedom) * error
    assert (high - low) / 2 == pytest.approx(expected)
    assert n == 4 and m == 9


def test_the_same_stream_gives_the_same_numbers():
    random = np.random.default_rng(8)
    a, b = np.exp(random.normal(size=(5, 4))), np.exp(random.normal(size=(5, 4)))
    first, again = (contrasts.contrast(a, b, False, np.random.default_rng(9)) for _ in range(2))
    assert first == again
