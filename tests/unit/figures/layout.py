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
    """As wide as a page or one of its two columns, at 200 dots an inch, and not too large."""
    width, height = size
    assert width in (1400, 680)
    assert height <= 100 * 200
    assert width * height <= 50e6


def check_layout(figure) -> None:
    """Panels overlap neither one another nor titles nor legends above them."""
    panels = [box(figure, axes) for axes in figure.axes]
    titles = [box(figure, axes.title) for axes in figure.axes if axes.get_title()]
    titles += [box(figure, axes._left_title) for axes in figure.axes if axes.get_title("left")]
    above = [box(figure, legend) for legend in figure.legends]
    for one, other in combinations([*panels, *titles, *above], 2):
        x = min(one.x1, other.x1) - max(one.x0, other.x0)
        y = min(one.y1, other.y1) - max(one.y0, other.y0)
        assert min(x, y) < 10, (one, other)  # pixels; a legend has a margin of ten
    for panel in panels:
        assert min(panel.width, panel.height) > 10


def texts(figure) -> str:
    return "\n".join(text.get_text().replace("\n", " ") for text in figure.findobj(Text))


def check_print(figure) -> None:
    """No text is smaller than 7 points, none is cut off at the sides, and panels have letters."""
    width = figure.get_figwidth() * figure.dpi
    ticks = {t for axes in figure.axes for t in (*axes.get_xticklabels(), *axes.get_yticklabels())}
    for text in figure.findobj(Text):
        if text.get_text().strip() and text.get_visible():
            assert text.get_fontsize() >= 7, text
            edges = box(figure, text)
            # ticks beyond the ends of an axis are not drawn
            assert text in ticks or (edges.x0 > -4 and edges.x1 < width + 4), text
    panels = [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
    letters = [axes.get_title("left") for axes in panels]
    assert letters == ([""] if len(panels) == 1 else list(dict.fromkeys(letters)))
    assert len(panels) == 1 or all(letters)
