"""Our solver as a contestant: its traces, with the cost of start, grid and certificate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import process_time

import numpy as np
import torch
from latentgeo.certificates.fisher_rao import certify
from latentgeo.geodesics import streams_of
from latentgeo.objectives.fisher_rao import FisherRao
from latentgeo.solvers.newton import Newton
from latentgeo.solvers.problem import Problem
from latentgeo.solvers.solution import Solution, lowest
from latentgeo.starts import base as starts
from latentgeo.starts import graph, landmarks
from latentgeo.starts.grid import evaluation
from latentgeo.starts.grid.fields import LatentGrid
from latentgeo.starts.grid.routes import Routes
from latentgeo.starts.roadmap.roadmap import Roadmap
from torch import Tensor
from traces import Trace, charged


class _Watched(FisherRao):
    """An objective that writes down what every pair had cost when an energy of it was known."""

    def __init__(self, problem: Problem):
        whole = problem.objective
        super().__init__(whole.decoders, whole.likelihood, whole.coupling)
        self.ends = torch.cat([problem.start, problem.end], dim=1)
        self.cost = np.zeros((len(self.ends), 2))  # CPU seconds and evaluations of every pair
        self.rows: list[list[tuple[float, float, float]]] = [[] for _ in self.ends]
        self.pairs = torch.arange(len(self.ends))
        self.since, self.evaluated = process_time(), 0

    def expand(self, points: Tensor):
        """Charge the work since the last call to its curves, and this one's energies to these."""
        self.charge()
        expansion = super().expand(points)
        ends = torch.cat([points[:, 0], points[:, -1]], dim=1)
        self.pairs = torch.cdist(ends, self.ends).argmin(1)
        self.charge()
        for pair in self.pairs.unique().tolist():
            energy = expansion.energy[self.pairs == pair].nan_to_num(torch.inf).min()
            self.rows[pair].append((*self.cost[pair], float(energy)))
        return expansion

    def charge(self) -> None:
        """Divide the costs since the last call equally among the curves that were worked on."""
        now, evaluations = process_time(), self.evaluations
        spent = np.array([now - self.since, evaluations - self.evaluated])
        np.add.at(self.cost, self.pairs.numpy(), spent / len(self.pairs))
        self.since, self.evaluated = process_time(), evaluations

    def finish(self) -> None:
        """Add what was spent after a pair's last energy, its proof of convergence."""
        self.charge()
        for rows, cost in zip(self.rows, self.cost, strict=True):
            rows.append((*cost, rows[-1][-1]))


Judge = Callable[[Solution], Tensor]
"""The numbers of a solution's curves that are in doubt."""


def newton(
    problem: Problem, start: starts.Starts, escapes: int = 0, judge: Judge | None = None
) -> list[Trace]:
    """The library's solver on all curves at once; one entry a step, with its whole cost.

    A pair with several starts pays for all of them. With a `judge` it searches on where there is
    a doubt, as geodesics from starts that seek the lowest do.
    """
    watched, solver = _Watched(problem), Newton(escapes=escapes)
    batch = replace(problem.select(start.owner), objective=watched)
    solution = solver.solve(batch, start.weights, start.owner, start.hessian)
    solution = solution.select(lowest(solution.energy, start.owner))
    if judge:
        watched.charge()
        watched.pairs = torch.arange(len(problem))
        doubtful = judge(solution)
        watched.charge()
        solution = solver.search(replace(problem, objective=watched), solution, doubtful)
    watched.finish()
    traces = []
    for rows, steps, converged, weights in zip(
        watched.rows,
        solution.steps.tolist(),
        solution.converged.tolist(),
        solution.weights,
        strict=True,
    ):
        cpu, evaluations, energy = np.array(rows).T
        least = np.minimum.accumulate(energy)
        traces.append(Trace(cpu, evaluations, least, steps, converged, weights))
    return traces


def newton_from_graph(
    problem: Problem, grid: LatentGrid, escapes: int = 0
) -> tuple[list[Trace], Routes]:
    """The same from the graph start, with the routes that it was made of.

    Its cost is charged, and that of the certificates; the grid's is not (see `charged`).
    """
    begun = process_time()
    routes = Routes.of(problem, grid, len(problem.objective.decoders))
    streams = streams_of(0, range(len(problem)))  # of which it draws nothing
    start = graph.make(problem, starts.Ingredients(streams, routes))
    cpu = (process_time() - begun) / len(problem)

    def judge(solution: Solution) -> Tensor:
        told = certify(problem, solution.weights, solution.energy, routes)
        return told.doubtful(solution.energy)

    return charged(newton(problem, start, escapes, judge), cpu, 0.0), routes


def newton_from_landmarks(problem: Problem, roadmap: Roadmap, escapes: int = 0) -> list[Trace]:
    """The same from landmarks; the roadmap's cost is not charged.

    No certificates are to be had in more than two dimensions, so all curves are in doubt.
    """
    begun = process_time()
    streams = streams_of(0, range(len(problem)))  # of which it draws nothing
    start = landmarks.make(problem, starts.Ingredients(streams, roadmap=roadmap))
    cpu = (process_time() - begun) / len(problem)
    every = torch.arange(len(problem))
    return charged(newton(problem, start, escapes, lambda _: every), cpu, 0.0)


def certified(traces: list[Trace], problem: Problem, routes: Routes) -> tuple[list[Trace], list]:
    """Traces that are charged with their certificates as well, and what limits the curves."""
    begun = process_time()
    weights = torch.stack([trace.weights for trace in traces])
    energies = torch.tensor([trace.energy[-1] for trace in traces], dtype=torch.float64)
    limit = certify(problem, weights, energies, routes).limit
    cpu = (process_time() - begun) / len(problem)
    # after an energy is reached, which a certificate comes too late for
    ends = [np.append(trace.cpu[:-1], trace.cpu[-1] + cpu) for trace in traces]
    return [replace(trace, cpu=end) for trace, end in zip(traces, ends, strict=True)], limit


def evaluate_grid(problem: Problem, latents: Tensor, nodes: int) -> tuple[LatentGrid, float, int]:
    """The grid of the graph start, and the CPU seconds and decoder evaluations that it took.

    Every decoder is evaluated once at every node.
    """
    decoders, likelihood = problem.objective.decoders, problem.objective.likelihood
    begun = process_time()
    grid = evaluation.evaluate_grid(decoders, likelihood, latents.numpy(), nodes)
    return grid, process_time() - begun, len(decoders) * nodes**2
