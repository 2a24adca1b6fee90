"""Geodesics of one model as one sees them, beside the straight lines between the same images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from .. import decoded
from ..geodesics import make_objective
from ..models.vae import VAE
from ..objectives.base import Ingredients
from .explored import STRAIGHT

MOST_FRAMES = 33
"""Images along a curve, at equal steps of time."""
STRIP = 9
"""Images along a curve, at equal steps of length."""
TOLD = ["metric", "curve", "start", "solver", "pair", "converged"]


def seen(
    model: VAE, latents: Tensor, geodesics: pd.DataFrame, settings: Mapping[str, Mapping[str, Any]]
) -> dict[str, np.ndarray]:
    """The arrays of `stored.DECODED` for rows of `records.read`; `settings` are the metrics'.

    Under each metric every pair has the straight line between its images, too, in first place.
    """
    parts = []
    for metric, own in geodesics.groupby("metric", sort=False):
        ingredients = Ingredients(list(model.decoders), model.likelihood, latents)
        objective = make_objective(metric, settings.get(metric, {}), ingredients)
        rows = pd.concat([_straight(own), own], ignore_index=True)
        points = torch.from_numpy(np.stack(rows["points"]))
        energy, length = decoded.so_far(objective, points)
        parts.append(_pictures(model, points, energy, length) | _told(rows))
    arrays = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return arrays | {"image": np.array(model.architecture.image)}


def _straight(geodesics: pd.DataFrame) -> pd.DataFrame:
    pairs = geodesics.drop_duplicates("pair")
    points = torch.from_numpy(np.stack(pairs["points"]))
    lines = decoded.straight(points[:, 0], points[:, -1], points.shape[1] - 1).numpy()
    return pairs.assign(points=list(lines), curve=STRAIGHT, start="", solver="", converged=True)


def _told(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    return {
        name: rows[name].to_numpy(dtype=None if name in ("pair", "converged") else str)
        for name in TOLD
    }


def _pictures(model: VAE, points: Tensor, energy: Tensor, length: Tensor) -> dict[str, np.ndarray]:
    decoders, likelihood = list(model.decoders), model.likelihood
    last = points.shape[1] - 1
    shown = torch.linspace(0, last, min(MOST_FRAMES, last + 1)).round().long()
    frames, _ = decoded.images(decoders, likelihood, points[:, shown])
    steps = decoded.at_equal_steps(points, length, STRIP)
    strip, deviation = decoded.images(decoders, likelihood, steps)
    found = {"points": points, "energy": energy, "length": length}
    arrays = {name: values[:, shown].numpy() for name, values in found.items()}
    arrays["frames"] = (255 * frames.clamp(0, 1)).round().to(torch.uint8).numpy()
    for name, values in (("strip", strip), ("strip_deviation", deviation)):
        arrays[name] = values.float().numpy()
    return arrays
