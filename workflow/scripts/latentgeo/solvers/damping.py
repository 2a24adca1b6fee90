"""How long a Newton step may be: Levenberg-Marquardt damping, a number for every curve.

A step is judged by its gain over what the quadratic model predicted, as in a trust region (Nocedal
and Wright, Numerical Optimization, 2006, algorithm 4.1, whose quarter and three quarters these are,
but for a good step that is counted a little earlier).
"""

from __future__ import annotations

import torch
from torch import Tensor

ACCEPTED = 1e-4
"""Share of the predicted gain that a step must bring (sufficient decrease, op. cit., eq. 3.4)."""
POOR, GOOD = 0.25, 0.7
"""Shares below which the damping is raised, and above which it is lowered."""
RAISED_AFTER_POOR, RAISED_AFTER_FAILURE, LOWERED = 2.0, 8.0, 1 / 8
"""Factors of the damping; a failure costs an evaluation, so that fewer of them shall follow."""
FIRST = 1e-2
"""The first damping above 0, as a share of the mean curvature: it shortens soft directions only."""
NEGLIGIBLE = 1e-3
"""Damping below this share of the mean curvature is given up: Newton's own step is the best."""
HOPELESS = 1e12
"""Damping beyond this multiple of the mean curvature moves a curve by less than rounding."""
ENERGY_NOISE = 1e-10
"""Share of an energy that sums in another order may differ by; a smaller gain cannot be seen."""
CURVATURE_FLOOR = 1e-8
"""Share of the largest curvature below which a direction is taken to be no softer than that."""
TINY = 1e-300
"""Stands for a curvature of 0, which may be divided by."""


def is_accepted(energy: Tensor, trial: Tensor, predicted: Tensor, resolution: Tensor) -> Tensor:
    """Whether steps from energies to trial energies, (b,), bring enough of the predicted gain.

    A predicted gain below rounding is taken when the energies agree to rounding.
    """
    noise = ENERGY_NOISE * energy.abs() + resolution
    return torch.isfinite(trial) & (energy - trial >= ACCEPTED * predicted - noise)


def step_along(slope: Tensor, eigenvalues: Tensor, damping: Tensor) -> Tensor:
    """The damped Newton step along the Hessian's eigenvectors, (b, U), down the slope (b, U).

    With the absolute values of the eigenvalues it descends whether or not the Hessian is positive
    definite (Dauphin et al., "Identifying and attacking the saddle point problem", 2014).
    """
    values = eigenvalues.abs()
    floor = CURVATURE_FLOOR * values.amax(-1, keepdim=True).clamp(min=TINY)
    return -slope / (values.clamp(min=floor) + damping[:, None])


def adapted(
    damping: Tensor, accepted: Tensor, gain: Tensor, predicted: Tensor, curvature: Tensor
) -> Tensor:
    """The damping after a trial step; all (b,), `curvature` the mean absolute eigenvalue."""
    good = accepted & (gain > GOOD * predicted)
    poor = ~good & (~accepted | (gain < POOR * predicted))
    factor = torch.where(accepted, RAISED_AFTER_POOR, RAISED_AFTER_FAILURE)
    raised = factor * damping.clamp(min=FIRST * curvature)
    lowered = torch.where(damping < NEGLIGIBLE * curvature, 0, damping * LOWERED)
    return torch.where(poor, raised, torch.where(good, lowered, damping))


def is_hopeless(damping: Tensor, curvature: Tensor) -> Tensor:
    """Whether no step that the damping allows could be seen any more."""
    return damping > HOPELESS * curvature.clamp(min=TINY)
