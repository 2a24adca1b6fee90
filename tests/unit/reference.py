"""Independent versions of the library's formulas, and models small enough to check them on.

The log-normaliser is taken here by Gauss-Legendre quadrature of its definition, A(eta) = log of
the integral of e^(eta x) over [0, 1]: exact to rounding for |eta| < 20, smooth, and differentiable
by autograd as often as one likes. Means over decoders are explicit double loops.
"""

from itertools import permutations

import numpy as np
import torch
from latentgeo.likelihoods.continuous_bernoulli import CONTINUOUS_BERNOULLI
from latentgeo.models.architecture import Architecture, make_decoder
from latentgeo.objectives.fisher_rao import FisherRao
from torch import Tensor, nn

_NODES, _WEIGHTS = (torch.from_numpy(x) for x in np.polynomial.legendre.leggauss(40))
_X, _LOG_W = (_NODES + 1) / 2, (_WEIGHTS / 2).log()
BOUND = 15.94


def bounded(logits: Tensor) -> Tensor:
    return BOUND * torch.tanh(logits / BOUND)


def natural_parameters(decoder: nn.Module, points: Tensor) -> Tensor:
    """What a decoder's output means, (R, D) in float64, at points (R, d)."""
    return bounded(decoder(points).flatten(1).double())


def log_normalizer(eta: Tensor) -> Tensor:
    return torch.logsumexp(eta[..., None] * _X + _LOG_W, -1)


def mean(eta: Tensor) -> Tensor:
    return (torch.softmax(eta[..., None] * _X + _LOG_W, -1) * _X).sum(-1)


def variance(eta: Tensor) -> Tensor:
    spread = (_X - mean(eta)[..., None]).square()
    return (torch.softmax(eta[..., None] * _X + _LOG_W, -1) * spread).sum(-1)


def entropy(eta: Tensor) -> Tensor:
    """Minus the integral of p log p, of factorised continuous Bernoullis, summed over pixels."""
    log_density = eta[..., None] * _X - log_normalizer(eta)[..., None]
    return -((_LOG_W + log_density).exp() * log_density).sum((-1, -2))


def divergence(p: Tensor, q: Tensor) -> Tensor:
    """KL of factorised continuous Bernoullis, summed over pixels."""
    return (log_normalizer(q) - log_normalizer(p) - mean(p) * (q - p)).sum(-1)


def decoder_pairs(count: int) -> list[tuple[int, int]]:
    if count == 1:
        return [(0, 0)]
    return [(k, m) for k in range(count) for m in range(count) if k != m]


def energy(eta: Tensor) -> Tensor:
    """The Fisher-Rao energy by definition, pair of decoders by pair, of eta (M, ..., N + 1, D)."""
    pairs = decoder_pairs(len(eta))
    terms = [divergence(eta[k][..., :-1, :], eta[m][..., 1:, :]).sum(-1) for k, m in pairs]
    return sum(terms) / len(pairs)


def disagreement(eta: Tensor) -> Tensor:
    pairs = decoder_pairs(len(eta))
    terms = [divergence(eta[k][..., :-1, :], eta[m][..., :-1, :]).sum(-1) for k, m in pairs]
    return sum(terms) / len(pairs)


def travel(eta: Tensor) -> Tensor:
    terms = [divergence(own[..., :-1, :], own[..., 1:, :]).sum(-1) for own in eta]
    return sum(terms) / len(eta)


def published_length(eta: Tensor) -> Tensor:
    steps = [
        (2 * divergence(a[..., :-1, :], b[..., 1:, :])).sqrt().sum(-1) for a in eta for b in eta
    ]
    return sum(steps) / len(eta) ** 2


def fields(decoders: list[nn.Sequential], point: Tensor) -> dict[str, Tensor]:
    """The grid's fields at one point (2,), pair of decoders by pair, with torch's derivatives."""

    def jet(f):
        """Value (D,), first (D, 2) and second derivative (D, 2, 2)."""
        slope = torch.func.jacfwd(f)
        return f(point), slope(point), torch.func.jacfwd(slope)(point)

    def eta_of(decoder):
        return lambda z: natural_parameters(decoder, z[None])[0]

    eta = [jet(eta_of(f)) for f in decoders]
    mu = [jet(lambda z, f=f: mean(eta_of(f)(z))) for f in decoders]
    pairs = decoder_pairs(len(decoders))
    d, a, c, s, t, q = [0] * 6
    for k, m in pairs:
        d += divergence(eta[k][0], eta[m][0])
        # pairwise differences: twice an unbiased covariance
        a += (mu[k][0] - mu[m][0]) @ (eta[k][1] - eta[m][1]) / 2
        a -= (eta[k][0] - eta[m][0]) @ (mu[k][1] - mu[m][1]) / 2
        c += torch.einsum("di,dj->ij", mu[k][1], eta[m][1])
        one = torch.einsum("di,djk->ijk", mu[k][1], eta[m][2])
        other = torch.einsum("djk,di->ijk", mu[k][2], eta[m][1])
        s, t = s + one - other, t + one + other
        q += torch.einsum("dij,dkl->ijkl", mu[k][2], eta[m][2])
    names = "disagreement", "drift", "metric", "skewness", "slope", "bending"
    found = dict(zip(names, (d, a, c, s, t, q), strict=True))
    return {name: _symmetric(field) / len(pairs) for name, field in found.items()}


def _symmetric(tensor: Tensor) -> Tensor:
    turned = [tensor.permute(order) for order in permutations(range(tensor.ndim))]
    return sum(turned) / len(turned)


def metric(decoders: list[nn.Sequential], point: Tensor) -> Tensor:
    """The mean over decoders of the pulled-back Fisher information at one point: (2, 2)."""
    return sum(fields([decoder], point)["metric"] for decoder in decoders) / len(decoders)


def tiny_decoders(count: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> list:
    """Related but different random decoders with weights large enough to bend geodesics."""
    torch.manual_seed(seed)
    architecture = Architecture(latent_dim=2, decoder_count=count, hidden=12, channels=2)
    decoders = [make_decoder(architecture) for _ in range(count)]
    with torch.no_grad():
        for decoder in decoders:
            for own, first in zip(decoder.parameters(), decoders[0].parameters(), strict=True):
                own.mul_(0.4 if own is not first else 2.2).add_(0 if own is first else 0.8 * first)
    return [decoder.to(dtype).requires_grad_(False) for decoder in decoders]


def objective(count: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> FisherRao:
    return FisherRao(tiny_decoders(count, seed, dtype), CONTINUOUS_BERNOULLI)


def generators(count: int, seed: int = 0) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed + i) for i in range(count)]


def random_eta(count: int, curves: int = 2, segments: int = 4, pixels: int = 30) -> Tensor:
    """Natural parameters of so many decoders along curves, related but different."""
    noise = torch.Generator().manual_seed(count)
    shape = (curves, segments + 1, pixels)
    logits = torch.randn((count, *shape), generator=noise, dtype=torch.float64)
    logits += torch.randn(shape, generator=noise, dtype=torch.float64)
    return 4 * logits


def random_points(curves: int, segments: int, seed: int = 1) -> Tensor:
    """Points of irregular curves, (curves, segments + 1, 2)."""
    noise = torch.Generator().manual_seed(seed)
    line = torch.linspace(-1, 1, segments + 1, dtype=torch.float64)[:, None].expand(-1, 2)
    shape = (curves, segments + 1, 2)
    return line + 0.4 * torch.randn(shape, generator=noise, dtype=torch.float64)
