import pytest
import reference
import torch
from latentgeo.algebra import products, weighted_products
from latentgeo.decoders.activations import ACTIVATIONS
from latentgeo.decoders.layers import LINEAR_PARTS, linear_part
from latentgeo.decoders.passes import DecoderPass, natural_parameters
from latentgeo.decoders.places import precision
from latentgeo.likelihoods.continuous_bernoulli import CONTINUOUS_BERNOULLI
from torch import nn

DOUBLE, SINGLE = torch.float64, torch.float32
LINK = CONTINUOUS_BERNOULLI.link
CONVOLUTIONS = {
    "zeros": {"padding": 1},
    "unpadded": {},
    "same": {"padding": "same", "dilation": 2},
    "circular": {"padding": 1, "padding_mode": "circular"},
    "reflect": {"padding": 1, "padding_mode": "reflect"},
    "replicate": {"padding": (2, 1), "padding_mode": "replicate"},
    "strided": {"padding": 1, "stride": 2},
    "dilated": {"padding": 2, "dilation": (2, 1)},
    "grouped": {"padding": 1, "groups": 3, "bias": False},
    "all of it": {"padding": 2, "padding_mode": "circular", "stride": (1, 2), "dilation": 2},
}
every_convolution = pytest.mark.parametrize("options", CONVOLUTIONS.values(), ids=CONVOLUTIONS)


def convolutional(inplace=False, **options):
    """A decoder with a convolution of many kinds between two activations."""
    torch.manual_seed(0)
    layers = [
        nn.Linear(2, 8),
        nn.SiLU(inplace),
        nn.Linear(8, 3 * 6 * 5),
        nn.Unflatten(1, (3, 6, 5)),
        nn.Conv2d(3, 6, 3, **options),
        nn.SiLU(inplace),
        nn.Conv2d(6, 4, 2),
        nn.PixelShuffle(2),
        nn.Flatten(),
    ]
    return nn.Sequential(*layers).double().requires_grad_(False)


def sequential(*layers):
    torch.manual_seed(0)
    return nn.Sequential(*(layer() for layer in layers)).double().requires_grad_(False)


def points_and_residual(decoder, count=3):
    noise = torch.Generator().manual_seed(1)
    points = torch.randn(count, 2, generator=noise, dtype=DOUBLE)
    shape = reference.natural_parameters(decoder, points).shape
    return points, torch.randn(shape, generator=noise, dtype=DOUBLE)


def check_against_autograd(decoder):
    """Value, gradient, Jacobian and Hessian of residual · eta at some of several points."""
    points, residual = points_and_residual(decoder)
    kept, rows = points.clone(), torch.tensor([True, False, True])
    decoder_pass = DecoderPass(decoder, LINK, points)
    expected = reference.natural_parameters(decoder, points)
    torch.testing.assert_close(decoder_pass.eta, expected, rtol=1e-9, atol=1e-9)
    before, nothing = decoder_pass.push(rows)
    gradient = decoder_pass.pull(residual)
    jacobian, curvature = decoder_pass.push(rows)
    assert torch.equal(before, jacobian)
    assert not nothing.any()
    for i, (point, weights) in enumerate(zip(points, residual, strict=True)):

        def eta(z):
            return reference.natural_parameters(decoder, z[None])[0]

        def weighed(z, weights=weights):
            return (eta(z) * weights).sum()

        slope = torch.autograd.functional.jacobian(eta, point)
        torch.testing.assert_close(gradient[i], slope.T @ weights, rtol=1e-9, atol=1e-9)
        if rows[i]:
            row = int(rows[:i].sum())
            torch.testing.assert_close(jacobian[row], slope.T, rtol=1e-9, atol=1e-9)
            bend = torch.autograd.functional.hessian(weighed, point)
            torch.testing.assert_close(curvature[row], bend, rtol=1e-9, atol=1e-9)
            assert bend.abs().max() > 1e-3
    assert torch.equal(points, kept)


def test_the_built_in_decoder_is_differentiated_exactly():
    check_against_autograd(reference.tiny_decoders(1)[0])


@every_convolution
def test_every_kind_of_convolution_is_differentiated_exactly(options):
    check_against_autograd(convolutional(**options))


