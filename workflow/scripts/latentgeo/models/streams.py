"""The random numbers of one training run."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..randomness import generator


@dataclass(frozen=True)
class Stream:
    """The name of a run's random numbers: the study's seed, the VAE type and the run's number."""

    study: int
    vae: str
    run: int

    def generator(self, *name: str | int) -> torch.Generator:
        return generator(self.study, "training", self.vae, self.run, *name)


def normal(like: Tensor, noise: torch.Generator) -> Tensor:
    """Standard normal numbers of another tensor's shape, on its device; drawn on the CPU."""
    return torch.randn(like.shape, generator=noise).to(like.device)
