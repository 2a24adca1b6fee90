"""One look for all figures; colours that the colour-blind can tell apart (Okabe and Ito)."""

from __future__ import annotations

from collections.abc import Iterable

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import Normal, Stroke
from scipy.interpolate import PchipInterpolator

from ..io.whole import replacing

COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000"]
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*"]
WIDTH = 7.0
"""Width of a full-page figure in inches."""

plt.rcParams.update(
    {
        "figure.dpi": 100,
        "savefig.dpi": 200,
        "savefig.bbox": "tight",
        "figure.constrained_layout.use": True,
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.prop_cycle": plt.cycler(color=COLOURS),
        "legend.frameon": False,
        "pdf.fonttype": 42,
    }
)


def save(figure: Figure, paths: Iterable[str]) -> None:
    """Write a figure in the format of each path's ending, without dates; and close it."""
    for path in paths:
        with replacing(path) as temporary:
            metadata = {"CreationDate": None} if path.endswith(".pdf") else None
            figure.savefig(temporary, metadata=metadata)
    plt.close(figure)


def latent_axes(axes: Axes) -> None:
    """Axes of a two-dimensional latent space: labelled, equal aspect, closed frame."""
    axes.set_aspect("equal")
    axes.set_xlabel("latent dimension 1")
    axes.set_ylabel("latent dimension 2")
    axes.spines[["top", "right"]].set_visible(True)


def entropy_map(axes: Axes, grid: dict[str, np.ndarray]):
    """The mean entropy of all decoders' output over the latent space, in greys; a mappable."""
    entropy, extent = grid["entropy"][-1], []
    for n, nodes in enumerate(grid["axes"]):
        evenly = np.linspace(nodes[0], nodes[-1], 256)
        entropy = PchipInterpolator(nodes, entropy, axis=n)(evenly)
        extent += [nodes[0], nodes[-1]]
    image = axes.imshow(
        entropy.T, origin="lower", extent=extent, cmap="Greys_r", interpolation="bilinear"
    )
    axes.set_xlim(extent[:2])
    axes.set_ylim(extent[2:])
    return image


def frame(axes: Axes, means: np.ndarray, points: np.ndarray) -> None:
    """Show all points of curves (B, T, 2) and all but the outermost latents, (n, 2)."""
    corners = np.concatenate([points.reshape(-1, 2), np.quantile(means, [0.001, 0.999], axis=0)])
    low, high = corners.min(0), corners.max(0)
    margin = 0.03 * (high - low)
    axes.set_xlim(low[0] - margin[0], high[0] + margin[0])
    axes.set_ylim(low[1] - margin[1], high[1] + margin[1])


def scatter_latents(axes: Axes, means: np.ndarray, labels: np.ndarray, most: int = 1500) -> None:
    """Some of the latents, coloured by class."""
    every = max(1, len(means) // most)
    means, labels = means[::every], labels[::every]
    for n, label in enumerate(np.unique(labels)):
        chosen = means[labels == label]
        axes.scatter(*chosen.T, s=3, lw=0, alpha=0.6, color=COLOURS[n % 8], label=f"class {label}")


def draw_curves(axes: Axes, points: np.ndarray, converged: np.ndarray, **style) -> None:
    """Curves (B, T, 2) with their ends; those that did not converge are dotted."""
    style = {"color": "white", "lw": 1.0} | style
    for curve, good in zip(points, converged, strict=True):
        outline = [Stroke(linewidth=style["lw"] + 0.7, foreground="black", alpha=0.6), Normal()]
        axes.plot(*curve.T, ls="-" if good else ":", path_effects=outline, **style)
        axes.plot(
            *curve[[0, -1]].T, ls="", marker="o", ms=2.5, mfc=style["color"], mec="black", mew=0.5
        )
