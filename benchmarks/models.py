"""The trained models and pairs of points that all contestants share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from latentgeo.curves import Family
from latentgeo.io.arrays import load_arrays
from latentgeo.likelihoods.base import Likelihood
from latentgeo.models import files
from latentgeo.objectives.fisher_rao import FisherRao
from latentgeo.solvers.problem import Problem
from torch import Tensor, nn

SEEDS = {"single": (20, 21, 22), "ensemble": (20, 21)}
"""The models of each VAE type; nothing of ours was chosen by looking at them."""
PAIRS_SEED = 2026
"""Of the generator that draws the pairs."""
PAIRS = {"single": 50, "ensemble": 25}
"""How many of the pairs the models of each VAE type get."""
GRID_PAIRS = 50
"""How many pairs share the cost of a model's grid: those that the study has of a model."""


@dataclass(frozen=True)
class Model:
    """Decoders, the training images' posterior means (n, 2) and pairs of their rows (P, 2)."""

    vae: str
    seed: int
    decoders: list[nn.Sequential]
    likelihood: Likelihood
    latents: Tensor
    rows: Tensor

    def problem(
        self,
        family: Family,
        segments: int,
        rows: Tensor | None = None,
        decoder_count: int | None = None,
    ) -> Problem:
        """Geodesics between pairs of rows (all pairs) under the first decoders (all of them)."""
        rows = self.rows if rows is None else rows
        objective = FisherRao(self.decoders[:decoder_count], self.likelihood)
        start, end = self.latents[rows[:, 0]], self.latents[rows[:, 1]]
        return Problem(objective, family, start, end, segments)


def load(results: Path, vae: str, seed: int, pairs: int) -> Model:
    """A trained model of a study's results, with so many random pairs, a model's first.

    Raises StudyError when a file is missing or damaged.
    """
    model = files.load(results / "models" / vae / f"seed-{seed}" / "model.safetensors")
    latents = load_arrays(results / "latents" / vae / f"seed-{seed}.npz", "means")["means"]
    generator = np.random.default_rng(PAIRS_SEED)
    rows = generator.choice(len(latents), (max(pairs, GRID_PAIRS), 2), replace=False)[:pairs]
    return Model(
        vae,
        seed,
        list(model.decoders),
        model.likelihood,
        torch.from_numpy(latents).double(),
        torch.from_numpy(rows).long(),
    )