@every_convolution
def test_activations_in_place_are_differentiated_exactly(options):
    check_against_autograd(convolutional(inplace=True, **options))


@every_convolution
def test_activations_in_place_change_nothing(options):
    points, residual = points_and_residual(convolutional(**options))
    passes = [DecoderPass(convolutional(way, **options), LINK, points) for way in (False, True)]
    rows = torch.ones(len(points), dtype=torch.bool)
    found = [(p.eta, p.pull(residual), *p.push(rows)) for p in passes]
    for plain, in_place in zip(*found, strict=True):
        assert torch.equal(plain, in_place)


@pytest.mark.parametrize(
    "layers",
    [
        [lambda: nn.Linear(2, 20)],
        [nn.SiLU, lambda: nn.Linear(2, 20)],
        [lambda: nn.Linear(2, 20), nn.SiLU],
        [lambda: nn.Linear(2, 5), nn.SiLU, nn.SiLU, lambda: nn.Linear(5, 20)],
    ],
    ids=["a layer", "activation first", "activation last", "activations in a row"],
)
def test_layers_may_stand_in_any_order(layers):
    check_against_autograd(sequential(*layers))


def test_a_layer_without_a_known_derivative_is_named():
    decoder = sequential(lambda: nn.Linear(2, 4), nn.Hardshrink)
    points, residual = points_and_residual(decoder)
    decoder_pass = DecoderPass(decoder, LINK, points)
    decoder_pass.pull(residual)
    with pytest.raises(TypeError, match="no derivative is known for the layer Hardshrink"):
        decoder_pass.push(torch.ones(len(points), dtype=torch.bool))


def test_a_linear_part_is_a_layer_without_its_value_at_zero():
    noise = torch.Generator().manual_seed(0)
    plane, grid = (4, 5, 6), torch.Generator().manual_seed(1)
    one, two = nn.BatchNorm1d(6), nn.BatchNorm2d(4, affine=False)
    for layer in (one, two):
        layer.running_mean.normal_(generator=grid)
        layer.running_var.uniform_(0.5, 2, generator=grid)
    examples = {
        nn.Linear: (nn.Linear(6, 4), (6,)),
        nn.Conv2d: (nn.Conv2d(4, 8, 3), plane),
        nn.ConvTranspose2d: (
            nn.ConvTranspose2d(4, 6, 3, (2, 1), 1, (1, 0), groups=2, dilation=2),
            plane,
        ),
        nn.BatchNorm1d: (one, (6,)),
        nn.BatchNorm2d: (two, plane),
        nn.Dropout: (nn.Dropout(), (6,)),
        nn.Dropout2d: (nn.Dropout2d(), plane),
        nn.Identity: (nn.Identity(), (6,)),
        nn.Flatten: (nn.Flatten(), (2, 3)),
        nn.Unflatten: (nn.Unflatten(1, (2, 3)), (6,)),
        nn.PixelShuffle: (nn.PixelShuffle(2), plane),
        nn.Upsample: (nn.Upsample(scale_factor=2, mode="bicubic"), plane),
        nn.UpsamplingNearest2d: (nn.UpsamplingNearest2d(scale_factor=3), plane),
        nn.UpsamplingBilinear2d: (nn.UpsamplingBilinear2d(size=(9, 7)), plane),
        nn.ZeroPad2d: (nn.ZeroPad2d((1, 0, 2, 3)), plane),
        nn.ReflectionPad2d: (nn.ReflectionPad2d((1, 0, 2, 3)), plane),
        nn.ReplicationPad2d: (nn.ReplicationPad2d((1, 0, 2, 3)), plane),
        nn.AvgPool2d: (nn.AvgPool2d(2, padding=1), plane),
    }
    assert set(examples) == set(LINEAR_PARTS)
    for layer, shape in examples.values():
        layer = layer.double().eval()
        x = torch.randn(5, *shape, generator=noise, dtype=DOUBLE)
        expected = layer(x) - layer(torch.zeros_like(x))
        torch.testing.assert_close(linear_part(layer, x), expected, rtol=1e-12, atol=1e-12)
    with pytest.raises(TypeError, match="Hardshrink"):
        linear_part(nn.Hardshrink(), x)


