"""Geodesics of a batch of pairs in one model, from what rules hand over to what is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .. import geodesics, plugins
from ..certificates.base import Certificate, unknown
from ..curves import Family
from ..models import files
from ..models.machine import device
from ..models.vae import VAE
from ..objectives.base import Ingredients
from ..solvers.problem import Problem
from ..solvers.solution import Solution
from ..starts.base import Ingredients as StartIngredients
from ..starts.grid.fields import LatentGrid
from . import stored
from .orders import in_order

Log = Callable[..., None]
"""Takes a message and what is to be put into it, as `logging.info` does."""


@dataclass(frozen=True)
class Recipe:
    """How geodesics are found: names and settings of the config."""

    metric: str
    metric_settings: Mapping[str, Any]
    start: str
    solver: Mapping[str, Any]
    study_seed: int

    @property
    def certificates(self) -> Any:
        """What tells how low geodesics of the metric are; None where nothing does."""
        exist = plugins.exists("certificates", self.metric)
        return plugins.load("certificates", self.metric) if exist else None


@dataclass(frozen=True)
class Batch:
    """Pairs, by number, in a model; `start` and `end`, (B, d), are their latents."""

    model: VAE
    latents: Tensor
    """Posterior means of the training images, (n, d)."""
    numbers: Sequence[int]
    start: Tensor
    end: Tensor
    labels: np.ndarray
    """Classes of the two images, (B, 2)."""
    grid: LatentGrid | None = None
    roadmap: Any = None
    """The model's `Roadmap`, for the start `landmarks`."""
    hot: Tensor | None = None
    """Weights of another metric's geodesics between the pairs, (B, P, d)."""

    def solve(
        self, recipe: Recipe, family: Family, segments: int, decoder_count: int, log: Log
    ) -> dict[str, np.ndarray]:
        """Geodesics under the first decoders; of 0 decoders where the metric has none.

        Returns arrays with an entry a pair: what `geodesics.as_arrays` and certificates say, the
        pairs' numbers and labels, and the number of decoders.
        """
        decoders = list(self.model.decoders)[:decoder_count]
        ingredients = Ingredients(decoders, self.model.likelihood, self.latents)
        objective = geodesics.make_objective(recipe.metric, recipe.metric_settings, ingredients)
        problem = Problem(objective, family, self.start, self.end, segments)
        solution, certificate = self._certified(problem, recipe, decoder_count, log)
        log("what limits them: %s", dict(Counter(certificate.limit)))
        return (
            geodesics.as_arrays(problem, solution)
            | certificate.arrays()
            | {
                "pair": np.array(self.numbers),
                "decoders": np.full(len(problem), decoder_count),
                "label_a": self.labels[:, 0],
                "label_b": self.labels[:, 1],
            }
        )

    def _certified(
        self, problem: Problem, recipe: Recipe, decoder_count: int, log: Log
    ) -> tuple[Solution, Certificate]:
        judge = recipe.certificates if self.grid else None
        routes = judge.prepare(problem, self.grid, decoder_count) if judge else None

        def certify(solution: Solution) -> Certificate:
            if not judge:
                return unknown(len(problem))
            return judge.certify(problem, solution.weights, solution.energy, routes)

        streams = geodesics.streams_of(recipe.study_seed, self.numbers)
        ingredients = StartIngredients(streams, routes, self.roadmap, self.hot)
        log("%d decoders", decoder_count)
        solution, certificate = geodesics.certified(
            problem,
            recipe.start,
            ingredients,
            certify,
            recipe.solver,
            self.numbers,
            recipe.study_seed,
            log,
        )
        log("%d of %d converged", solution.converged.sum(), len(problem))
        for number, status in zip(self.numbers, solution.status, strict=True):
            if status != "converged":
                log("pair %d: %s", number, status)
        return solution, certificate


def read(inputs: Any, params: Any, numbers: Sequence[int], order: int = 0) -> Batch:
    """The batch of a rule's job, from its input files and parameters; StudyError names a file.

    The model's decoders are in one of the `orders`.

    Inputs are the model, latents and pairs, and where there are such, grid, roadmap and hot starts.
    """
    model = model_of(inputs, params, order)
    means = {
        split: stored.load_latents(inputs.latents, model.checksum, split)["means"]
        for split in {"train", params.split}
    }
    latents, ends = (torch.from_numpy(means[split]).double() for split in ("train", params.split))
    pairs = stored.load_pairs(inputs.pairs, len(numbers), len(ends))
    start, end = ends[pairs["rows"]].unbind(1)
    grid, roadmap, hot = (inputs.get(name) for name in ("grid", "roadmap", "hot"))
    if grid:
        grid = LatentGrid(**stored.load_grid(grid, model.checksum))
    if roadmap:
        # by name: other starts do not depend on it
        known = stored.load_roadmap(roadmap, model.checksum)
        roadmap = plugins.load("starts", "landmarks").Roadmap(**known)
    if hot:
        paths = [hot] if isinstance(hot, str) else hot
        hot = torch.from_numpy(stored.load_weights(paths, numbers, model.checksum))
    return Batch(model, latents, numbers, start, end, pairs["labels"], grid, roadmap, hot)


def model_of(inputs: Any, params: Any, order: int = 0) -> VAE:
    """The model of a rule's job, its decoders checked where they are one's own, and in place."""
    model = files.load_wanted(inputs.model, **params.model)
    if model.architecture.module:
        around = stored.load_latents(inputs.latents, model.checksum)["means"]
        # by name: what only looks at decoders is nothing that geodesics depend on
        checked = plugins.load("decoders", "checked").checked
        found = checked(list(model.decoders), model.likelihood, torch.from_numpy(around))
        model.decoders = nn.ModuleList(found)
    model.decoders = nn.ModuleList(in_order(list(model.decoders), order))
    model.decoders.to(device(params.device, "curves.device"))
    return model
