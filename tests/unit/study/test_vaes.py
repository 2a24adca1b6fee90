"""VAE types, in their short form and whole."""

import pytest
from latentgeo.likelihoods.named import named
from latentgeo.study import vaes

CONFIG = {
    "vaes": {
        "single": 1,
        "ensemble": 3,
        "long": {"decoders": 1, "training": {"epochs": 30}},
        "plain": {"decoders": 4},
        "other": {"decoders": 2, "training": {"batch_size": 7, "learning_rate": 0.1}},
    },
    "training": {
        "seeds": 5,
        "learning_rate": 0.01,
        "single_decoder": {"epochs": 2, "batch_size": 96},
        "several_decoders": {"epochs": 3, "batch_size": 256},
        "held_out": 10,
        "device": "cpu",
    },
}


def test_types_have_so_many_decoders():
    counts = {"single": 1, "ensemble": 3, "long": 1, "plain": 4, "other": 2}
    assert vaes.decoder_counts(CONFIG) == counts


@pytest.mark.parametrize(
    ("vae", "epochs", "batch_size", "rate"),
    [
        ("single", 2, 96, 0.01),
        ("ensemble", 3, 256, 0.01),
        ("long", 30, 96, 0.01),
        ("plain", 3, 256, 0.01),
        ("other", 3, 7, 0.1),
    ],
)
def test_a_type_is_trained_like_its_number_of_decoders_but_for_what_is_its_own(
    vae, epochs, batch_size, rate
):
    expected = {"epochs": epochs, "batch_size": batch_size, "learning_rate": rate, "held_out": 10}
    assert vaes.schedule(CONFIG, vae) == expected


@pytest.mark.parametrize(
    ("likelihood", "count"),
    [
        ("poisson", 1),
        ({"family": "gaussian", "deviation": 0.1}, 1),
        ({"family": "gaussian", "deviation": "learned"}, 2),
        ({"family": "categorical", "classes": 7}, 7),
    ],
)
def test_a_feature_has_as_many_natural_parameters_as_its_family(likelihood, count):
    config = {"vaes": {"a": 1, "b": {"likelihood": likelihood}}, "model": {"likelihood": "poisson"}}
    assert vaes.parameters(config, "a") == 1
    assert vaes.parameters(config, "b") == count == named(likelihood).outputs
