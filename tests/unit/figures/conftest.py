"""Figures that scripts drew, to look at before they are gone."""

import struct

import matplotlib.pyplot as plt
import pytest
from synthetic import Results, draw


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Draws a figure of a study: the figure itself, and width and height of its PNG."""
    figures = []
    monkeypatch.setattr(plt, "close", figures.append)

    def run(name: str, **settings):
        [path] = draw(Results(tmp_path, **settings), name, "png")
        figure = figures.pop()
        figure.set_dpi(plt.rcParams["savefig.dpi"])  # as it was drawn
        return figure, struct.unpack(">II", path.read_bytes()[16:24])

    yield run
    monkeypatch.undo()
    plt.close("all")
