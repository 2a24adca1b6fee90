"""What any figure must fulfil."""

from __future__ import annotations

from itertools import combinations

from matplotlib.text import Text


def named(kind: str, count: int) -> list[str]:
    """Names as long as the schema allows."""
    long = "with-a-very-long-name-that-goes-on-and-on-up-to-sixty-letters"
    return [f"{kind}-{k}-{long}"[:60].strip("-") for k in range(count)]


def box(figure, artist):
    return artist.get_window_extent(figure.canvas.get_renderer())


def check_size(size) -> None:
    width, height = size
    assert max(width, height) <= 100 * 200
    assert width * height <= 50e6


def check_layout(figure) -> None:
    """Panels overlap neither one another nor titles nor legends above them."""
    panels = [box(figure, axes) for axes in figure.axes]
    titles = [box(figure, axes.title) for axes in figure.axes if axes.get_title()]
    above = [box(figure, legend) for legend in figure.legends]
    for one, other in combinations([*panels, *titles, *above], 2):
        x = min(one.x1, other.x1) - max(one.x0, other.x0)
        y = min(one.y1, other.y1) - max(one.y0, other.y0)
        assert min(x, y) < 8, (one, other)  # pixels; a legend has a margin of ten
    for panel in panels:
        assert min(panel.width, panel.height) > 10


def texts(figure) -> str:
    return "\n".join(text.get_text() for text in figure.findobj(Text))
