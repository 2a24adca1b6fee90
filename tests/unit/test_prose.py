"""Numbers in the documents are those of the committed tables, keys those of the schema."""

import subprocess
import sys

import documents
import pandas as pd
import prose
import pytest
import quoted
from project import PROJECT

SCRIPT = PROJECT / "docs/prose.py"


def test_the_documents_say_what_the_tables_and_the_schema_say():
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_document_with_a_marker_is_written():
    marked = {page for page in documents.PAGES if prose.MARKED.search(documents.read(page))}
    assert marked == {PROJECT / name for name in prose.DOCUMENTS}


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1234, "0.12"), (1, "1.0"), (12.3, "12"), (1234, "1,234"), (0, "0"), (-0.016, "-0.016")],
)
def test_numbers_have_two_digits(value, text):
    assert quoted.number(value) == text


def test_what_is_not_known_is_a_dash():
    assert quoted.number(float("nan")) == "–"


def test_a_changed_table_changes_the_document(monkeypatch, tmp_path):
    table = pd.read_csv(quoted.RESULTS / "default/models.csv")
    text = (PROJECT / "docs/findings.md").read_text()
    assert prose.filled(text) == text
    monkeypatch.setattr(quoted, "RESULTS", tmp_path)
    for path in (PROJECT / "docs/results").glob("*/*.csv"):
        copy = tmp_path / path.parent.name / path.name
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(path.read_bytes())
    table.assign(elbo=table["elbo"] + 1).to_csv(tmp_path / "default/models.csv", index=False)
    assert prose.filled(text) != text


def test_every_column_of_every_table_is_described():
    """In docs/tables.md, in the section of its table."""
    from ast import literal_eval

    text = (PROJECT / "tests/workflow/test_study.py").read_text(encoding="utf-8")
    start = text.index("COLUMNS = {")
    columns = literal_eval(text[start + len("COLUMNS = ") : text.index("\n}\n", start) + 2])
    page = (PROJECT / "docs/tables.md").read_text(encoding="utf-8")
    common, *sections = page.split("\n## ")
    told = {section.partition(".csv\n")[0]: common + section for section in sections}
    assert set(told) == set(columns)
    for table, names in columns.items():
        for name in names.split():
            assert f"`{name}`" in told[table], (table, name)
