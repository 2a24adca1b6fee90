"""Decoders of many kinds: derivatives against autograd, and a geodesic that converges."""

import differentiation
import pytest
import reference
import torch
from latentgeo.curves import CubicSpline
from latentgeo.decoders.checked import checked
from latentgeo.decoders.differentiated import DifferentiatedPass, make_pass
from latentgeo.decoders.passes import DecoderPass, natural_parameters
from latentgeo.likelihoods.named import named
from latentgeo.objectives.fisher_rao import FisherRao
from latentgeo.solvers.newton import Newton
from latentgeo.solvers.problem import Problem
from torch import nn

CLOSED, AUTOMATIC = DecoderPass, DifferentiatedPass


def perceptron(activation):
    return nn.Sequential(nn.Linear(2, 16), activation, nn.Linear(16, 12))


def image(*layers, side=(4, 3), channels=2):
    size = channels * side[0] * side[1]
    first = [nn.Linear(2, size), nn.Tanh(), nn.Unflatten(1, (channels, *side))]
    return nn.Sequential(*first, *layers)


class Residual(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return x + self.inner(x)


class TwoHeads(nn.Module):
    """Half of its outputs by each head, as a nested dictionary of modules."""

    def __init__(self):
        super().__init__()
        self.parts = nn.ModuleDict({"trunk": nn.Linear(2, 8), "a": nn.Linear(8, 5)})
        self.b = nn.Linear(8, 7)

    def forward(self, x):
        x = torch.sin(self.parts["trunk"](x))
        return torch.cat([self.parts["a"](x), self.b(x)], 1)


class Split(nn.Module):
    """A multiplication of two functions, in place."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(2, 24)

    def forward(self, x):
        a, b = self.inner(x).chunk(2, 1)
        return torch.sin(a).mul_(torch.exp(b))


class NoParameters(nn.Module):
    def forward(self, x):
        return torch.cat([x.sin(), x.cos(), x[:, :1] * x[:, 1:], x.square()], 1)


def normed(layer):
    for module in layer.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
    return layer


ARCHITECTURES = {
    "SiLU": (lambda: perceptron(nn.SiLU()), CLOSED),
    "tanh": (lambda: perceptron(nn.Tanh()), CLOSED),
    "sigmoid": (lambda: perceptron(nn.Sigmoid()), CLOSED),
    "softplus": (lambda: perceptron(nn.Softplus(beta=2)), CLOSED),
    "GELU": (lambda: perceptron(nn.GELU()), CLOSED),
    "GELU by tanh": (lambda: perceptron(nn.GELU("tanh")), CLOSED),
    "ELU": (lambda: perceptron(nn.ELU(0.7, inplace=True)), CLOSED),
    "ReLU": (lambda: perceptron(nn.ReLU()), CLOSED),
    "leaky ReLU": (lambda: perceptron(nn.LeakyReLU(0.1, inplace=True)), CLOSED),
    "mish": (lambda: perceptron(nn.Mish()), AUTOMATIC),
    "SELU": (lambda: perceptron(nn.SELU(inplace=True)), AUTOMATIC),
    "softsign": (lambda: perceptron(nn.Softsign()), AUTOMATIC),
    "PReLU": (lambda: perceptron(nn.PReLU()), AUTOMATIC),
    "batch norm": (
        lambda: normed(perceptron(nn.Sequential(nn.BatchNorm1d(16), nn.Tanh()))),
        CLOSED,
    ),
    "layer norm": (lambda: perceptron(nn.Sequential(nn.LayerNorm(16), nn.Tanh())), AUTOMATIC),
    "dropout": (
        lambda: perceptron(nn.Sequential(nn.Dropout(0.5), nn.Tanh(), nn.Dropout(0.2))),
        CLOSED,
    ),
    "transposed": (
        lambda: image(nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1, output_padding=1)),
        CLOSED,
    ),
    "transposed and normed": (
        lambda: normed(
            image(
                nn.ConvTranspose2d(2, 3, 4, stride=2, bias=False),
                nn.BatchNorm2d(3),
                nn.ELU(),
                nn.Conv2d(3, 1, 1),
            )
        ),
        CLOSED,
    ),
    "circular": (lambda: image(nn.Conv2d(2, 2, 3, padding=1, padding_mode="circular")), CLOSED),
    "reflected": (lambda: image(nn.ReflectionPad2d(1), nn.Conv2d(2, 2, 3)), CLOSED),
    "three channels": (
        lambda: image(nn.Upsample(scale_factor=2), nn.Conv2d(2, 3, 3, padding="same")),
        CLOSED,
    ),
    "not square": (lambda: image(nn.Conv2d(2, 4, 3, padding=1), nn.PixelShuffle(2)), CLOSED),
    "nested": (
        lambda: nn.Sequential(
            nn.Sequential(nn.Linear(2, 8), nn.Sequential(nn.Tanh(), nn.Linear(8, 9))),
            nn.Identity(),
            nn.Sequential(nn.Softplus(), nn.Linear(9, 10)),
        ),
        CLOSED,
    ),
    "residual": (
        lambda: nn.Sequential(nn.Linear(2, 6), Residual(perceptron_of(6)), nn.Linear(6, 12)),
        AUTOMATIC,
    ),
    "two heads": (TwoHeads, AUTOMATIC),
    "gated": (Split, AUTOMATIC),
    "no parameters": (NoParameters, AUTOMATIC),
    "weight norm": (
        lambda: nn.Sequential(
            nn.utils.parametrizations.weight_norm(nn.Linear(2, 9)), nn.Tanh(), nn.Linear(9, 7)
        ),
        AUTOMATIC,
    ),
    "linear": (lambda: nn.Linear(2, 12), CLOSED),
    "group norm": (lambda: image(nn.GroupNorm(1, 2), nn.SiLU(), nn.Conv2d(2, 1, 1)), AUTOMATIC),
}


def perceptron_of(width):
    return nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))


def make(name, count=1):
    torch.manual_seed(0)
    build = ARCHITECTURES[name][0]
    return [build().double().eval().requires_grad_(False) for _ in range(count)]


every_architecture = pytest.mark.parametrize("name", ARCHITECTURES)


def test_there_are_many_architectures_of_both_ways():
    assert len(ARCHITECTURES) >= 25
    ways = [way for _, way in ARCHITECTURES.values()]
    assert min(ways.count(CLOSED), ways.count(AUTOMATIC)) >= 8


@every_architecture
@pytest.mark.parametrize("likelihood", ["bernoulli", {"family": "gaussian", "deviation": 0.5}])
def test_energies_of_every_architecture_are_differentiated_exactly(name, likelihood):
    likelihood, points = named(likelihood), reference.random_points(2, 3)
    decoders = checked(make(name, 2), likelihood, points[0])
    assert type(make_pass(decoders[0], likelihood.link, points[0])) is ARCHITECTURES[name][1]
    objective = FisherRao(decoders, likelihood)
    differentiation.check_derivatives(objective.expand(points), objective.energy, points, rtol=1e-9)


@every_architecture
def test_both_ways_are_the_same_and_leave_the_points_alone(name):
    link, points = named("bernoulli").link, reference.random_points(1, 4)[0]
    kept, rows = points.clone(), torch.tensor([True, False, True, True, False])
    (decoder,) = make(name)
    found = []
    for kind in {AUTOMATIC, ARCHITECTURES[name][1]}:
        decoder_pass = kind(decoder, link, points)
        before, nothing = decoder_pass.push(rows)
        assert not nothing.any()
        residual = torch.cos(torch.arange(decoder_pass.eta.numel())).double()
        gradient = decoder_pass.pull(residual.view_as(decoder_pass.eta))
        jacobian, curvature = decoder_pass.push(rows)
        torch.testing.assert_close(before, jacobian)
        found.append((decoder_pass.eta, gradient, jacobian, curvature))
    for parts in zip(*found, strict=True):
        torch.testing.assert_close(parts[0], parts[-1], rtol=1e-9, atol=1e-9)
    expected = natural_parameters(decoder, link, points)
    torch.testing.assert_close(found[0][0], expected, rtol=1e-9, atol=1e-9)
    assert torch.equal(points, kept)


@every_architecture
def test_a_geodesic_of_every_architecture_converges(name):
    likelihood, start = named("bernoulli"), torch.tensor([[-0.8, -0.5]], dtype=torch.float64)
    decoders = checked(make(name), likelihood, start.repeat(4, 1) * torch.randn(4, 1))
    problem = Problem(FisherRao(decoders, likelihood), CubicSpline(3), start, -start + 0.2, 8)
    solution = Newton().solve(problem, torch.zeros(1, 2, 2, dtype=torch.float64))
    assert solution.converged.all(), solution.status
    assert solution.energy <= solution.initial_energy
