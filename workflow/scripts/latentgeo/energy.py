"""Energies of discretised curves, and their derivatives in closed form.

A curve is given by its points z_0 ... z_N in latent space. Its Fisher-Rao energy under the
decoders f_1 ... f_M is

    E = sum over i of mean over k != l of KL(f_k(z_i) ‖ f_l(z_{i+1}))     (k = l when M = 1)

in nats. The mean over pairs of decoders is taken exactly, in O(M) work, from sums over the
decoders. At coincident points it is not 0 but the decoders' disagreement; hence energy,
disagreement and travel are reported side by side.

Energies and cumulants are always float64; decoders run in the precision of their parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import continuous_bernoulli as cb
from .vae import PIXELS, Bound

# ── the definitions, differentiable, on natural parameters eta of shape (M, ..., N + 1, D) ──────


def energy(eta: Tensor) -> Tensor:
    """Exact energy in nats, mean over all ordered pairs of different decoders: (...).

    The log-normalisers of a sum over consecutive points cancel but for those at the ends.
    """
    mean = cb.mean(eta)
    own = (mean * eta)[..., :-1, :].sum((-1, -2)).mean(0)
    across = _between(mean[..., :-1, :], eta[..., 1:, :]).sum(-1)
    ends = cb.log_normalizer(eta[..., [0, -1], :]).sum(-1).mean(0)
    return own - across + ends[..., 1] - ends[..., 0]


def disagreement(eta: Tensor) -> Tensor:
    """Sum over i < N of the mean KL between different decoders at the same point z_i, nats: (...).

    The part of the energy that does not vanish as the points of a curve come closer.
    """
    if eta.shape[0] == 1:
        return eta.new_zeros(eta.shape[1:-2])
    eta = eta[..., :-1, :]
    mean = cb.mean(eta)
    return (mean * eta).sum((-1, -2)).mean(0) - _between(mean, eta).sum(-1)


def travel(eta: Tensor) -> Tensor:
    """Sum over segments of the mean over decoders of KL(f_k(z_i) ‖ f_k(z_{i+1})), nats: (...)."""
    return cb.divergence(eta[..., :-1, :], eta[..., 1:, :]).sum((-1, -2)).mean(0)


def monte_carlo_energy(eta: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """The study's estimate of the energy from sampled pairs of decoders, in nats: (B,).

    `first` and `second`, (B, S, N), are the decoders at the start and at the end of every segment;
    eta is (M, B, N + 1, D). Source: the study, part B (its formula, not its listing, which takes
    both decoders at the same point).
    """
    curve = torch.arange(eta.shape[1])[:, None, None]
    segment = torch.arange(eta.shape[2] - 1)
    divergence = cb.divergence(eta[first, curve, segment], eta[second, curve, segment + 1])
    return divergence.sum((-1, -2)).mean(-1)


def sample_decoder_pairs(
    decoders: int, samples: int, segments: int, generator: torch.Generator
) -> Tensor:
    """Ordered pairs of different decoders, uniform: (2, samples, segments); one decoder: all 0."""
    if decoders == 1:
        return torch.zeros(2, samples, segments, dtype=torch.long)
    shape = (samples, segments)
    first = torch.randint(decoders, shape, generator=generator)
    offset = torch.randint(1, decoders, shape, generator=generator)
    return torch.stack([first, (first + offset) % decoders])


def _between(mean: Tensor, eta: Tensor) -> Tensor:
    """Mean over k != l (k = l when M = 1) of mu_k · eta_l, both (M, ..., D): (...)."""
    decoders = len(eta)
    if decoders == 1:
        return (mean * eta).sum((0, -1))
    every = (mean.sum(0) * eta.sum(0)).sum(-1)
    return (every - (mean * eta).sum((0, -1))) / (decoders * (decoders - 1))


# ── objectives: what a solver minimises ─────────────────────────────────────────────────────────


class Hessian(NamedTuple):
    """The block-tridiagonal second derivative of a batch of energies in their inner points."""

    diagonal: Tensor
    """∂²E/∂z_i², (B, N - 1, d, d)."""
    upper: Tensor
    """∂²E/∂z_i∂z_{i+1}, (B, N - 2, d, d)."""


class Expansion(Protocol):
    """Energies at given points, (B, N + 1, d), and their derivatives in the inner points."""

    energy: Tensor
    """(B,)"""

    def gradient(self) -> Tensor:
        """∂E/∂z_i, (B, N - 1, d)."""

    def hessian(self, curves: Tensor) -> Hessian:
        """Second derivatives of the curves that a mask, (B,), selects; after `gradient`."""


class Objective(Protocol):
    """An energy of curves, to be differentiated by autograd or expanded in closed form."""

    curves_at_once: int
    """How many curves of the objective's own number of points fit into the memory budget."""

    @property
    def resolution(self) -> float:
        """Energies closer than this are the same: what rounding leaves of them."""

    def energy(self, points: Tensor) -> Tensor:
        """Energies of curves with points (B, N + 1, d), differentiable: (B,)."""

    def expand(self, points: Tensor) -> Expansion:
        """The energies with gradient and Hessian on demand."""


