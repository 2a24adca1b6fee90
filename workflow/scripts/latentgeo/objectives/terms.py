"""The Fisher-Rao energy of curves and its parts, as functions of the natural parameters.

    E = sum over i of mean over k != l of KL(f_k(z_i) ‖ f_l(z_{i+1}))     (k = l when M = 1)

in nats (`travel` has k = l always: the energy of the expected metric), for M decoders with natural
parameters eta of shape (M, ..., N + 1, D). The mean over pairs of decoders is taken exactly, in
O(M) work, from sums over the decoders. At coincident points it is not 0 but the decoders'
disagreement; hence energy, disagreement and travel are reported side by side. All functions are
differentiable.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..likelihoods.base import Likelihood, divergence


def energy(likelihood: Likelihood, eta: Tensor) -> Tensor:
    """Exact energy in nats, mean over all ordered pairs of different decoders: (...).

    The log-normalisers of a sum over consecutive points cancel but for those at the ends.
    """
    mean = likelihood.mean(eta)
    own = (mean * eta)[..., :-1, :].sum((-1, -2)).mean(0)
    across = between(mean[..., :-1, :], eta[..., 1:, :]).sum(-1)
    ends = likelihood.log_normalizer(eta[..., [0, -1], :]).mean(0)
    return own - across + ends[..., 1] - ends[..., 0]


def disagreement(likelihood: Likelihood, eta: Tensor) -> Tensor:
    """Sum over i < N of the mean KL between different decoders at the same point z_i, nats: (...).

    The part of the energy that does not vanish as the points of a curve come closer.
    """
    if eta.shape[0] == 1:
        return eta.new_zeros(eta.shape[1:-2])
    eta = eta[..., :-1, :]
    mean = likelihood.mean(eta)
    return (mean * eta).sum((-1, -2)).mean(0) - between(mean, eta).sum(-1)


def travel(likelihood: Likelihood, eta: Tensor) -> Tensor:
    """Sum over segments of the mean over decoders of KL(f_k(z_i) ‖ f_k(z_{i+1})), nats: (...)."""
    return divergence(likelihood, eta[..., :-1, :], eta[..., 1:, :]).sum(-1).mean(0)


def published_length(likelihood: Likelihood, eta: Tensor) -> Tensor:
    """Sum over segments of the mean over k and l of √(2 KL(f_k(z_i) ‖ f_l(z_{i+1}))), √nats: (...).

    What an estimate becomes that draws a decoder for every point on its own and adds up the lengths
    of the steps; it has no limit in N. Source: the published code of the decoder-ensembling paper
    (see `fisher_rao_within`), for a Gaussian of fixed deviation.
    """
    start, end = eta[..., :-1, :], eta[..., 1:, :]
    roots = [divergence(likelihood, own, end).clamp(min=0).sqrt().mean(0) for own in start]
    return 2**0.5 * torch.stack(roots).mean(0).sum(-1)


def monte_carlo_energy(
    likelihood: Likelihood, eta: Tensor, first: Tensor, second: Tensor
) -> Tensor:
    """The study's estimate of the energy from sampled pairs of decoders, in nats: (B,).

    `first` and `second`, (B, S, N), are the decoders at the start and at the end of every segment;
    eta is (M, B, N + 1, D). Source: the study, part B (its formula, not its listing, which takes
    both decoders at the same point).
    """
    curve = torch.arange(eta.shape[1])[:, None, None]
    segment = torch.arange(eta.shape[2] - 1)
    start, end = eta[first, curve, segment], eta[second, curve, segment + 1]
    return divergence(likelihood, start, end).sum(-1).mean(-1)


def between(mean: Tensor, eta: Tensor) -> Tensor:
    """Mean over k != l (k = l when M = 1) of mu_k · eta_l, both (M, ..., D): (...)."""
    count = len(eta)
    if count == 1:
        return (mean * eta).sum((0, -1))
    every = (mean.sum(0) * eta.sum(0)).sum(-1)
    return (every - (mean * eta).sum((0, -1))) / (count * (count - 1))
