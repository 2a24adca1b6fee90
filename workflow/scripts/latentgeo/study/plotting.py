"""One look for all figures, whatever the user's settings of matplotlib."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

os.environ["MPLBACKEND"] = "agg"  # the user's may be one that this matplotlib does not know

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.patheffects import Normal, Stroke
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from ..io.whole import replacing
from . import shown
from .resampled import evenly, shades

COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442"]
COLOURS += ["#894E3B", "#B10076", "#00EBB1"]
"""Ten that the colour-blind can tell apart, on white and on greys; most of them Okabe and Ito's."""
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*"]
DASHES = ["-", "--", "-.", ":"]
LEGEND_MARK, LEGEND_LETTER = 0.6, 0.085
"""Inches that an entry of a legend takes for its mark and gaps, and for each letter."""
WIDTH = 7.0
"""Width of a full-page figure in inches."""
MOST_INCHES, MOST_PIXELS = 99, 49e6
"""Of any figure, before the margin of a tenth of an inch."""

plt.switch_backend("agg")
plt.rcdefaults()
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
    width, height = np.minimum(figure.get_size_inches(), MOST_INCHES)
    figure.set_size_inches(width, height)
    dpi = min(plt.rcParams["savefig.dpi"], int(np.sqrt(MOST_PIXELS / (width * height))))
    for path in paths:
        with replacing(path) as temporary:
            metadata = {"CreationDate": None} if path.endswith(".pdf") else None
            figure.savefig(temporary, metadata=metadata, dpi=dpi)
    plt.close(figure)


def grid(
    rows: int, columns: int, width: float, height: float, **sharing
) -> tuple[Figure, np.ndarray]:
    """A figure of so many panels, and these; width and height in inches are the whole figure's."""
    return plt.subplots(rows, columns, figsize=(width, height), squeeze=False, **sharing)


def filled(panels: np.ndarray, count: int) -> list[Axes]:
    """The first panels, so many; those that are left over are taken away."""
    for axes in panels.flat[count:]:
        axes.remove()
    return list(panels.flat[:count])


def line_style(k: int) -> dict[str, str]:
    """Colour, marker and dashes of the k-th line, unlike those of the 39 before it."""
    dashes = DASHES[k // len(COLOURS) % len(DASHES)]
    return {
        "color": COLOURS[k % len(COLOURS)],
        "marker": MARKERS[k % len(MARKERS)],
        "ls": dashes,
    }


def whole_numbers(axes: Axes) -> None:
    """Ticks of the horizontal axis at whole numbers, also where there is only one."""
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    low, high = axes.get_xlim()
    if high - low < 1:
        axes.set_xlim((low + high - 1) / 2, (low + high + 1) / 2)


def wrapped(text: str, inches: float, points: float) -> str:
    """Text in lines of so many inches, for a font of so many points."""
    letter = 0.58 * points / 72
    return textwrap.fill(text, max(8, int(inches / letter)))


def further_lines(texts: Iterable[str], points: float) -> float:
    """Inches that the lines after the first take in the longest of some texts."""
    return max(text.count("\n") for text in texts) * 1.2 * points / 72


def with_notes(text: str, *notes: str) -> str:
    """A label of a whole figure that says what is left out, if anything."""
    said = "; ".join(note for note in notes if note)
    return "\n".join(part for part in (text, said and f"({said})") if part)


def legend_above(figure: Figure, handles: list, labels: list[str], **style) -> None:
    """A legend above all panels, with as many entries in a row as fit."""
    entry = LEGEND_MARK + LEGEND_LETTER * max(map(len, labels))
    columns = max(1, min(len(labels), int(figure.get_figwidth() / entry)))
    rows = -(-len(labels) // columns)
    figure.set_figheight(figure.get_figheight() + 0.19 * (rows - 1))
    figure.legend(handles, labels, loc="outside upper center", ncols=columns, **style)


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


def plain_logarithmic(axis: Axis) -> None:
    """Plain numbers on a logarithmic axis, however little of it is shown."""
    low, high = axis.get_view_interval()
    if not 0 < low < high:  # nothing is shown
        return
    decades = np.log10(high / low)
    steps = (1,) if decades > 2 else (1, 3) if decades > 1 else (1, 1.5, 2, 3, 5, 7)
    if decades < 0.3:
        axis.set_major_locator(MaxNLocator(3))
    else:
        axis.set_major_locator(LogLocator(subs=steps))
    axis.set_major_formatter(lambda x, _: f"{x:g}")
    axis.set_minor_formatter(NullFormatter())


def latent_axes(axes: Axes, plane: Plane) -> None:
    """Axes of a plane of the latent space: labelled, equal aspect, closed frame."""
    axes.set_aspect("equal")
    axes.set_xlabel(plane.names[0])
    axes.set_ylabel(plane.names[1])
    axes.spines[["top", "right"]].set_visible(True)


def entropy_map(axes: Axes, grid: dict[str, np.ndarray] | None):
    """The mean entropy of all decoders' output over the latent space, in greys; a mappable.

    Without a grid, as there is none in more than two dimensions, all is grey.
    """
    if grid is None:
        return axes.set_facecolor("0.7")
    entropy = evenly(grid["axes"], grid["entropy"][-1], 256)
    extent = [end for axis in grid["axes"] for end in (axis[0], axis[-1])]
    low, high = shades(grid["entropy"][-1])
    style = {"cmap": "Greys_r", "interpolation": "bilinear", "vmin": low, "vmax": high}
    image = axes.imshow(entropy.T, origin="lower", extent=extent, **style)
    axes.set_xlim(extent[:2])
    axes.set_ylim(extent[2:])
    return image


def frame(axes: Axes, means: np.ndarray, points: np.ndarray) -> None:
    """Show all points of curves (B, T, 2) and all but the outermost latents, (n, 2).

    No side is more than four times the other.
    """
    corners = np.concatenate([points.reshape(-1, 2), np.quantile(means, [0.001, 0.999], axis=0)])
    low, high = corners.min(0), corners.max(0)
    sides = high - low
    margin = 0.03 * sides + np.maximum(sides.max() / 4 - sides, 0) / 2
    axes.set_xlim(low[0] - margin[0], high[0] + margin[0])
    axes.set_ylim(low[1] - margin[1], high[1] + margin[1])


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
        name = shown.shortened(names[label]) if names else f"class {label}"
        shape = {"marker": "o", "s": 3} if n < 5 else {"marker": "^", "s": 6}
        axes.scatter(*chosen.T, lw=0, alpha=0.6, color=colour, label=name, **shape)


def annotate_curve(axes: Axes, points: np.ndarray, name: str) -> None:
    """A curve's name, outlined, beside the middle of its points (T, 2)."""
    outline = [Stroke(linewidth=1.6, foreground="black"), Normal()]
    place = {"textcoords": "offset points", "xytext": (3, 3), "path_effects": outline}
    axes.annotate(name, points[len(points) // 2], fontsize=7, color="white", zorder=5, **place)


def draw_curves(axes: Axes, points: np.ndarray, converged: np.ndarray, **style) -> None:
    """Curves (B, T, 2) with their ends; those that did not converge are dotted."""
    style = {"color": "white", "lw": 1.0} | style
    for curve, good in zip(points, converged, strict=True):
        outline = [Stroke(linewidth=style["lw"] + 0.7, foreground="black", alpha=0.6), Normal()]
        axes.plot(*curve.T, ls="-" if good else ":", path_effects=outline, **style)
        axes.plot(
            *curve[[0, -1]].T, ls="", marker="o", ms=2.5, mfc=style["color"], mec="black", mew=0.5
        )
