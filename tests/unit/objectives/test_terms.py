import pytest
import reference
import torch
from latentgeo.likelihoods.continuous_bernoulli import CONTINUOUS_BERNOULLI
from latentgeo.objectives import terms

ENSEMBLES = pytest.mark.parametrize("count", [1, 2, 5])


@ENSEMBLES
@pytest.mark.parametrize("name", ["energy", "disagreement", "travel", "published_length"])
def test_sums_over_decoders_equal_the_double_loop(name, count):
    eta = reference.random_eta(count)
    expected = getattr(reference, name)(eta)
    assert expected.shape == (2,)
    torch.testing.assert_close(
        getattr(terms, name)(CONTINUOUS_BERNOULLI, eta), expected, rtol=1e-12, atol=1e-12
    )


def test_a_single_decoder_never_disagrees():
    assert torch.equal(
        terms.disagreement(CONTINUOUS_BERNOULLI, reference.random_eta(1)),
        torch.zeros(2, dtype=torch.float64),
    )


def test_the_energy_of_a_resting_curve_is_its_disagreement():
    eta = reference.random_eta(3)[:, :, :1].expand(-1, -1, 5, -1)
    torch.testing.assert_close(
        terms.energy(CONTINUOUS_BERNOULLI, eta),
        terms.disagreement(CONTINUOUS_BERNOULLI, eta),
        rtol=1e-12,
        atol=0,
    )
    torch.testing.assert_close(
        terms.travel(CONTINUOUS_BERNOULLI, eta), torch.zeros(2, dtype=torch.float64)
    )
