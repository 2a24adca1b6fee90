"""What a run says at its end: where the answers are, and what they are; or why there are none.

Snakemake itself asks, whose environment need not have more than Python.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

ERROR = " error: "
"""In the log of a job that failed, before the one line that matters."""
MOST_ERRORS = 5


def success(page: Path, tables: Path, shown: Iterable[Path]) -> Iterator[str]:
    """Where the page is, the verdicts, and how many geodesics converged, by solver.

    Nothing where the page is not there, or older than what it shows.
    """
    if not page.exists() or any(_date(path) > _date(page) for path in shown if path.exists()):
        return
    yield f"The study on one page: {page}"
    for claim, verdicts in _verdicts(_rows(tables / "claims.csv")).items():
        counts = ", ".join(f"{verdict}: {count}" for verdict, count in verdicts.items())
        yield f"  {claim} — {counts}"
    for solver, own in _by(_rows(tables / "geodesics.csv"), "solver").items():
        missed = Counter(row["status"] for row in own if row["converged"] != "True")
        why = ", ".join(f"{count} {status}" for status, count in missed.most_common())
        good = len(own) - missed.total()
        yield f"  {good} of {len(own)} {solver} geodesics converged" + (f" ({why})" if why else "")


def failure(logs: Path, since: float) -> Iterator[str]:
    """The errors of jobs that failed since a time, each with its log."""
    found = []
    for path in sorted(logs.rglob("*.log")):
        if _date(path) >= since:
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [
                (line.partition(ERROR)[2], path) for line in text.splitlines() if ERROR in line
            ]
    for error, path in found[:MOST_ERRORS]:
        yield f"error: {error}"
        yield f"  log: {path}"
    if len(found) > MOST_ERRORS:
        yield f"and {len(found) - MOST_ERRORS} more"


def _verdicts(rows: list[dict[str, str]]) -> dict[str, Counter[str]]:
    return {
        claim: Counter(row["verdict"] for row in own) for claim, own in _by(rows, "claim").items()
    }


def _by(rows: list[dict[str, str]], column: str) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        found.setdefault(row[column], []).append(row)
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _date(path: Path) -> float:
    return path.stat().st_mtime
