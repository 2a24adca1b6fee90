"""The trained models and pairs of points that all contestants share: the study's own results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from latentgeo.curves import Family
from latentgeo.io.arrays import load_arrays
from latentgeo.likelihoods.base import Likelihood
from latentgeo.models import files
from latentgeo.objectives.fisher_rao import FisherRao
from latentgeo.solvers.problem import Problem
from torch import Tensor, nn

VAES = ("single", "ensemble")


@dataclass(frozen=True)
class Model:
    """Decoders, the training digits' posterior means (n, 2) and pairs of their rows (P, 2)."""

    name: str
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


def load(results: Path, name: str, pairs: int) -> Model:
    """The model of seed 0 in a study's results, with the first of its 50 pairs.

    Raises StudyError when a file is missing or damaged.
    """
    model = files.load(results / "models" / name / "seed-0" / "model.safetensors")
    latents = load_arrays(results / "latents" / name / "seed-0.npz", "means")["means"]
    rows = load_arrays(results / "pairs" / "0-50.npz", "rows")["rows"][:pairs]
    return Model(
        name,
        list(model.decoders),
        model.likelihood,
        torch.from_numpy(latents).double(),
        torch.from_numpy(rows).long(),
    )