SETTINGS = {
    nn.Softplus: ({"beta": 3, "threshold": 5},),
    nn.GELU: ({"approximate": "tanh"},),
    nn.ELU: ({"alpha": 0.3},),
    nn.LeakyReLU: ({"negative_slope": 0.2},),
}
LAYERS = [kind(**own) for kind in ACTIVATIONS for own in ({}, *SETTINGS.get(kind, ()))]


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_activations_have_the_derivatives_of_autograd(layer):
    x = torch.linspace(-30, 30, 62, dtype=DOUBLE, requires_grad=True)
    activation = ACTIVATIONS[type(layer)]
    assert torch.equal(activation.value(layer, x), layer(x))
    (first,) = torch.autograd.grad(layer(x).sum(), x, create_graph=True)
    second = torch.zeros_like(x)
    if first.requires_grad:
        (second,) = torch.autograd.grad(first.sum(), x, materialize_grads=True)
    found = activation.derivatives(layer, x.detach())
    torch.testing.assert_close(found, (first.detach(), second), rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("kind", [nn.ReLU, nn.ELU, nn.LeakyReLU, nn.SiLU])
def test_activations_in_place_leave_their_inputs_alone(kind):
    x = torch.linspace(-2, 2, 5, dtype=DOUBLE)
    activation, layer = ACTIVATIONS[kind], kind(inplace=True)
    expected = kind()(x)
    assert torch.equal(activation.value(layer, x), expected)
    assert x[0] == -2


@pytest.mark.parametrize("dtype", [DOUBLE, SINGLE], ids=["double", "single"])
def test_natural_parameters_are_double_whatever_the_decoder(dtype):
    (decoder,) = reference.tiny_decoders(1, dtype=dtype)
    assert precision(decoder) == dtype
    points, residual = points_and_residual(reference.tiny_decoders(1)[0])
    decoder_pass = DecoderPass(decoder, LINK, points)
    eta = natural_parameters(decoder, LINK, points)
    assert eta.dtype == decoder_pass.eta.dtype == DOUBLE
    torch.testing.assert_close(decoder_pass.eta, eta, rtol=1e-12, atol=1e-12)
    expected = reference.natural_parameters(decoder, points.to(dtype))
    torch.testing.assert_close(eta, expected, rtol=1e-12, atol=1e-12)
    assert decoder_pass.pull(residual).dtype == dtype
    jacobian, curvature = decoder_pass.push(torch.ones(len(points), dtype=torch.bool))
    assert jacobian.dtype == curvature.dtype == dtype
    exact = DecoderPass(reference.tiny_decoders(1)[0], LINK, points)
    exact.pull(residual)
    for found, wanted in zip(
        (jacobian, curvature), exact.push(torch.ones(3, dtype=torch.bool)), strict=True
    ):
        scale = wanted.abs().max().item()
        torch.testing.assert_close(found.double(), wanted, rtol=0, atol=1e-4 * scale)


def test_products_of_tangents_by_hand():
    a = torch.tensor([[[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]]])
    assert products(a, 2 * a)[0].tolist() == [[28, 4], [4, 2]]
    weights = torch.tensor([[1.0, -1.0, 10.0]])
    assert weighted_products(weights, a)[0].tolist() == [[87, -2], [-2, -1]]


def test_a_first_layer_that_works_in_place_leaves_the_points_alone():
    decoder = nn.Sequential(nn.SiLU(inplace=True), nn.Linear(2, 5)).double()
    points = torch.tensor([[0.5, -1.0]], dtype=torch.float64)
    kept = points.clone()
    natural_parameters(decoder, CONTINUOUS_BERNOULLI.link, points)
    assert torch.equal(points, kept)


def test_no_rows_have_no_tangents():
    decoder = nn.Sequential(nn.Linear(2, 5)).double().requires_grad_(False)
    decoder_pass = DecoderPass(
        decoder, CONTINUOUS_BERNOULLI.link, torch.zeros(3, 2, dtype=torch.float64)
    )
    jacobian, curvature = decoder_pass.push(torch.zeros(3, dtype=torch.bool))
    assert jacobian.shape == (0, 2, 5)
    assert curvature.shape == (0, 2, 2)
