"""Panels that are maps of a latent space: entropy, latents, and curves over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from . import plotting, shown  # before anything of matplotlib
from .plotting import COLOURS
from .resampled import evenly, shades

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Plane:
    """The plane in which latents are drawn: that of two dimensions, or of most of their spread."""

    centre: np.ndarray
    directions: np.ndarray
    """Two columns, (d, 2)."""
    names: tuple[str, str] = ("latent dimension 1", "latent dimension 2")

    @classmethod
    def of(cls, means: np.ndarray) -> Plane:
        """Of latents (n, d): their first two principal directions where d is above 2."""
        dim = means.shape[1]
        if dim == 2:
            return cls(np.zeros(2), np.eye(2))
        centre = means.mean(axis=0)
        _, directions = np.linalg.eigh(np.cov((means - centre).T))
        first = directions[:, :-3:-1]
        first = first * np.sign(first[np.abs(first).argmax(axis=0), [0, 1]])
        names = (f"{n} principal direction of {dim}" for n in ("first", "second"))
        return cls(centre, first, tuple(names))

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Points (..., d) in the plane: (..., 2)."""
        return (np.asarray(points) - self.centre) @ self.directions


def latent_axes(axes: Axes, plane: Plane) -> None:
    """Axes of a plane of the latent space: labelled, equal aspect, closed frame."""
    axes.set_aspect("equal")
    axes.set_xlabel(plane.names[0])
    axes.set_ylabel(plane.names[1])
    axes.spines[["top", "right"]].set_visible(True)


def entropy_map(
    axes: Axes,
    grid: Mapping[str, np.ndarray] | None,
    limits: tuple[float, float] | None = None,
):
    """The mean entropy of all decoders' output over the latent space, in greys; a mappable.

    The greys go from one limit to the other, by default as `resampled.shades` says. Without a grid,
    as there is none in more than two dimensions, all is grey.
    """
    if grid is None:
        return axes.set_facecolor("0.7")
    entropy = evenly(grid["axes"], grid["entropy"][-1], 256)
    extent = [end for axis in grid["axes"] for end in (axis[0], axis[-1])]
    low, high = limits or shades(grid["entropy"][-1])
    style = {"cmap": "Greys_r", "interpolation": "bilinear", "vmin": low, "vmax": high}
    image = axes.imshow(entropy.T, origin="lower", extent=extent, **style)
    axes.set_xlim(extent[:2])
    axes.set_ylim(extent[2:])
    return image


def common_shades(grids: Sequence[Mapping[str, np.ndarray] | None]) -> tuple[float, float] | None:
    """The limits of greys of maps that are compared; None where there are no maps."""
    each = [shades(grid["entropy"][-1]) for grid in grids if grid is not None]
    return (min(low for low, _ in each), max(high for _, high in each)) if each else None


def side(means: np.ndarray, points: np.ndarray, left_out: float = 0.001) -> float:
    """Of the square that shows all points of curves, (..., 2), and most latents, (n, 2)."""
    low, high = _corners(means, points, left_out)
    return 1.06 * float((high - low).max()) or 1.0


def frame(
    axes: Axes,
    means: np.ndarray,
    points: np.ndarray,
    width: float | None = None,
    left_out: float = 0.001,
) -> None:
    """Show a square with all points of curves, (..., 2), and all but the outermost latents.

    On each side a share of the latents may be left out.
    """
    low, high = _corners(means, points, left_out)
    half = (width or side(means, points, left_out)) / 2
    for limit, centre in zip((axes.set_xlim, axes.set_ylim), (low + high) / 2, strict=True):
        limit(centre - half, centre + half)


def _corners(
    means: np.ndarray, points: np.ndarray, left_out: float
) -> tuple[np.ndarray, np.ndarray]:
    corners = [points.reshape(-1, 2)]
    corners += [np.quantile(means, [left_out, 1 - left_out], axis=0)] if len(means) else []
    corners = np.concatenate(corners)
    return corners.min(0), corners.max(0)


def scatter_latents(
    axes: Axes,
    means: np.ndarray,
    labels: np.ndarray,
    names: Sequence[str] = (),
    most: int = 1500,
) -> None:
    """Some of the latents, coloured by class; from the sixth class on they are triangles.

    Classes have names by their number, or are called by the number alone.
    """
    classes = np.unique(labels)
    every = max(1, len(means) // most)
    means, labels = means[::every], labels[::every]
    for n, label in enumerate(classes):
        chosen, colour = means[labels == label], COLOURS[n % len(COLOURS)]
        name = shown.shortened(shown.class_name(label, names))
        shape = {"marker": "o", "s": 3} if n < 5 else {"marker": "^", "s": 6}
        axes.scatter(*chosen.T, lw=0, alpha=0.6, color=colour, label=name, **shape)


def draw_curves(axes: Axes, points: np.ndarray, converged: np.ndarray, **style) -> None:
    """Curves (B, T, 2) with their ends; those that did not converge are dotted."""
    style = {"color": "white", "lw": 1.0} | style
    for curve, good in zip(points, converged, strict=True):
        outline = plotting.outlined(style["lw"] + 0.7)
        axes.plot(*curve.T, ls="-" if good else ":", path_effects=outline, **style)
        axes.plot(
            *curve[[0, -1]].T, ls="", marker="o", ms=2.5, mfc=style["color"], mec="black", mew=0.5
        )


def name_curves(axes: Axes, points: np.ndarray, names: Sequence[str]) -> None:
    """The names of curves (B, T, 2), outlined, each at a point far from other names, outwards."""
    style = {"fontsize": plotting.SMALL, "color": "white", "zorder": 6, "ha": "center"}
    style |= {"va": "center", "path_effects": plotting.outlined(1.6)}
    centre = points.mean((0, 1))
    for place, name in zip(named_at(points), names, strict=True):
        away = place - centre
        offset = 8 * away / (np.linalg.norm(away) or 1.0)
        axes.annotate(name, place, offset, textcoords="offset points", **style)


def named_at(points: np.ndarray) -> np.ndarray:
    """A point of each curve (B, T, 2), of its middle half, far from those of others: (B, 2)."""
    quarter = points.shape[1] // 4
    inner = points[:, quarter : points.shape[1] - quarter]
    places: list[np.ndarray] = [inner[0, inner.shape[1] // 2]]
    for curve in inner[1:]:
        away = np.linalg.norm(curve[:, None] - np.array(places), axis=-1).min(axis=1)
        places.append(curve[away.argmax()])
    return np.array(places)


def table(geodesics: pd.DataFrame, planes: Mapping[tuple[str, int], Plane]) -> pd.DataFrame:
    """The points of curves as they are drawn, one row a point; planes are those of the models."""
    told = ["vae", "seed", "decoders", "metric", "curve", "start", "solver", "pair", "converged"]
    parts = []
    for row in geodesics.itertuples():
        x, y = planes[row.vae, row.seed](row.points).T
        part = {name: getattr(row, name) for name in told}
        parts.append(pd.DataFrame(part | {"point": np.arange(len(x)), "x": x, "y": y}))
    return pd.concat(parts, ignore_index=True)
