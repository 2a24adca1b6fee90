"""What the decoders say on a grid of a two-dimensional latent space.

The Fisher-Rao energy of a curve with steps Δ_i = z_{i+1} - z_i is, to fourth order in them,

    E ≈ sum over i of (F(z_i, Δ_i) + F(z_{i+1}, Δ_i) + (T(z_i, Δ_i) - T(z_{i+1}, Δ_i)) / 12) / 2,
    F(z, Δ) = D + a·Δ / 2 + C(Δ, Δ) / 2 + S(Δ, Δ, Δ) / 12 - Q(Δ, Δ, Δ, Δ) / 24.

With <·> the mean over pairs of decoders k ≠ l (k = l if there is but one), and a sum over pixels
implied, its fields are

    disagreement  D    = <KL(f_k ‖ f_l)>
    drift         a_i  = cov(mu, ∂_i eta) - cov(∂_i mu, eta), covariances among the decoders
    metric        C_ij = <J_kᵀ V_k J_l>_ij = <∂_i mu_k ∂_j eta_l>, symmetrised
    skewness      S_ijk = <∂_i mu_k ∂_jk eta_l - ∂_jk mu_k ∂_i eta_l>, symmetrised
    slope         T_ijk = <∂_i mu_k ∂_jk eta_l + ∂_jk mu_k ∂_i eta_l>, symmetrised
    bending       Q_ijkl = <∂_ij mu_k ∂_kl eta_l>, symmetrised.

For one decoder, and where every decoder is coupled with itself alone (k = l always; the fields
whose names begin with `own_`), D = a = 0. For one decoder C is the Fisher-Rao metric and -S the
skewness (Amari-Chentsov) tensor. The sum of the even terms and of T is half the symmetric KL of a
step: the integral of C along it, by the trapezoidal rule with its correction for slopes, less what
a step saves as it does not follow the decoders' image of it where that is bent. The other odd terms
are what makes a curve and its reverse differ. (Left out, of third order as well, is the curvature
of a.)

One evaluation of the decoders on a grid gives these fields for every pair of points, every curve
family and every prefix of the decoders, and minimising the interpolated energy takes no decoder.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


def node_positions(axes: np.ndarray) -> np.ndarray:
    """The positions of the nodes with coordinates (2, G) along the axes, row by row: (G², 2)."""
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)


@dataclass(frozen=True)
class LatentGrid:
    """The fields on a lattice over the latent space, row m - 1 for the first m decoders; in nats.

    Along each axis the nodes are equidistant in u, with z = centre + scale sinh(u).

    Shapes, for G nodes an axis and M decoders: `axes` (2, G) the nodes' coordinates, `centre` and
    `scale` (2,), `disagreement` (M, G, G), `drift` (M, G, G, 2), `metric` (M, G, G, 2, 2),
    `skewness` and `slope` (M, G, G, 2, 2, 2), `bending` (M, G, G, 2, 2, 2, 2), those named `own_`
    the same, and `entropy` (M, G, G), the entropy of the decoders' output a pixel, mean over pixels
    and decoders.
    """

    axes: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    disagreement: np.ndarray
    drift: np.ndarray
    metric: np.ndarray
    skewness: np.ndarray
    slope: np.ndarray
    bending: np.ndarray
    own_metric: np.ndarray
    own_skewness: np.ndarray
    own_slope: np.ndarray
    own_bending: np.ndarray
    entropy: np.ndarray

    @property
    def nodes(self) -> int:
        return self.axes.shape[1]

    def within(self) -> LatentGrid:
        """The same with every decoder coupled with itself alone."""
        return replace(
            self,
            disagreement=np.zeros_like(self.disagreement),
            drift=np.zeros_like(self.drift),
            metric=self.own_metric,
            skewness=self.own_skewness,
            slope=self.own_slope,
            bending=self.own_bending,
        )
