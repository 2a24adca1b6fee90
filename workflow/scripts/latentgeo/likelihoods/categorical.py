"""Categorical distributions: each feature is one of K levels, T(x) its indicator, A = log Σ e^η."""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import StudyError
from .base import Moments
from .links import IDENTITY


class Categorical:
    """Independent features of `classes` levels; a decoder's outputs are logits.

    The logits of a level stand together, as `torch.nn.functional.cross_entropy` wants them: a
    decoder of images gives (B, K, H, W) or (B, K, C, H, W). Level k of K is a pixel of k / (K − 1).
    """

    link = IDENTITY

    def __init__(self, classes: int):
        self.outputs = classes

    def log_normalizer(self, eta: Tensor) -> Tensor:
        return self._grouped(eta).logsumexp(-2).sum(-1)

    def mean(self, eta: Tensor) -> Tensor:
        return self._grouped(eta).softmax(-2).flatten(-2)

    def moments(self, eta: Tensor) -> Moments:
        mean = self.mean(eta.detach())
        return Moments(mean, mean)

    def weigh(self, variance: Tensor, x: Tensor) -> Tensor:
        return variance * (x - self._inner(variance, x))

    def turn(self, eta: Tensor, variance: Tensor, ahead: Tensor, x: Tensor) -> Tensor:
        weighed = self.weigh(variance, x)
        turned = weighed * (ahead - self._inner(variance, ahead))
        return 2 * weighed - turned + variance * self._inner(weighed, ahead)

    def log_density(self, x: Tensor, eta: Tensor) -> Tensor:
        level = (x * (self.outputs - 1)).round().long()
        logits = self._grouped(eta).log_softmax(-2)
        return logits.gather(-2, level[..., None, :])[..., 0, :].sum(-1)

    def entropy(self, eta: Tensor) -> Tensor:
        logits = self._grouped(eta).log_softmax(-2)
        return -(logits.exp() * logits).sum((-1, -2))

    def expected(self, eta: Tensor) -> Tensor:
        levels = torch.linspace(0, 1, self.outputs, dtype=eta.dtype, device=eta.device)
        return (self._grouped(eta).softmax(-2) * levels[:, None]).sum(-2)

    def _grouped(self, eta: Tensor) -> Tensor:
        """(..., K features) as (..., K, features)."""
        return eta.unflatten(-1, (self.outputs, -1))

    def _inner(self, a: Tensor, b: Tensor) -> Tensor:
        """Sums of products over the levels of every feature, repeated for each level: (..., D)."""
        sums = self._grouped(a * b).sum(-2, keepdim=True)
        return sums.expand(*sums.shape[:-2], self.outputs, -1).flatten(-2)


def make(classes: int) -> Categorical:
    """The likelihood `categorical`, of so many levels."""
    if classes < 2:
        raise StudyError(f"likelihood: categorical: classes: {classes!r}; 2 at least are wanted")
    return Categorical(classes)
