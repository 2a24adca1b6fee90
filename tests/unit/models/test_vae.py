import pytest
import reference
import torch
from latentgeo.errors import StudyError
from latentgeo.likelihoods import continuous_bernoulli as cb
from latentgeo.models.architecture import Architecture
from latentgeo.models.vae import (
    VAE,
    check_spread,
    encode_all,
    prior_divergence,
    sample_posterior,
)

SMALL = Architecture(latent_dim=2, decoder_count=2, hidden=8, channels=2)


def model(seed=0, architecture=SMALL):
    torch.manual_seed(seed)
    return VAE(architecture)


def images(count):
    noise = torch.Generator().manual_seed(1)
    return torch.randint(256, (count, 28, 28), generator=noise, dtype=torch.uint8)


@pytest.mark.parametrize("latent_dim", [2, 3])
@pytest.mark.parametrize("count", [1, 5])
def test_encoder_and_decoders_have_the_shapes_of_images_and_latents(latent_dim, count):
    vae = model(architecture=Architecture(latent_dim, decoder_count=3, hidden=8, channels=2))
    mean, log_deviation = vae.encode(torch.rand(count, 28, 28))
    assert mean.shape == log_deviation.shape == (count, latent_dim)
    assert len(vae.decoders) == 3
    for decoder in vae.decoders:
        eta = vae.natural_parameters(decoder, 100 * mean)
        assert eta.shape == (count, 784)
        assert (eta.abs() <= cb.BOUND).all()


@pytest.mark.parametrize("scale", [1, 100, 1e4, 1e6])
def test_natural_parameters_are_the_bounded_outputs_of_a_decoder(scale):
    vae = model()
    latents = scale * torch.randn(6, 2, generator=torch.Generator().manual_seed(0))
    for decoder in vae.decoders:
        outputs = decoder(latents).reshape(6, 784).double()
        eta = vae.natural_parameters(decoder, latents)
        assert (eta.abs() <= cb.BOUND).all()
        expected = cb.BOUND * torch.tanh(outputs / cb.BOUND)
        torch.testing.assert_close(eta.double(), expected, rtol=1e-5, atol=1e-5)


def test_decoders_of_an_ensemble_start_out_different():
    first, second = model().decoders
    assert not torch.equal(first(torch.ones(1, 2)), second(torch.ones(1, 2)))


def test_prior_divergence_is_the_kl_to_a_standard_normal():
    mean, log_deviation = torch.randn(2, 20, 3, generator=torch.Generator().manual_seed(0)).double()
    posterior = torch.distributions.Normal(mean, log_deviation.exp())
    prior = torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
    x = torch.linspace(-1, 1, 4001, dtype=torch.float64)[:, None, None]
    x = mean + 12 * log_deviation.exp() * x
    ratio = posterior.log_prob(x) - prior.log_prob(x)
    expected = torch.trapezoid(posterior.log_prob(x).exp() * ratio, x, dim=0).sum(1)
    torch.testing.assert_close(prior_divergence(mean, log_deviation), expected, rtol=1e-10, atol=0)


def test_posterior_samples_have_the_posteriors_mean_and_deviation():
    noise = torch.randn(100_000, 1, generator=torch.Generator().manual_seed(0)).double()
    mean, log_deviation = torch.full_like(noise, 2.0), torch.full_like(noise, -1.0)
    sample = sample_posterior(mean, log_deviation, noise)
    assert sample.mean() == pytest.approx(2, abs=0.01)
    assert sample.std().log() == pytest.approx(-1, abs=0.01)


def test_reconstruction_is_the_log_density_of_all_pixels():
    x = images(3).double() / 255
    eta = 5 * torch.randn(3, 784, generator=torch.Generator().manual_seed(0)).double()
    expected = (x.view(3, 784) * eta - reference.log_normalizer(eta)).sum(1)
    torch.testing.assert_close(model().reconstruction(x, eta), expected, rtol=1e-12, atol=0)


def test_encoding_all_images_gives_posterior_means_and_deviations():
    vae, x = model(), images(2003)  # more than one part
    means, deviations = encode_all(vae, x)
    expected_mean, expected_log = vae.encode(x[-5:] / 255)
    assert means.shape == deviations.shape == (2003, 2)
    torch.testing.assert_close(means[-5:], expected_mean.detach())
    torch.testing.assert_close(deviations[-5:], expected_log.detach().exp())


def test_a_collapsed_latent_space_is_reported_with_the_models_file():
    means = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    check_spread(means, "vae.safetensors")
    for collapsed in (means * torch.tensor([1, 1e-5]), means * torch.nan):
        with pytest.raises(StudyError, match=r"vae\.safetensors: the latent space collapsed"):
            check_spread(collapsed, "vae.safetensors")
