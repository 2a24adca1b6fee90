"""Film strips: the images along curves, one row a curve, as one picture a pair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
import pandas as pd

from .explored import STRAIGHT
from .series import Series

COLOURS = "magma"
"""Of standard deviations; images themselves are grey, or have their own colours."""
NAMES = {"fisher-rao": "geodesic", "fisher-rao-within": "geodesic, expected metric"}


@dataclass(frozen=True)
class Row:
    """What is seen along one curve of each pair, or by how much decoders differ about it."""

    name: str
    images: np.ndarray
    """(pairs, S, C, H, W), in [0, 1]."""
    converged: np.ndarray
    """Of every pair."""
    deviation: bool = False

    def told(self, pair: int, whole: bool) -> str:
        """The row's name, if it is to be told, and a mark where the curve did not converge."""
        return " ".join([self.name] * whole + ["*"] * (not self.converged[pair]))

    def largest(self, pairs: Sequence[int]) -> float:
        """The largest standard deviation over decoders that is shown; 0 of images."""
        return float(self.images[pairs].mean(2).max()) if self.deviation else 0.0


def rows(
    decoded: Mapping[str, np.ndarray], vae: str, decoders: int, series: Iterable[Series]
) -> list[Row]:
    """Of one model the straight line and the geodesics of some series, each with deviations."""
    series = list(series)
    found = _pair_of_rows(decoded, f"{vae}: straight line", decoders, series[0].metric, STRAIGHT)
    for one in series:
        recipe = one.metric, one.curve, one.start, one.solver
        name = NAMES.get(one.metric, one.metric)
        found += _pair_of_rows(decoded, f"{vae}: {name}", decoders, *recipe)
    return found


def _pair_of_rows(
    decoded: Mapping[str, np.ndarray], name: str, decoders: int, *recipe: str
) -> list[Row]:
    """The rows of a recipe's curves: metric, curve, and, but for straight lines, start, solver."""
    names = ("metric", "curve", "start", "solver")[: len(recipe)]
    chosen = np.all([decoded[n] == r for n, r in zip(names, recipe, strict=True)], axis=0)
    order = np.flatnonzero(chosen)[np.argsort(decoded["pair"][chosen])]
    converged = decoded["converged"][order]
    shape = len(order), -1, *decoded["image"]
    found = [Row(name, decoded["strip"][order].reshape(shape), converged)]
    if decoders > 1:
        deviation = decoded["strip_deviation"][order].reshape(shape)
        found.append(Row("σ over decoders", deviation, converged, deviation=True))
    return found


def height(rows: Sequence[Row], width: float) -> float:
    """Inches that the rows of one pair take, where labels and images are so wide together."""
    _, count, _, high, wide = rows[0].images.shape
    return len(rows) * max(0.16, (width - 1.1) / count * high / wide)


def mosaic(rows: Sequence[Row], pair: int, largest: float) -> np.ndarray:
    """The picture of one pair, (rows · H, S · W, 3), in [0, 1]."""
    return np.concatenate([_coloured(row, pair, largest) for row in rows])


def _coloured(row: Row, pair: int, largest: float) -> np.ndarray:
    images = row.images[pair].clip(0, 1)
    line = images.transpose(2, 0, 3, 1).reshape(images.shape[2], -1, images.shape[1])  # H×SW×C
    if row.deviation:
        return matplotlib.colormaps[COLOURS](line.mean(-1) / (largest or 1))[..., :3]
    return np.broadcast_to(line, (*line.shape[:2], 3))


def table(rows: Sequence[Row], pairs: Sequence[int]) -> pd.DataFrame:
    """Of each image that is shown its mean brightness, or the mean deviation over decoders."""
    parts = [
        pd.DataFrame(
            {
                "pair": pair,
                "row": row.name,
                "of": rows[n - 1].name if row.deviation else row.name,
                "converged": row.converged[pair],
                "step": np.arange(row.images.shape[1]),
                "mean": row.images[pair].mean((1, 2, 3)),
            }
        )
        for pair in pairs
        for n, row in enumerate(rows)
    ]
    return pd.concat(parts, ignore_index=True)
