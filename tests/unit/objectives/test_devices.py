"""Decoders on a device of their own: nothing is mixed, and what comes home is the same.

Without a GPU torch's `meta` device stands for one: it knows shapes and refuses to work with numbers
that lie elsewhere, but has none to bring home.
"""

from copy import deepcopy

import pytest
import torch
from latentgeo.curves import CubicSpline
from latentgeo.decoders import places
from latentgeo.decoders.differentiated import Opaque
from latentgeo.likelihoods.named import named
from latentgeo.objectives.fisher_rao import FisherRao
from latentgeo.solvers.newton import Newton
from latentgeo.solvers.problem import Problem
from latentgeo.starts.roadmap.fields import evaluate_edges
from torch import nn

DOUBLE = torch.float64
LIKELIHOODS = {
    "continuous-bernoulli": "continuous-bernoulli",
    "bernoulli": "bernoulli",
    "gaussian": {"family": "gaussian", "deviation": 0.5},
    "learned": {"family": "gaussian", "deviation": "learned"},
    "poisson": "poisson",
    "categorical": {"family": "categorical", "classes": 4},
}
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")


def decoders(count=3, opaque=False):
    torch.manual_seed(0)
    made = [
        nn.Sequential(
            nn.Linear(2, 12),
            nn.SiLU(),
            nn.Unflatten(1, (3, 2, 2)),
            nn.BatchNorm2d(3),
            nn.Conv2d(3, 2, 3, padding=1),
            nn.Flatten(),
        ).eval()
        for _ in range(count)
    ]
    return [Opaque(decoder).eval() for decoder in made] if opaque else made


def points(*shape, seed=1):
    return torch.randn(*shape, 2, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


def everything(objective, at):
    """All that is asked of an objective, by name."""
    expansion = objective.expand(at)
    hessian = expansion.hessian(torch.tensor([True, False, True]))
    streams = [torch.Generator().manual_seed(k) for k in range(len(at))]
    return {
        "energy": expansion.energy,
        "resolution": expansion.resolution,
        "gradient": expansion.gradient(),
        "diagonal": hessian.diagonal,
        "upper": hessian.upper,
        "metric": expansion.metric(),
        "plain energy": objective.energy(at),
        "sampled": objective.sampled(2, lambda purpose: streams).energy(at),
        **objective.measures(at),
    }


@pytest.mark.parametrize("opaque", [False, True], ids=["closed", "automatic"])
@pytest.mark.parametrize("coupling", ["between", "within"])
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_nothing_is_mixed(likelihood, coupling, opaque, monkeypatch):
    made, at = decoders(opaque=opaque), points(3, 5)
    family = named(LIKELIHOODS[likelihood])
    expected = everything(FisherRao(made, family, coupling), at)
    brought = []

    def home(values):
        if values.device.type == "meta":
            brought.append(values.shape)
            return torch.zeros(values.shape, dtype=values.dtype)
        return values

    monkeypatch.setattr(places, "home", home)
    away = [deepcopy(decoder).to("meta") for decoder in made]
    found = everything(FisherRao(away, family, coupling), at)
    assert {name: v.shape for name, v in found.items()} == {n: v.shape for n, v in expected.items()}
    assert all(values.device.type == "cpu" for values in found.values())
    pixels = made[0](points(1).float()).numel()
    assert brought and all(pixels not in shape for shape in brought)  # only sums over pixels
    edges = evaluate_edges(away, family, at[:, 0].numpy(), at[:, 1].numpy())
    assert edges.length.shape == (3, 3, 4)


@needs_gpu
@pytest.mark.parametrize("coupling", ["between", "within"])
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_a_gpu_gives_what_the_processor_gives(likelihood, coupling):
    made, at = [decoder.double() for decoder in decoders()], points(3, 5)
    family = named(LIKELIHOODS[likelihood])
    expected = everything(FisherRao(made, family, coupling), at)
    away = [deepcopy(decoder).to("cuda") for decoder in made]
    found = everything(FisherRao(away, family, coupling), at)
    for name, values in expected.items():
        torch.testing.assert_close(found[name], values, rtol=1e-8, atol=1e-10, msg=name)


@needs_gpu
def test_geodesics_are_solved_on_a_gpu():
    start, end = points(4), points(4, seed=2)
    energies = []
    for device in ("cpu", "cuda"):
        objective = FisherRao([f.to(device) for f in decoders()], named("bernoulli"))
        problem = Problem(objective, CubicSpline(4), start, end, 16)
        found = Newton().solve(problem, torch.zeros(4, 3, 2, dtype=DOUBLE))
        assert found.converged.all()
        energies.append(found.energy)
    torch.testing.assert_close(*energies, rtol=1e-4, atol=1e-8)


def test_a_decoder_runs_where_its_parameters_are():
    decoder, buffers = nn.Linear(2, 3).double().to("meta"), nn.BatchNorm1d(2, affine=False)
    assert places.device(decoder).type == "meta" and places.precision(decoder) == DOUBLE
    assert places.precision(buffers) == torch.float32  # its counts are whole numbers
    assert places.precision(nn.Identity()) == DOUBLE
    assert places.device(nn.Identity()).type == "cpu"
    moved = places.moved(points(4), decoder)
    assert moved.device.type == "meta" and moved.dtype == DOUBLE
