"""One's own decoders, and what can be asked of their latent space."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import torch
from torch import Tensor, nn

from .. import geodesics
from ..certificates import fisher_rao, fisher_rao_within
from ..certificates.base import Certificate, unknown
from ..curves import FAMILIES, CubicSpline, Curves, Family
from ..decoders.checked import checked
from ..errors import StudyError
from ..likelihoods.base import Likelihood
from ..likelihoods.named import named
from ..objectives.base import Ingredients as ObjectiveIngredients
from ..objectives.fisher_rao import BETWEEN, WITHIN, FisherRao
from ..solvers.problem import Problem
from ..solvers.solution import Solution, silent
from ..starts.base import Ingredients
from ..starts.grid.evaluation import evaluate_grid
from ..starts.grid.fields import LatentGrid
from ..starts.roadmap.roadmap import Roadmap, make_roadmap
from .distances import matrix
from .geodesics import Geodesics

JUDGES = {BETWEEN: fisher_rao, WITHIN: fisher_rao_within}
"""The couplings of decoders, and what tells how low geodesics are."""
INITIALS = ("auto", "line", "random", "graph", "landmarks")
NODES = 56
"""Nodes an axis of the grid of the start `graph`."""
PRIOR_SAMPLES = 2000
"""Points from N(0, I) that stand for latents where none are given."""
SEED = 0
"""Of whatever is drawn: landmarks, prior samples, random starts."""
DEFAULT_CURVE = CubicSpline(8)


class Model:
    """Decoders whose latent space is measured.

    `likelihood` is a name, a family with settings, a `Likelihood` or a log-normaliser (see
    `likelihoods.named.named`). `coupling` says how several decoders are coupled in a step: all
    pairs of different ones (`between`) or each with itself (`within`, the expected metric).
    `latents`, (n, d), are where the data lie: what starts are found by, never part of an energy.
    The first use raises StudyError for what is no decoder; see `decoders.checked`. Results have no
    gradients.
    """

    def __init__(
        self,
        decoders: nn.Module | Sequence[nn.Module],
        *,
        likelihood: str | Mapping[str, Any] | Likelihood | Callable = "bernoulli",
        coupling: str = BETWEEN,
        latents: Tensor | None = None,
    ):
        if coupling not in JUDGES:
            raise StudyError(f"coupling: there is no {coupling!r}; there are {', '.join(JUDGES)}")
        self.likelihood = named(likelihood)
        self.latents = None if latents is None else _points("latents", latents)
        self.coupling, self._given, self._checked = coupling, decoders, None

    def energy(self, points: Tensor) -> Tensor:
        """The energy of curves with points (B, N + 1, d), in nats: (B,)."""
        points = _curves(points)
        objective = self._objective(points)
        parts = points.split(objective.curves_at_once(points.shape[1] - 1))
        with torch.no_grad():
            return torch.cat([objective.energy(part) for part in parts])

    def length(self, points: Tensor) -> Tensor:
        """The length of curves with points (B, N + 1, d), in √nats: (B,)."""
        points = _curves(points)
        return self._objective(points).measures(points)["length"]

    def metric(self, points: Tensor) -> Tensor:
        """The metric at points (R, d), mean over decoders of Jᵀ V J, in nats: (R, d, d)."""
        points = _points("points", points)
        objective = self._objective(points)
        parts = points[:, None].split(objective.curves_at_once(1))
        return torch.cat([objective.expand(part).metric()[:, 0] for part in parts])

    def solve(
        self,
        start: Tensor,
        end: Tensor,
        *,
        curve: Family = DEFAULT_CURVE,
        segments: int = 32,
        initial: str | Tensor = "auto",
        tolerance: float = 1e-6,
        progress: bool = False,
    ) -> Geodesics:
        """Geodesics from start to end, (B, d) each.

        `initial` is `line`, `random`, `graph` (two dimensions), `landmarks` (any), or `auto`, which
        is one of the last two; or weights (B, P, d) of the curve family's basis. A geodesic has
        converged when its energy is estimated to be within `tolerance` of the minimum. With
        `progress` every step says how many curves are left.
        """
        start, end = _points("start", start), _points("end", end)
        if start.shape != end.shape:
            raise StudyError(f"start is {tuple(start.shape)}, end is {tuple(end.shape)}")
        if not 0 < tolerance < 1:
            raise StudyError(f"tolerance: {tolerance!r} is no share between 0 and 1")
        if isinstance(curve, type) or not hasattr(curve, "basis"):
            known = ", ".join(f"{family.__name__}(...)" for family in FAMILIES.values())
            raise StudyError(f"curve: {curve!r}; one of {known} is wanted")
        if segments < max(2, curve.size + 1):
            raise StudyError(f"segments: {segments}; a curve of {curve} needs {curve.size + 1}")
        problem = Problem(self._objective(start), curve, start, end, segments)
        return self._solved(problem, initial, tolerance, _told if progress else silent)

    def _solved(
        self,
        problem: Problem,
        initial: str | Tensor,
        tolerance: float,
        progress: Callable[[str], None],
    ) -> Geodesics:
        settings = {"method": "newton", "tolerance": tolerance}
        name, ingredients = self._start(problem, initial)

        def certify(solution: Solution) -> Certificate:
            if ingredients.routes is None:
                return unknown(len(problem))
            routes = ingredients.routes
            return JUDGES[self.coupling].certify(problem, solution.weights, solution.energy, routes)

        solution, certificate = geodesics.certified(
            problem, name, ingredients, certify, settings, range(len(problem)), SEED, progress
        )
        found = geodesics.as_arrays(problem, solution)
        measures = {
            name: torch.from_numpy(found[name])
            for name in ("energy", "length", "travel", "disagreement")
        }
        return Geodesics(
            **measures,
            converged=torch.from_numpy(solution.converged),
            status=solution.status,
            limit=certificate.limit,
            points=torch.from_numpy(found["points"]),
            weights=solution.weights,
            curve=Curves(problem.family, problem.start, problem.end, solution.weights),
        )

    def distance_matrix(
        self,
        points: Tensor,
        *,
        measure: str = "length",
        progress: bool = True,
        **settings: Any,
    ) -> Tensor:
        """Lengths of geodesics between all points (n, d): (n, n), symmetric.

        Of several decoders that are coupled `between` one another lengths are no distances: curves
        make detours to where these agree. A geodesic's way back is taken to be as long. `settings`
        are those of `solve`; NaN where a geodesic did not converge. With `measure="energy"` it is
        the energies, from row to column.
        """
        return matrix(partial(self.solve, **settings), _points("points", points), measure, progress)

    def _start(self, problem: Problem, initial: str | Tensor) -> tuple[str, Ingredients]:
        """A start, by name, and what it is made of."""
        pairs, dim = problem.start.shape
        streams = geodesics.streams_of(SEED, range(pairs))
        if isinstance(initial, Tensor):
            wanted = (pairs, problem.family.size, dim)
            if initial.shape != wanted:
                raise StudyError(f"initial: weights {tuple(initial.shape)}, not {wanted}")
            return "hot", Ingredients(streams, weights=initial.double())
        if initial not in INITIALS:
            raise StudyError(f"initial: there is no {initial!r}; there are {', '.join(INITIALS)}")
        if initial == "graph" and dim != 2:
            raise StudyError(f"initial: 'graph' is for two dimensions, not {dim}; use landmarks")
        if initial == "auto":
            initial = {1: "line", 2: "graph"}.get(dim, "landmarks")
        if initial == "graph":
            count = len(problem.objective.decoders)
            routes = JUDGES[self.coupling].prepare(problem, self._grid, count)
            return initial, Ingredients(streams, routes=routes)
        roadmap = self._roadmap if initial == "landmarks" else None
        return initial, Ingredients(streams, roadmap=roadmap)

    def _objective(self, points: Tensor) -> FisherRao:
        """The energy, of decoders that are checked at the first points that come."""
        dim = points.shape[-1]
        if self.latents is not None and self.latents.shape[1] != dim:
            raise StudyError(f"points have {dim} dimensions, latents {self.latents.shape[1]}")
        if self._checked is not None and self._around.shape[1] != dim:
            raise StudyError(f"points have {dim} dimensions, before {self._around.shape[1]}")
        if self._checked is None:
            self._around = self._data(dim)
            self._checked = checked(self._given, self.likelihood, self._around)
        around = self._around[:1]
        ingredients = ObjectiveIngredients(self._checked, self.likelihood, around)
        return FisherRao.of(ingredients, self.coupling)

    def _data(self, dim: int) -> Tensor:
        """Where the data lie, (n, d): the latents, or samples from the prior."""
        if self.latents is not None:
            return self.latents
        noise = torch.Generator().manual_seed(SEED)
        return torch.randn(PRIOR_SAMPLES, dim, generator=noise, dtype=torch.float64)

    @cached_property
    def _grid(self) -> LatentGrid:
        return evaluate_grid(self._checked, self.likelihood, self._around.numpy(), NODES)

    @cached_property
    def _roadmap(self) -> Roadmap:
        return make_roadmap(self._checked, self.likelihood, self._around.numpy(), SEED)


def _told(message: str) -> None:
    print(message, flush=True)


def _points(name: str, values: Tensor) -> Tensor:
    """Points as a float64 tensor (R, d); StudyError, with their name, for others."""
    values = torch.as_tensor(values).detach().double()
    if values.dim() != 2 or not values.numel():
        raise StudyError(f"{name}: (number, dimensions) is wanted, not {tuple(values.shape)}")
    if not torch.isfinite(values).all():
        raise StudyError(f"{name}: not finite")
    return values


def _curves(points: Tensor) -> Tensor:
    """Points of curves as a float64 tensor (B, N + 1, d)."""
    points = torch.as_tensor(points).detach().double()
    if points.dim() != 3 or points.shape[1] < 2:
        raise StudyError(f"points: (curves, N + 1, dimensions), not {tuple(points.shape)}")
    if not torch.isfinite(points).all():
        raise StudyError("points: not finite")
    return points