POINTS_AT_ONCE = 330
"""Points in one pass of a decoder: more only leave the processor's cache."""
EVALUATIONS_AT_ONCE = 2640
"""Decoder evaluations held in memory at once, about 0.1 MB each."""


@dataclass
class FisherRao:
    """The Fisher-Rao energy of curves under decoders, each a Sequential that ends in a Bound.

    `evaluations` counts the work done, in forward passes of one decoder at one point: 1 for a
    value, 1 more for a gradient, d more for a Hessian.
    """

    decoders: Sequence[nn.Sequential]
    segments: int
    evaluations: int = 0

    @property
    def curves_at_once(self) -> int:
        points = min(POINTS_AT_ONCE, EVALUATIONS_AT_ONCE // len(self.decoders))
        return max(1, points // (self.segments + 1))

    @property
    def resolution(self) -> float:
        decoder = torch.finfo(next(self.decoders[0].parameters()).dtype).eps
        sums = torch.finfo(torch.float64).eps
        return ((decoder * cb.BOUND) ** 2 + sums) * PIXELS * self.segments

    def decode(self, points: Tensor) -> Tensor:
        """Natural parameters of all decoders at points (..., d), float64: (M, ..., D)."""
        flat = points.reshape(-1, points.shape[-1])
        self.evaluations += len(self.decoders) * len(flat)
        eta = [_natural_parameters(decoder, flat) for decoder in self.decoders]
        return torch.stack(eta).unflatten(1, points.shape[:-1])

    def energy(self, points: Tensor) -> Tensor:
        return energy(self.decode(points))

    def expand(self, points: Tensor) -> FisherRaoExpansion:
        return FisherRaoExpansion(self, points)


@dataclass
class MonteCarloFisherRao:
    """The study's estimate of the Fisher-Rao energy, new pairs of decoders at every call.

    Every curve has a random stream of its own, so that it does not depend on its batch. Only the
    decoders that were drawn for a point are evaluated there.
    """

    exact: FisherRao
    samples: int
    generators: Sequence[torch.Generator]

    def energy(self, points: Tensor) -> Tensor:
        decoders, segments = len(self.exact.decoders), points.shape[1] - 1
        first, second = torch.stack(
            [sample_decoder_pairs(decoders, self.samples, segments, g) for g in self.generators], 1
        )
        parameters = []
        for k, decoder in enumerate(self.exact.decoders):
            drawn = torch.zeros(points.shape[:2], dtype=torch.bool)
            drawn[:, :-1] |= (first == k).any(1)
            drawn[:, 1:] |= (second == k).any(1)
            self.exact.evaluations += int(drawn.sum())
            eta = _natural_parameters(decoder, points[drawn])
            empty = eta.new_zeros(*drawn.shape, eta.shape[-1])
            parameters.append(empty.index_put(drawn.nonzero(as_tuple=True), eta))
        return monte_carlo_energy(torch.stack(parameters), first, second)


def _natural_parameters(decoder: nn.Sequential, points: Tensor) -> Tensor:
    dtype = next(decoder.parameters()).dtype
    return decoder[-1](decoder[:-1](points.to(dtype)).double())


class FisherRaoExpansion:
    """The Fisher-Rao energy around given points; see `Expansion`.

    With the leave-one-out means x̄^{-k} = (sum of x^l - x^k) / (M - 1) (the decoder's own value
    when M = 1), the derivative of M E in eta^k_i is

        r^k_i = (mu^k_i - mū^{-k}_{i-1}) - V^k_i (etā^{-k}_{i+1} - eta^k_i)

    and everything else follows by the chain rule through J = ∂eta/∂z and ∇²eta.
    """

    def __init__(self, objective: FisherRao, points: Tensor):
        self.objective = objective
        self.shape = points.shape
        flat = points.reshape(-1, points.shape[-1])
        # a decoder at a time: the arrays of all of them would leave the processor's cache
        self.passes = [DecoderPass(decoder, flat) for decoder in objective.decoders]
        self._count(len(flat))
        self.eta = [p.eta.unflatten(0, self.shape[:2]) for p in self.passes]
        moments = [cb.moments(eta) for eta in self.eta]
        self.mean, self.variance = ([m[order] for m in moments] for order in (0, 1))
        self.sums = _total(self.eta), _total(self.mean)
        own, same = 0, 0
        for mean, eta in zip(self.mean, self.eta, strict=True):
            own = own + _dot(mean[:, :-1], eta[:, :-1])
            same = same + _dot(mean[:, :-1], eta[:, 1:])
        decoders, across = len(self.passes), same
        if decoders > 1:
            every = _dot(self.sums[1][:, :-1], self.sums[0][:, 1:])
            across = (every - same) / (decoders * (decoders - 1))
        ends = torch.stack([eta[:, [0, -1]] for eta in self.eta])
        normalizer = cb.log_normalizer(ends).sum(-1).mean(0)
        self.energy = own / decoders - across + normalizer[:, 1] - normalizer[:, 0]

    def gradient(self) -> Tensor:
        self._count(self.shape[0] * self.shape[1])
        gradient = 0
        for k, decoder_pass in enumerate(self.passes):
            mean, others = self.mean[k], self._others(self.mean[k], self.sums[1])
            residual = mean[:, 1:-1] - others[:, :-2]
            residual -= self.variance[k][:, 1:-1] * self._ahead(k)
            padded = F.pad(residual.div_(len(self.passes)), (0, 0, 1, 1))
            gradient = gradient + decoder_pass.pull(padded.flatten(0, 1)).double()
        return gradient.view(self.shape)[:, 1:-1]

    def hessian(self, curves: Tensor) -> Hessian:
        decoders = len(self.passes)
        inner = curves[:, None].repeat(1, self.shape[1])
        inner[:, [0, -1]] = False
        self._count(int(inner.sum()) * self.shape[-1])
        shape = (int(curves.sum()), self.shape[1] - 2)
        diagonal, own, weighted_sum, jacobian_sum = 0, 0, 0, 0
        for k, decoder_pass in enumerate(self.passes):
            # no more than the decoders' own precision is of use here
            jacobian, curvature = decoder_pass.push(inner.flatten())
            jacobian = jacobian.unflatten(0, shape)  # B×(N-1)×d×D
            eta, variance, ahead = (
                values[curves].to(jacobian.dtype)[:, :, None]
                for values in (self.eta[k][:, 1:-1], self.variance[k][:, 1:-1], self._ahead(k))
            )
            weight = 2 * variance - cb.third_cumulant(eta) * ahead
            diagonal += _products(jacobian * weight, jacobian).double() / decoders
            diagonal += curvature.double().unflatten(0, shape)
            weighted = jacobian * variance
            own += _products(weighted[:, :-1], jacobian[:, 1:]).double()
            weighted_sum, jacobian_sum = weighted_sum + weighted, jacobian_sum + jacobian
        upper = own
        if decoders > 1:
            every = _products(weighted_sum[:, :-1], jacobian_sum[:, 1:])
            upper = (every - own) / (decoders * (decoders - 1))
        return Hessian(diagonal, -upper)

    def metric(self) -> Tensor:
        """The pulled-back Fisher information, mean over decoders of Jᵀ V J: (B, N + 1, d, d)."""
        every = torch.ones(self.shape[0] * self.shape[1], dtype=torch.bool)
        self._count(len(every) * self.shape[-1])
        total = 0
        for decoder_pass, variance in zip(self.passes, self.variance, strict=True):
            jacobian = decoder_pass.push(every)[0].double().unflatten(0, self.shape[:2])
            total += _products(jacobian * variance[:, :, None], jacobian) / len(self.passes)
        return total

    def _ahead(self, k: int) -> Tensor:
        """etā^{-k}_{i+1} - eta^k_i at the inner points: (B, N - 1, D)."""
        return self._others(self.eta[k], self.sums[0])[:, 2:] - self.eta[k][:, 1:-1]

    def _others(self, values: Tensor, total: Tensor) -> Tensor:
        """The mean over all decoders but one, of whom there are values; its own if it is alone."""
        decoders = len(self.passes)
        return (total - values).div_(decoders - 1) if decoders > 1 else values

    def _count(self, points: int) -> None:
        self.objective.evaluations += len(self.passes) * points


def _total(values: Sequence[Tensor]) -> Tensor:
    return reduce(torch.add, values)


def _dot(a: Tensor, b: Tensor) -> Tensor:
    """Sums of the products of (B, n, D): (B,)."""
    return torch.linalg.vecdot(a.flatten(1), b.flatten(1))


def _products(a: Tensor, b: Tensor) -> Tensor:
    """a bᵀ of the trailing (d, D) matrices: (..., d, d)."""
    return a @ b.transpose(-1, -2)


class DecoderPass:
    """One decoder at points (R, d), each part of the work done once and only when asked for.

    The value costs one forward pass. `pull` carries a residual back (one more) and keeps its
    adjoint at every activation. `push` carries d tangents forward (d more); as linear layers have
    no curvature, the second derivative of residual · eta is a sum over the activations alone:
    adjoint · activation'' · tangent_i · tangent_j.
    """

    def __init__(self, decoder: nn.Sequential, points: Tensor):
        *self.layers, bound = decoder
        assert isinstance(bound, Bound)
        dtype = next(decoder.parameters()).dtype
        with torch.enable_grad():
            self.points = value = points.detach().to(dtype).requires_grad_()
            self.inputs, self.outputs = [], []
            for layer in self.layers:
                before, value = value, layer(value)
                if isinstance(layer, nn.SiLU):
                    self.inputs.append(before.detach())
                    self.outputs.append(value)
            self.logits = value
        self.eta = bound(self.logits.detach().double())
        self.pulled = None
        self.adjoints = [None] * len(self.inputs)

    @cached_property
    def _scaled(self) -> Tensor:
        """eta as a share of its bound, (R, D), in the decoder's precision."""
        return (self.eta / cb.BOUND).to(self.logits.dtype)

    def pull(self, residual: Tensor) -> Tensor:
        """The gradient of residual · eta, for residuals (R, D): (R, d)."""
        self.pulled = residual.to(self.logits.dtype) * (1 - self._scaled.square())
        gradient, *self.adjoints = torch.autograd.grad(
            self.logits, [self.points, *self.outputs], self.pulled.view_as(self.logits)
        )
        return gradient

    def push(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Jacobian (r, d, D) and Hessian of residual · eta (r, d, d) at the selected rows (R,).

        The second is 0 before a residual was pulled.
        """
        dim, count = self.points.shape[1], int(rows.sum())
        tangents = torch.eye(dim, dtype=self.points.dtype).repeat(count, 1)  # r·d × …
        curvature = tangents.new_zeros(count, dim, dim)
        activations = iter(zip(self.inputs, self.adjoints, strict=True))
        for layer in self.layers:
            if isinstance(layer, nn.SiLU):
                inputs, adjoint = next(activations)
                first, second = _silu_derivatives(inputs[rows])
                tangents = tangents.unflatten(0, (count, dim))
                if adjoint is not None:
                    curvature += _contract(adjoint[rows] * second, tangents)
                tangents = (tangents * first[:, None]).flatten(0, 1)
            else:
                tangents = _linear_part(layer, tangents)
        tangents = tangents.reshape(count, dim, -1)
        scaled = self._scaled[rows]
        if self.pulled is not None:
            curvature += _contract(self.pulled[rows] * scaled * (-2 / cb.BOUND), tangents)
        return tangents * (1 - scaled.square())[:, None], curvature


def _contract(weights: Tensor, tangents: Tensor) -> Tensor:
    """Sum of weights (r, …) times the products of tangents (r, d, …): (r, d, d)."""
    tangents = tangents.flatten(2)
    return _products(tangents * weights.flatten(1)[:, None], tangents)


def _silu_derivatives(x: Tensor) -> tuple[Tensor, Tensor]:
    s = torch.sigmoid(x)
    rest = x * (1 - s)
    return s * (1 + rest), s * (1 - s) * (2 + rest - x * s)


def _linear_part(layer: nn.Module, x: Tensor) -> Tensor:
    """An affine layer without its bias."""
    if isinstance(layer, nn.Linear):
        return F.linear(x, layer.weight)
    if isinstance(layer, nn.Conv2d):
        return F.conv2d(x, layer.weight, None, layer.stride, layer.padding)
    if isinstance(layer, nn.Unflatten | nn.PixelShuffle):
        return layer(x)
    raise TypeError(f"no derivative is known for the layer {type(layer).__name__}")


@dataclass
class Density:
    """Energy under the density metric G(z) = I / (p(z) + epsilon) of part C:

        E = sum over i of G(z_i) ‖z_{i+1} - z_i‖²,   p a mixture of N(x_n, bandwidth² I)

    on the latents x_n, (n, d). Source: Hauberg, "Differential geometry for generative modeling".
    """

    latents: Tensor
    bandwidth: float
    epsilon: float
    segments: int

    @property
    def curves_at_once(self) -> int:
        return max(1, 10**7 // (len(self.latents) * (self.segments + 1)))

    @property
    def resolution(self) -> float:
        return torch.finfo(torch.float64).eps * self.segments / self.epsilon

    def density(self, points: Tensor) -> Tensor:
        """p at points (..., d), in units of 1 / volume: (...)."""
        # squared distances by a product of matrices: no offsets for autograd to keep
        own, others = points.square().sum(-1, keepdim=True), self.latents.square().sum(-1)
        squares = own + others - 2 * points @ self.latents.T
        return self._scale * torch.exp(squares / (-2 * self.bandwidth**2)).sum(-1)

    def energy(self, points: Tensor) -> Tensor:
        squares = points.diff(dim=1).square().sum(-1)
        return (squares / (self.density(points[:, :-1]) + self.epsilon)).sum(-1)

    def expand(self, points: Tensor) -> DensityExpansion:
        return DensityExpansion(self, points)

    @property
    def _scale(self) -> float:
        """The height of one of the normals, divided by their number."""
        count, dim = self.latents.shape
        return (2 * torch.pi * self.bandwidth**2) ** (-dim / 2) / count

    def _weights(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Each latent's share of p (..., n), and its offset from the point (..., n, d)."""
        offsets = self.latents - points[..., None, :]
        squares = offsets.square().sum(-1)
        return self._scale * torch.exp(squares / (-2 * self.bandwidth**2)), offsets

    def density_derivatives(self, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """p, ∇p and ∇²p at points (..., d): (...), (..., d), (..., d, d)."""
        weights, offsets = self._weights(points)
        density = weights.sum(-1)
        weighted = weights[..., None] * offsets
        first = weighted.sum(-2) / self.bandwidth**2
        identity = torch.eye(points.shape[-1], dtype=points.dtype)
        outer = weighted.transpose(-1, -2) @ offsets / self.bandwidth**2
        return density, first, (outer - density[..., None, None] * identity) / self.bandwidth**2


class DensityExpansion:
    """The density energy around given points; see `Expansion`."""

    def __init__(self, objective: Density, points: Tensor):
        self.steps = points.diff(dim=1)  # B×N×d
        self.squares = self.steps.square().sum(-1)
        p, dp, ddp = objective.density_derivatives(points[:, :-1])
        self.metric = 1 / (p + objective.epsilon)
        square = self.metric.square()
        self.slope = -square[..., None] * dp
        outer = dp[..., :, None] * dp[..., None, :]
        curvature = 2 * self.metric[..., None, None] * outer - ddp
        self.bend = square[..., None, None] * curvature
        self.energy = (self.metric * self.squares).sum(-1)

    def gradient(self) -> Tensor:
        pull = 2 * self.metric[..., None] * self.steps
        own = self.slope * self.squares[..., None] - pull
        return own[:, 1:] + pull[:, :-1]

    def hessian(self, curves: Tensor) -> Hessian:
        metric, slope, bend = (x[curves] for x in (self.metric, self.slope, self.bend))
        steps, squares = self.steps[curves], self.squares[curves]
        identity = 2 * metric[..., None, None] * torch.eye(steps.shape[-1], dtype=steps.dtype)
        cross = 2 * slope[..., :, None] * steps[..., None, :]
        own = bend * squares[..., None, None] - cross - cross.transpose(-1, -2) + identity
        return Hessian(own[:, 1:] + identity[:, :-1], (cross - identity)[:, 1:-1])


# ── what is reported of a curve beside its energy ───────────────────────────────────────────────


@dataclass(frozen=True)
class Report:
    """Of curves under a Fisher-Rao metric, each (B,): the first three in nats, length in √nats."""

    energy: Tensor
    disagreement: Tensor
    travel: Tensor
    length: Tensor


def report(objective: FisherRao, points: Tensor) -> Report:
    """Energy, disagreement, travel and length of curves with points (B, N + 1, d).

    The length ∫ √(c'ᵀ Ḡ c') dt, with Ḡ the mean over decoders of Jᵀ V J, is taken by the
    trapezoidal rule on each segment's chord.
    """
    chunks = [_report(objective, part) for part in points.split(objective.curves_at_once)]
    return Report(*(torch.cat(values) for values in zip(*chunks, strict=True)))


def _report(objective: FisherRao, points: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    expansion = objective.expand(points)
    metric = expansion.metric()
    steps = points.diff(dim=1)[..., None]
    ends = metric[:, :-1], metric[:, 1:]
    squares = [(steps.mT @ g @ steps)[..., 0, 0].clamp(min=0) for g in ends]
    length = (squares[0].sqrt() + squares[1].sqrt()).sum(-1) / 2
    eta = torch.stack(expansion.eta)
    return expansion.energy, disagreement(eta), travel(eta), length
