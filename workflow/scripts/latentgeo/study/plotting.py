"""One look for all figures, whatever the user's settings of matplotlib."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterable

os.environ["MPLBACKEND"] = "agg"  # the user's may be one that this matplotlib does not know

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.patheffects import Normal, Stroke
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from ..io.csv import write_table
from ..io.whole import replacing

COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442"]
COLOURS += ["#894E3B", "#B10076", "#00EBB1"]
"""Ten that the colour-blind can tell apart, on white and on greys; most of them Okabe and Ito's."""
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*"]
DASHES = ["-", "--", "-.", ":"]
GREYS = ["0.0", "0.25", "0.45", "0.6", "0.7"]
"""Of lines that are of no class, and of no cold or hot start."""
LEGEND_MARK, LEGEND_LETTER = 0.55, 0.062
"""Inches that an entry of a legend takes for its mark and gaps, and for each letter."""
WIDTH, NARROW = 7.0, 3.4
"""Widths of figures in inches: of a page, and of one of its two columns."""
COLUMNS = 5
"""Panels side by side, at most, where there are many."""
SIZE, SMALL = 8, 7
"""Of text in points: headings, and the smallest there is."""
MOST_INCHES, MOST_PIXELS = 99, 49e6
"""Of any figure."""
DENSITY, COLD, HOT = COLOURS[6], COLOURS[3], COLOURS[5]
"""Geodesics of the density metric, and those from cold and from hot starts, in all figures."""

plt.switch_backend("agg")
plt.rcdefaults()
plt.rcParams.update(
    {
        "figure.dpi": 100,
        "savefig.dpi": 200,
        "figure.constrained_layout.use": True,
        "font.size": SIZE,
        "axes.titlesize": SIZE,
        "xtick.labelsize": SMALL,
        "ytick.labelsize": SMALL,
        "legend.fontsize": SMALL,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.prop_cycle": plt.cycler(color=COLOURS),
        "legend.frameon": False,
        "pdf.fonttype": 42,
    }
)


def save(figure: Figure, paths: Iterable[str], data: pd.DataFrame) -> None:
    """Write a figure in the format of each path's ending, without dates; and close it.

    As CSV its data are written. Several panels have letters.
    """
    width, height = np.minimum(figure.get_size_inches(), MOST_INCHES)
    figure.set_size_inches(width, height)
    dpi = min(plt.rcParams["savefig.dpi"], int(np.sqrt(MOST_PIXELS / (width * height))))
    panels = [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
    if len(panels) > 1:
        for n, axes in enumerate(panels):
            axes.set_title(letters(n), loc="left", weight="bold")
    for path in paths:
        if path.endswith(".csv"):
            write_table(data, path)
            continue
        with replacing(path) as temporary:
            metadata = {"CreationDate": None} if path.endswith(".pdf") else None
            figure.savefig(temporary, metadata=metadata, dpi=dpi)
    plt.close(figure)


def letters(n: int) -> str:
    """a, b, ..., z, aa, ab, ...: the name of a figure's n-th panel, from 0 on."""
    return (letters(n // 26 - 1) if n >= 26 else "") + chr(ord("a") + n % 26)


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


def by_rows(panels: np.ndarray, rows: Iterable, columns: Iterable) -> dict[tuple, Axes]:
    """Panels by row and column, each row begun anew; those that are left over are taken away."""
    rows, columns = list(rows), list(columns)
    each = panels.reshape(len(rows), -1)
    for axes in each[:, len(columns) :].flat:
        axes.remove()
    return {
        (row, column): axes
        for row, own in zip(rows, each, strict=True)
        for column, axes in zip(columns, own, strict=False)
    }


def line_style(k: int) -> dict[str, str]:
    """Grey, marker and dashes of the k-th line, unlike those of the 39 before it."""
    return {
        "color": GREYS[k % len(GREYS)],
        "marker": MARKERS[k % len(MARKERS)],
        "ls": DASHES[k // len(MARKERS) % len(DASHES)],
    }


def same_heights(panels: Iterable[Axes], least: float | None = None, most: float = np.inf) -> None:
    """One scale for panels that are compared, logarithmic where one of them is."""
    panels = list(panels)
    limits = [axes.get_ylim() for axes in panels]
    scale = "log" if any(axes.get_yscale() == "log" for axes in panels) else "linear"
    low = min(low for low, _ in limits if low > 0 or scale == "linear")
    for axes in panels:
        axes.set_yscale(scale)
        axes.set_ylim(low if least is None else least, min(most, max(high for _, high in limits)))
        if scale == "log":
            plain_logarithmic(axes.yaxis)


def without_outliers(panels: Iterable[Axes], heights: np.ndarray) -> bool:
    """Let nothing that is far beyond all else set the panels' vertical scale; whether there is.

    Beyond are heights of more than five times their 90 % quantile, in size. Marks that are cut off
    have an arrow and their value.
    """
    sizes = np.abs(heights[np.isfinite(heights)])
    most = 5 * np.quantile(sizes, 0.9) if len(sizes) else 0
    if most <= 0 or sizes.max() <= most:
        return False
    top = 1.2 * sizes[sizes <= most].max()
    for axes in panels:
        axes.set_ylim(-top if axes.get_ylim()[0] < 0 else 0, top)
        lines = [line for line in axes.lines if line.get_marker() in MARKERS]
        for x, y in np.concatenate([line.get_xydata() for line in lines]).astype(float):
            if abs(y) > top:
                place = {"xycoords": ("data", "axes fraction"), "ha": "center"}
                end, arrow = (0.95, "↑") if y > 0 else (0.02, "↓")
                axes.annotate(f"{arrow} {y:.2g}", (x, end), fontsize=SMALL, va="center", **place)
    return True


def outlined(width: float) -> list:
    """What draws a line or letters with a black outline of so many points, to be read on greys."""
    return [Stroke(linewidth=width, foreground="black"), Normal()]


def whole_numbers(axes: Axes, most: int | str = "auto") -> None:
    """Ticks of the horizontal axis at whole numbers, also where there is only one."""
    axes.xaxis.set_major_locator(MaxNLocator(most, integer=True, min_n_ticks=1))
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


def below(figure: Figure, label: str, *notes: str) -> None:
    """What all panels have below them, and what is to be known of them, if anything."""
    said = "; ".join(note for note in notes if note)
    parts = [wrapped(part, figure.get_figwidth(), SMALL) for part in (label, said) if part]
    figure.supxlabel("\n".join(parts), fontsize=SMALL)


def legend_above(figure: Figure, handles: list, labels: list[str], **style) -> None:
    """A legend above all panels, with as many entries in a row as fit."""
    entry = LEGEND_MARK + LEGEND_LETTER * max(map(len, labels))
    columns = max(1, min(len(labels), int(figure.get_figwidth() / entry)))
    rows = -(-len(labels) // columns)
    figure.set_figheight(figure.get_figheight() + 0.16 * (rows - 1))
    figure.legend(handles, labels, loc="outside upper center", ncols=columns, **style)


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
