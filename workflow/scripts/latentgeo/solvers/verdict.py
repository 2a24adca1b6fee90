"""When a curve is at a minimum: one judgement for all solvers.

Half the squared Newton decrement estimates how far an energy is above its minimum (Boyd and
Vandenberghe, Convex Optimization, 2004, section 9.5); it means so only where the Hessian is
positive definite.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .damping import TINY

DEFINITE = 1e-10
"""The least eigenvalue, as a share of the largest, of a Hessian that counts as definite."""
SINGULAR = 1e-12
"""The least absolute eigenvalue, as a share of the largest, of one that is not singular."""
NO_GAIN = 1e-14
"""A predicted gain below this share of the energy is none: the gradient vanishes."""
ROUNDING = 1e-4
"""Share of an energy that rounding may at most leave undecided of one that counts as converged."""
NOTHING = 1e-9
"""An energy below rounding and below so many nats is 0, and no energy is below 0."""
NEARBY = 1e-3
"""Share of the energy that a step may gain, after which the previous Hessian still tells ..."""
BEYOND_DOUBT = 0.1
"""... a minimum, where its estimate is below this share of the tolerance."""


def excess(slope: Tensor, eigenvalues: Tensor) -> Tensor:
    """Estimated energy above the minimum, infinite where the Hessian is not definite: (b,).

    `slope` is the gradient along the eigenvectors; both (b, U), eigenvalues ascending.
    """
    definite = eigenvalues[:, 0] > DEFINITE * eigenvalues[:, -1]
    return torch.where(definite, (slope.square() / eigenvalues).sum(-1) / 2, torch.inf)


def tolerable(energy: Tensor, tolerance: float, resolution: Tensor) -> Tensor:
    """How far above its minimum an energy may be, and count as converged: (b,)."""
    return tolerance * energy.abs() + torch.minimum(resolution, ROUNDING * energy.abs())


def is_nothing(energy: Tensor, resolution: Tensor) -> Tensor:
    """Whether an energy is 0, as that of a curve that stays where it is: (b,)."""
    return energy.abs() <= resolution.clamp(max=NOTHING)


def is_stuck(predicted_gain: Tensor, energy: Tensor) -> Tensor:
    """Whether no step can be taken, though there may be no minimum."""
    return predicted_gain <= NO_GAIN * energy


def is_singular(eigenvalues: Tensor) -> Tensor:
    """Whether a Hessian leaves a direction undetermined: (b,)."""
    sizes = eigenvalues.abs()
    return sizes.amin(-1) <= SINGULAR * sizes.amax(-1).clamp(min=TINY)
