"""GEORCE, the published rival in many dimensions, as a contestant.

Source: Rygaard and Hauberg, "GEORCE: A Fast New Control Algorithm for Computing Geodesics" (2025),
algorithm 1, with the backtracking line search of its authors' code. Of a curve with points z_0 ...
z_N and steps u_t = z_{t+1} - z_t it lowers the metric's energy Σ_t u_tᵀ G(z_t) u_t: with G_t and
the gradients g_t of u_tᵀ G(z) u_t at z_t held fixed, the steps that are stationary are

    û_t = -½ G_t⁻¹ (μ + Σ_{j>t} g_j),
    μ = -(Σ_t G_t⁻¹)⁻¹ (2 (z_N - z_0) + Σ_t G_t⁻¹ Σ_{j>t} g_j),

and the next steps lie between these and the old ones. All points but the ends are free.
"""

from __future__ import annotations

import torch
from latentgeo.curves import fit
from latentgeo.decoders.passes import natural_parameters
from latentgeo.objectives.fisher_rao import FisherRao
from latentgeo.solvers.problem import Problem
from torch import Tensor, nn
from traces import Budget, Recorder, Trace

TOLERANCE = 1e-4
"""Of the gradient's norm, at which the published code stops."""
SHRINK, DECREASE, LEAST = 0.5, 1e-4, 1e-6
"""The line search: by how much a share is made smaller, the decrease that it has to bring as a
share of what its slope promises, and the share at which it gives up."""


def georce(problem: Problem, weights: Tensor, budget: Budget) -> list[Trace]:
    """From straight lines, one curve at a time; `weights`, which say so, are not looked at.

    Its traces have our exact energy of its points, fitted by the problem's family, which it does
    not pay for.
    """
    return [_one(problem.select([i]), budget) for i in range(len(problem))]


def _one(problem: Problem, budget: Budget) -> Trace:
    recorder = Recorder(1)
    objective = problem.objective
    points = problem.points(torch.zeros(1, problem.family.size, problem.start.shape[1]).double())[0]
    for step in range(budget.steps + 1):
        recorder.stop()
        fitted = fit(problem.family, problem.times, points[None])
        with torch.no_grad():
            recorder.note(problem.energies(fitted), 0)
        if step == budget.steps:
            break
        metric = objective.expand(points[None]).metric()[0, :-1]
        energy, ahead = quadratic(objective, points)
        changed = stationary(points, metric, ahead)
        gradient = energy_gradient(points, metric, ahead)
        if gradient.norm() < TOLERANCE:
            break
        found = _line_search(objective, points, changed, energy, gradient)
        if found is None:
            break
        points = found
    return recorder.traces(fitted, step, step < budget.steps)[0]


def quadratic(objective: FisherRao, points: Tensor) -> tuple[Tensor, Tensor]:
    """Σ_t u_tᵀ G(z_t) u_t of points (N + 1, d), and g_t of every step: () and (N, d)."""
    here, steps = points[:-1].detach().requires_grad_(), points.diff(dim=0).detach()
    energy, ahead = 0, 0
    for decoder in objective.decoders:
        eta, change, weighted, turned = _along(decoder, objective, here, steps)
        energy = energy + (weighted * change).sum().detach()
        # with κ₃ the third cumulant, g = 2 (V J u) · ∂(J u) + κ₃(J u, J u) · ∂η
        third = 2 * weighted - turned
        whole = (2 * weighted * change).sum() + (third * eta).sum()
        ahead = ahead + torch.autograd.grad(whole, here)[0]
    return energy / len(objective.decoders), ahead / len(objective.decoders)


def _along(
    decoder: nn.Module, objective: FisherRao, here: Tensor, steps: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """η and its change J u, with graph; V J u and what the likelihood turns J u into."""
    likelihood = objective.likelihood

    def natural(z: Tensor) -> Tensor:
        return natural_parameters(decoder, likelihood.link, z)

    eta, change = torch.func.jvp(natural, (here,), (steps,))
    values, x = eta.detach(), change.detach()
    variance = likelihood.moments(values).variance
    return eta, change, likelihood.weigh(variance, x), likelihood.turn(values, variance, x, x)


def stationary(points: Tensor, metric: Tensor, ahead: Tensor) -> Tensor:
    """The steps û (N, d) for points (N + 1, d), metrics (N, d, d) and gradients g (N, d)."""
    later = ahead.flip(0).cumsum(0).flip(0)[1:]  # Σ_{j>t} g_j, 0 after the last
    later = torch.cat([later, torch.zeros_like(later[:1])])
    inverse = torch.linalg.inv(metric)
    moved = (inverse @ later[..., None])[..., 0]
    pull = -torch.linalg.solve(inverse.sum(0), 2 * (points[-1] - points[0]) + moved.sum(0))
    return -0.5 * (inverse @ (pull + later)[..., None])[..., 0]


def energy_gradient(points: Tensor, metric: Tensor, ahead: Tensor) -> Tensor:
    """The energy's gradient in the inner points: (N - 1, d)."""
    across = 2 * (metric @ points.diff(dim=0)[..., None])[..., 0]
    return across[:-1] - across[1:] + ahead[1:]


def _line_search(
    objective: FisherRao, points: Tensor, changed: Tensor, energy: Tensor, gradient: Tensor
) -> Tensor | None:
    """The points some way on to the changed steps; None where no share of the way is lower."""
    steps = points.diff(dim=0)

    def at(share: float) -> Tensor:
        inner = points[0] + (share * changed + (1 - share) * steps).cumsum(0)[:-1]
        return torch.cat([points[:1], inner, points[-1:]])

    slope = (gradient * (at(1.0) - points)[1:-1]).sum()
    share = 1.0
    while share >= LEAST:
        if _energy(objective, at(share)) <= energy + DECREASE * share * slope:
            return at(share)
        share *= SHRINK
    return None


def _energy(objective: FisherRao, points: Tensor) -> Tensor:
    """Σ_t u_tᵀ G(z_t) u_t, without its gradients."""
    with torch.no_grad():
        parts = [
            _along(decoder, objective, points[:-1], points.diff(dim=0))
            for decoder in objective.decoders
        ]
    return torch.stack([(weighted * change).sum() for _, change, weighted, _ in parts]).mean()
