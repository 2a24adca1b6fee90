import json
import pickle
import re
import struct

import pytest
import reference
import torch
from latentgeo import continuous_bernoulli as cb
from latentgeo.errors import StudyError
from latentgeo.vae import (
    VAE,
    Architecture,
    check_spread,
    encode_all,
    load,
    prior_divergence,
    reconstruction,
    sample_posterior,
    save,
)

SMALL = Architecture(latent_dim=2, decoders=2, hidden=8, channels=2)


def model(seed=0, architecture=SMALL):
    torch.manual_seed(seed)
    return VAE(architecture)


def images(count):
    noise = torch.Generator().manual_seed(1)
    return torch.randint(256, (count, 28, 28), generator=noise, dtype=torch.uint8)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "model.safetensors"
    save(model(), path)
    return path


# ── shapes and formulas ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("latent_dim", [2, 3])
@pytest.mark.parametrize("count", [1, 5])
def test_encoder_and_decoders_have_the_shapes_of_images_and_latents(latent_dim, count):
    vae = model(architecture=Architecture(latent_dim, decoders=3, hidden=8, channels=2))
    mean, log_deviation = vae.encode(torch.rand(count, 28, 28))
    assert mean.shape == log_deviation.shape == (count, latent_dim)
    assert len(vae.decoders) == 3
    for decoder in vae.decoders:
        eta = decoder(100 * mean)
        assert eta.shape == (count, 784)
        assert (eta.abs() <= cb.BOUND).all()


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
    torch.testing.assert_close(reconstruction(x, eta), expected, rtol=1e-12, atol=0)


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


# ── files ───────────────────────────────────────────────────────────────────────────────────────


def test_a_model_comes_back_exactly_ready_to_use(saved):
    loaded, original = load(saved), model()
    assert loaded.architecture == SMALL
    assert not loaded.training
    for name, parameter in original.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], parameter)
    assert not any(parameter.requires_grad for parameter in loaded.parameters())


def test_the_same_model_gives_the_same_bytes(saved, tmp_path):
    for name in ("again", "and-again"):
        save(model(), tmp_path / name)
        assert (tmp_path / name).read_bytes() == saved.read_bytes()
    save(load(saved), tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == saved.read_bytes()
    save(model(seed=1), tmp_path / "other")
    assert (tmp_path / "other").read_bytes() != saved.read_bytes()


def refused(path):
    return pytest.raises(StudyError, match=re.escape(str(path)))


def test_a_missing_model_is_named(tmp_path):
    with refused(tmp_path / "none"):
        load(tmp_path / "none")


@pytest.mark.parametrize("keep", [0, 5, 100, 0.5, -1])
def test_a_truncated_model_is_refused(saved, keep):
    data = saved.read_bytes()
    saved.write_bytes(data[: int(keep * len(data)) if isinstance(keep, float) else keep])
    with refused(saved):
        load(saved)


@pytest.mark.parametrize("position", [-1, -5000, 0.5])
def test_one_flipped_bit_in_the_parameters_is_refused(saved, position):
    data = bytearray(saved.read_bytes())
    data[int(position * len(data)) if isinstance(position, float) else position] ^= 1
    saved.write_bytes(data)
    with refused(saved):
        load(saved)


def header_length(data):
    return struct.unpack("<Q", data[:8])[0]


def test_a_damaged_header_is_refused_or_harmless(saved):
    data, original = saved.read_bytes(), model().state_dict()
    for position in range(0, 8 + header_length(data), 3):
        damaged = bytearray(data)
        damaged[position] ^= 1 << position % 8
        saved.write_bytes(damaged)
        try:
            loaded = load(saved)
        except StudyError as error:
            assert str(saved) in str(error)
        else:
            state = loaded.state_dict()
            assert all(torch.equal(state[name], original[name]) for name in original), position


def test_parameters_read_as_another_type_are_refused(saved):
    data = saved.read_bytes()
    damaged = data.replace(b'"dtype":"F32"', b'"dtype":"I32"', 1)
    assert damaged != data
    saved.write_bytes(damaged)
    with refused(saved):
        load(saved)


@pytest.mark.parametrize("content", [{"weights": [1.0]}, "text"], ids=["dict", "string"])
def test_a_pickle_is_refused(tmp_path, content):
    path = tmp_path / "model.pt"
    path.write_bytes(pickle.dumps(content))
    with refused(path):
        load(path)


def test_a_torch_file_is_refused(tmp_path):
    path = tmp_path / "model.pt"
    torch.save(model().state_dict(), path)
    with refused(path):
        load(path)


def with_header(path, change):
    """Rewrite the workflow's own entry of a model's header."""
    data = path.read_bytes()
    end = 8 + header_length(data)
    header = json.loads(data[8:end])
    own = json.loads(header["__metadata__"]["latentgeo"])
    header["__metadata__"]["latentgeo"] = json.dumps(change(own))
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[end:])


@pytest.mark.parametrize(
    "change",
    [
        lambda own: {**own, "hidden": 16},
        lambda own: {**own, "decoders": 3},
        lambda own: {**own, "decoders": 1},
        lambda own: {**own, "latent_dim": "two"},
        lambda own: {**own, "depth": 2},
        lambda own: {k: v for k, v in own.items() if k != "hidden"},
        lambda own: {k: v for k, v in own.items() if k != "sha256"},
        lambda own: {},
        lambda own: [],
        lambda own: "text",
    ],
    ids=["wider", "more", "fewer", "words", "unknown", "lacking", "unchecked", "{}", "[]", "text"],
)
def test_another_architecture_than_the_files_own_is_refused(saved, change):
    with_header(saved, lambda own: own)
    load(saved)
    with_header(saved, change)
    with refused(saved):
        load(saved)


def test_a_safetensors_file_of_somebody_else_is_refused(tmp_path):
    from safetensors.torch import save_file

    save_file({"weight": torch.zeros(3)}, tmp_path / "foreign.safetensors")
    with refused(tmp_path / "foreign.safetensors"):
        load(tmp_path / "foreign.safetensors")
