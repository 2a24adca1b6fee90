"""Derivatives of energies against automatic differentiation."""

import torch


def with_inner(points, inner):
    return torch.cat([points[:, :1], inner, points[:, -1:]], dim=1)


def check_derivatives(expansion, energy, points, rtol):
    """Gradient, energy and every Hessian block against automatic differentiation."""
    inner = points[:, 1:-1].clone().requires_grad_()
    value = energy(with_inner(points, inner))
    (gradient,) = torch.autograd.grad(value.sum(), inner)
    torch.testing.assert_close(expansion.energy, value.detach(), rtol=1e-11, atol=0)
    scale = gradient.abs().max().item()
    torch.testing.assert_close(expansion.gradient(), gradient, rtol=rtol, atol=rtol * scale)
    chosen = torch.tensor([True] + [False] * (len(points) - 2) + [True])
    for curves in (torch.ones_like(chosen), chosen):
        hessian = expansion.hessian(curves)
        for b, number in enumerate(curves.nonzero()[:, 0].tolist()):
            own = points[number : number + 1]
            full = torch.autograd.functional.hessian(
                lambda x, own=own: energy(with_inner(own, x[None])).sum(), own[0, 1:-1]
            )  # (N - 1)×d×(N - 1)×d
            blocks = torch.zeros_like(full)
            for i, block in enumerate(hessian.diagonal[b]):
                blocks[i, :, i] = block
            for i, block in enumerate(hessian.upper[b]):
                blocks[i, :, i + 1], blocks[i + 1, :, i] = block, block.T
            scale = full.abs().max().item()
            torch.testing.assert_close(blocks, full, rtol=10 * rtol, atol=rtol * scale)
