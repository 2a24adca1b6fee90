"""The metric `fisher-rao-within`: the expected metric of several decoders.

Its energy is the sum over i of the mean over k of KL(f_k(z_i) ‖ f_k(z_{i+1})), the discretised
energy of the mean over decoders of J_kᵀ V_k J_k. Source: Syrota, Moreno-Muñoz and Hauberg, "Decoder
ensembling for learned latent geometries" (2024), whose code draws a decoder for every point.
"""

from __future__ import annotations

from .base import Ingredients
from .fisher_rao import WITHIN, FisherRao


def make(ingredients: Ingredients) -> FisherRao:
    """The objective of the metric; it has no settings."""
    return FisherRao.of(ingredients, WITHIN)
