"""What is no decoder ends in one clear error; what is differentiated wrongly is not used."""

import logging

import pytest
import torch
import torch.nn.functional as F
from latentgeo.decoders import layers
from latentgeo.decoders.checked import checked
from latentgeo.decoders.differentiated import DifferentiatedPass, Opaque, make_pass
from latentgeo.errors import StudyError
from latentgeo.likelihoods.named import named
from torch import nn

BERNOULLI = named("bernoulli")
POINTS = torch.linspace(-1, 1, 12, dtype=torch.float64).view(6, 2)


def perceptron():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 6)).eval()


class Given(nn.Module):
    """A module that does what a function does."""

    def __init__(self, function):
        super().__init__()
        self.function, self.weight = function, nn.Parameter(torch.eye(2))
        self.eval()

    def forward(self, points):
        return self.function(points @ self.weight)


def damaged(module, value):
    with torch.no_grad():
        next(module.parameters()).view(-1)[0] = value
    return module


def half_training():
    module = nn.Sequential(perceptron(), nn.Dropout()).eval()
    module[1].train()
    return module


def raise_error(points):
    raise ValueError("three numbers are wanted")


WRONG = {
    "in training": (lambda: perceptron().train(), r"decoder 0: it is in training mode; call .eval"),
    "in part": (half_training, "decoder 0: it is in training mode"),
    "random": (lambda: Given(lambda x: F.dropout(x, 0.5)), "draws random numbers"),
    "noisy": (lambda: Given(lambda x: x + torch.randn_like(x)), "draws random numbers"),
    "of the batch": (lambda: Given(lambda x: x - x.mean(0)), "depend on the other points"),
    "wrong batch": (
        lambda: Given(lambda x: x.T),
        r"for points of shape \(4, 2\) it gives \(2, 4\)",
    ),
    "no tensor": (lambda: Given(lambda x: (x, x)), r"it gives tuple, not a tensor \(4, ...\)"),
    "not a number": (lambda: damaged(perceptron(), float("nan")), "outputs are not finite"),
    "infinite": (lambda: damaged(perceptron(), float("inf")), "not finite"),
    "other input": (
        lambda: nn.Linear(3, 4).eval(),
        r"it fails at points of shape \(4, 2\) \(.*mat1",
    ),
    "raises": (lambda: Given(raise_error), "three numbers are wanted"),
    "detached": (lambda: Given(lambda x: x.detach() * 2), "cannot be differentiated twice"),
    "steep": (lambda: Given(lambda x: (0 * x).sqrt()), "derivatives are not finite"),
    "no module": (lambda: torch.sin, "decoder 0: a torch.nn.Module is wanted, not builtin"),
    "empty": (lambda: Given(lambda x: x[:, :0]), "it gives 0 outputs"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_decoder_is_refused_by_number_and_reason(name):
    make, message = WRONG[name]
    with pytest.raises(StudyError, match=message):
        checked([make()], BERNOULLI, POINTS)
    with pytest.raises(StudyError, match=message.replace("decoder 0", "decoder 1")):
        checked([perceptron(), make()], BERNOULLI, POINTS)


def test_several_decoders_have_as_many_outputs_each():
    with pytest.raises(StudyError, match=r"different numbers of outputs, \[6, 7\]"):
        checked([perceptron(), nn.Linear(2, 7).eval()], BERNOULLI, POINTS)
    with pytest.raises(StudyError, match="decoders: there are none"):
        checked([], BERNOULLI, POINTS)


def test_points_that_are_all_the_same_do_not_hide_what_mixes_a_batch():
    mixes = Given(lambda x: (x - x.mean(0)).repeat(1, 3))
    for points in (POINTS[:1], POINTS[:1].repeat(5, 1), POINTS):
        with pytest.raises(StudyError, match="depend on the other points of its batch"):
            checked(mixes, BERNOULLI, points)


def test_kinks_are_told_of(caplog):
    decoder = nn.Sequential(nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 6)).eval()
    with caplog.at_level(logging.WARNING):
        checked(decoder, BERNOULLI, POINTS)
    assert ["has kinks" in record.getMessage() for record in caplog.records] == [True]


def test_natural_parameters_are_finite_too():
    huge = damaged(perceptron(), 1.0)
    with torch.no_grad():
        huge[2].bias[:] = 800.0
    with pytest.raises(StudyError, match="not finite at a decoder's outputs"):
        checked(huge, named("poisson"), POINTS)


def test_an_odd_number_of_means_and_deviations_is_one_error():
    learned = named({"family": "gaussian", "deviation": "learned"})
    with pytest.raises(StudyError, match="7 outputs, but the likelihood reads 2 for each"):
        checked(nn.Linear(2, 7).eval(), learned, POINTS)


def test_outputs_are_what_the_likelihood_reads():
    categorical = named({"family": "categorical", "classes": 4})
    with pytest.raises(StudyError, match="6 outputs, but the likelihood reads 4 for each feature"):
        checked(perceptron(), categorical, POINTS)
    learned = named({"family": "gaussian", "deviation": "learned"})
    assert len(checked(perceptron(), learned, POINTS)) == 1


def test_good_decoders_come_back_as_they_are(caplog):
    decoders = [perceptron(), Given(lambda x: torch.sin(x).repeat(1, 3))]
    assert checked(decoders, BERNOULLI, POINTS) == decoders
    assert checked(decoders[0], BERNOULLI, POINTS) == decoders[:1]
    assert not caplog.records


def test_a_closed_form_that_is_off_is_not_used(caplog, monkeypatch):
    monkeypatch.setitem(
        layers.LINEAR_PARTS, nn.Linear, lambda layer, x: 1.01 * layers.linear(layer, x)
    )
    with caplog.at_level(logging.WARNING):
        (decoder,) = checked(perceptron(), BERNOULLI, POINTS)
    assert isinstance(decoder, Opaque)
    assert [r.getMessage() for r in caplog.records] == [
        "decoder 0: differentiated automatically, as its closed form is off"
    ]
    assert type(make_pass(decoder, BERNOULLI.link, POINTS)) is DifferentiatedPass
    torch.testing.assert_close(decoder(POINTS.float()), perceptron()(POINTS.float()))


def test_a_layer_with_a_hook_is_differentiated_with_it():
    decoder = perceptron()
    decoder[1].register_forward_hook(lambda layer, inputs, output: output.square())
    assert type(make_pass(decoder, BERNOULLI.link, POINTS)) is DifferentiatedPass
    other = perceptron()
    other.register_forward_pre_hook(lambda layer, inputs: (inputs[0] * 2,))
    assert type(make_pass(other, BERNOULLI.link, POINTS)) is DifferentiatedPass
