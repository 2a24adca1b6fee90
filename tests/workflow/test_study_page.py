"""The study's page: one file with all that there is, and nothing that is not in the tables."""

import base64
from html.parser import HTMLParser

import pandas as pd
import pytest

EMPTY = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """What a page holds: tags with their attributes, rows of tables, whether it is sound."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.rows, self.wrong = [], [], {}, []
        self.table = None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in EMPTY:
            self.open.append(tag)
        if tag == "details":
            self.table = dict(attributes).get("id")
        if tag == "tr":
            self.rows.setdefault(self.table, []).append([])
        if tag in ("td", "th"):
            self.rows[self.table][-1].append("")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)
        if tag == "details":
            self.table = None

    def handle_data(self, data):
        if {"td", "th"} & set(self.open) and self.rows.get(self.table):
            self.rows[self.table][-1][-1] += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def text(finished):
    return (finished.folder / "results/study.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_the_page_is_sound_and_needs_nothing_else(page, text):
    assert not page.wrong and not page.open
    assert text.startswith("<!doctype html>") and text.endswith("</html>\n")
    names = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(names) == len(set(names))
    loaded = [a.get("src") for a in (*page.all("img"), *page.all("script")) if a.get("src")]
    assert loaded and all(source.startswith("data:image/png;base64,") for source in loaded)
    style = text.partition("<style>")[2].partition("</style>")[0]
    assert not page.all("link") and "@import" not in style and "url(" not in style


def test_links_are_to_what_is_there(page, finished):
    names = {attributes.get("id") for _, attributes in page.tags}
    for link in page.all("a"):
        place = link["href"]
        if place.startswith("#"):
            assert place[1:] in names
        else:
            assert (finished.folder / "results" / place).is_file(), place


def test_every_figure_is_shown_as_it_is_with_words_for_it(page, finished):
    pictures = {path.read_bytes() for path in finished.folder.glob("results/figures/*.png")}
    shown = page.all("img")
    assert {base64.b64decode(image["src"].partition(",")[2]) for image in shown} == pictures
    assert all(len(image["alt"]) > 40 for image in shown)


def test_every_table_is_shown_whole(page, finished):
    tables = sorted(finished.folder.glob("results/tables/*.csv"))
    assert {name for name in page.rows if name} >= {f"table-{path.stem}" for path in tables}
    for path in tables:
        table = pd.read_csv(path, keep_default_na=False, dtype=str)
        head, *rows = page.rows[f"table-{path.stem}"]
        assert [name.strip() for name in head] == list(table.columns)
        assert len(rows) == len(table)
        for shown, row in zip(rows, table.itertuples(index=False), strict=True):
            for cell, value in zip(shown, row, strict=True):
                if cell != value:
                    assert float(cell) == pytest.approx(float(value), rel=1e-4)


def test_verdicts_and_convergence_are_those_of_the_tables(page, text, finished):
    claims = pd.read_csv(finished.folder / "results/tables/claims.csv")
    for (_, verdict), own in claims.groupby(["claim", "verdict"]):
        assert f"{verdict}: {len(own)}</span>" in text
    geodesics = pd.read_csv(finished.folder / "results/tables/geodesics.csv")
    rows = [row for row in page.rows[None] if row[0] in set(geodesics["metric"])]
    groups = geodesics.groupby(["metric", "start", "solver"])["converged"].agg(["size", "sum"])
    assert [tuple(row[:5]) for row in rows] == [
        (*key, str(count), str(good)) for key, (count, good) in groups.T.items()
    ]


def test_what_it_was_made_with_is_told(text):
    assert "<dt>torch</dt>" in text and "train_vae" in text and "seeds: 2" in text
