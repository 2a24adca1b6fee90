from dataclasses import replace

import pytest
import reference
import torch
from latentgeo.likelihoods.continuous_bernoulli import CONTINUOUS_BERNOULLI
from latentgeo.objectives import terms
from latentgeo.objectives.monte_carlo import MonteCarloFisherRao, sample_decoder_pairs

ENSEMBLES = pytest.mark.parametrize("count", [1, 2, 5])


def sampled_from(exact, samples, generators):
    return MonteCarloFisherRao(exact.decoders, exact.likelihood, samples, generators)


@ENSEMBLES
def test_the_sampled_energy_is_right_on_average(count):
    eta, samples = reference.random_eta(count, curves=1), 20_000
    pairs = sample_decoder_pairs(count, samples, 4, reference.generators(1)[0])
    each = terms.monte_carlo_energy(
        CONTINUOUS_BERNOULLI, eta.expand(-1, samples, -1, -1), *pairs.unsqueeze(2)
    )
    error = each.std() / samples**0.5
    assert (each.mean() - terms.energy(CONTINUOUS_BERNOULLI, eta)).abs() <= 4 * error + 1e-9


def test_the_sampled_energy_is_the_mean_over_its_samples():
    eta = reference.random_eta(3)
    first, second = sample_decoder_pairs(3, 2 * 4, 4, reference.generators(1)[0]).view(2, 2, 4, 4)
    expected = torch.zeros(2, dtype=torch.float64)
    for b in range(2):
        for s in range(4):
            for i in range(4):
                p, q = eta[first[b, s, i], b, i], eta[second[b, s, i], b, i + 1]
                expected[b] += reference.divergence(p, q) / 4
    torch.testing.assert_close(
        terms.monte_carlo_energy(CONTINUOUS_BERNOULLI, eta, first, second),
        expected,
        rtol=1e-12,
        atol=0,
    )


@pytest.mark.parametrize("count", [2, 4])
def test_sampled_pairs_are_of_different_decoders_and_uniform(count):
    first, second = sample_decoder_pairs(count, 1500, 8, reference.generators(1)[0])
    assert first.shape == second.shape == (1500, 8)
    counts = torch.bincount((first * count + second).flatten(), minlength=count**2)
    counts = counts.view(count, count)
    share = 1 / (count * (count - 1))
    different = ~torch.eye(count, dtype=torch.bool)
    assert (counts[~different] == 0).all()
    deviation = (first.numel() * share * (1 - share)) ** 0.5
    assert ((counts[different] - first.numel() * share).abs() < 4 * deviation).all()


def test_the_only_decoder_is_paired_with_itself():
    assert not sample_decoder_pairs(1, 3, 5, reference.generators(1)[0]).any()


@pytest.mark.parametrize("count", [1, 2, 4])
def test_evaluating_only_the_drawn_decoders_changes_nothing(count):
    exact, points = reference.objective(count), reference.random_points(2, 5)
    sampled = sampled_from(exact, 3, reference.generators(2)).energy(points)
    drawn = [sample_decoder_pairs(count, 3, 5, g) for g in reference.generators(2)]
    first, second = torch.stack(drawn, dim=1)
    expected = terms.monte_carlo_energy(CONTINUOUS_BERNOULLI, exact.decode(points), first, second)
    torch.testing.assert_close(sampled, expected, rtol=1e-12, atol=0)


def test_a_curves_samples_do_not_depend_on_its_batch():
    exact, points = reference.objective(3), reference.random_points(2, 5)
    both = sampled_from(exact, 2, reference.generators(2)).energy(points)
    alone = sampled_from(exact, 2, reference.generators(2)[1:]).energy(points[1:])
    torch.testing.assert_close(both[1:], alone, rtol=1e-12, atol=0)


def test_every_call_draws_new_pairs_and_can_be_differentiated():
    exact, points = reference.objective(3), reference.random_points(2, 5).requires_grad_()
    sampled = sampled_from(exact, 2, reference.generators(2))
    first, second = sampled.energy(points), sampled.energy(points)
    assert (first != second).all()
    drawn = [sample_decoder_pairs(3, 2, 5, g) for g in reference.generators(2)]
    pairs = torch.stack(drawn, dim=1)
    expected = terms.monte_carlo_energy(CONTINUOUS_BERNOULLI, exact.decode(points), *pairs)
    gradients = [torch.autograd.grad(e.sum(), points)[0] for e in (first, expected)]
    torch.testing.assert_close(*gradients, rtol=1e-9, atol=1e-9)


def test_sampling_two_of_many_decoders_saves_work():
    exact, points = reference.objective(5), reference.random_points(2, 5)
    sampled = sampled_from(exact, 1, reference.generators(2))
    sampled.energy(points)
    assert 0 < sampled.evaluations <= 2 * 2 * 5


def test_the_exact_energy_offers_its_estimate_from_streams_of_its_own():
    exact, points, asked = reference.objective(3), reference.random_points(2, 5), []

    def streams(purpose):
        asked.append(purpose)
        return reference.generators(2)

    offered = exact.sampled(2, streams).energy(points)
    assert asked == ["decoder pairs"]
    assert torch.equal(offered, sampled_from(exact, 2, reference.generators(2)).energy(points))


def test_within_decoders_both_ends_of_a_step_have_the_same_decoder_and_the_mean_is_the_energy():
    exact = replace(reference.objective(3), coupling="within")
    points, samples = reference.random_points(1, 4), 3000
    estimate = exact.sampled(samples, lambda purpose: reference.generators(1))
    eta = exact.decode(points)
    first, _ = sample_decoder_pairs(3, samples, 4, reference.generators(1)[0])
    each = terms.monte_carlo_energy(
        CONTINUOUS_BERNOULLI, eta.expand(-1, samples, -1, -1), first[:, None], first[:, None]
    )
    found = estimate.energy(points)
    torch.testing.assert_close(found, each.mean()[None], rtol=1e-9, atol=0)
    assert (found - exact.energy(points)).abs() <= 4 * each.std() / samples**0.5
