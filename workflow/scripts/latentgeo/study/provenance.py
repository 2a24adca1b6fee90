"""What each result was made from, kept beside the results and compared before they are trusted.

Snakemake keeps such records in a folder of its own, which does not travel with results. A record
here is a file below results/records/: the rule, its parameters (settings and a checksum of the
code) and the content of its inputs. It holds neither dates nor absolute paths.
"""

from __future__ import annotations

import hashlib
import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ..io.whole import replacing


class Record(NamedTuple):
    """What one job was, and what it made."""

    rule: str
    wildcards: dict[str, str]
    params: dict[str, Any]
    inputs: dict[str, str]
    """Checksums of the files that it read, by path."""
    outputs: dict[str, str]
    """Those of the files that it made."""


KINDS = (str, dict, dict, dict, dict)
"""Of a record's fields."""


def place(log: str) -> Path:
    """Where the record of a job with this log lies: results/logs/a.log, results/records/a.json."""
    folder, _, name = log.rpartition("results/logs/")
    return Path(folder) / "results/records" / Path(name).with_suffix(".json")


def plain(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as JSON gives them back."""
    return json.loads(json.dumps(dict(params), sort_keys=True, default=list))


def checksum(path: str | Path) -> str:
    """Of what a file holds; nothing where there is none."""
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def write(path: Path, record: Record) -> None:
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(record._asdict(), indent=1, sort_keys=True) + "\n")


def read_all(folder: Path) -> Iterator[Record]:
    """All records below a folder; those that are damaged are as if they were not there."""
    for path in sorted(folder.rglob("[!.]*.json")):
        try:
            record = Record(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, RecursionError):
            continue
        if all(isinstance(part, kind) for part, kind in zip(record, KINDS, strict=True)):
            yield record


def mark(outdated: Iterable[str], expected: Iterable[str], folder: Path) -> None:
    """Have Snakemake take outdated results for incomplete ones, and the others as they are.

    A mark is a file in `folder`, .snakemake/incomplete; those that Snakemake made are left alone.
    """
    outdated = set(outdated)
    for path in expected:
        marker = marker_of(path, folder)
        if path in outdated and not marker.exists():
            marker.parent.mkdir(parents=True, exist_ok=True)
            marker.write_text(MARK, encoding="utf-8")
        elif (
            path not in outdated and marker.is_file() and marker.read_text(encoding="utf-8") == MARK
        ):
            marker.unlink()


MARK = json.dumps({"external_jobid": None, "made": "from something else"})
LONGEST_NAME = 255


def marker_of(path: str, folder: Path) -> Path:
    """Where Snakemake marks a file as incomplete: its name in base64, in parts if it is long."""
    name, size = urlsafe_b64encode(path.encode()).decode(), LONGEST_NAME - 1
    *parts, last = [name[start : start + size] for start in range(0, len(name), size)]
    return folder.joinpath(*(f"@{part}" for part in parts), last)


def settle(records: Iterable[Record], outdated: Iterable[str]) -> None:
    """Date results that are not outdated no earlier than what they were made from.

    A copy has its own dates, and without records of its own Snakemake goes by these.
    """
    outdated = set(outdated)
    made = {path: record for record in records for path in record.outputs if path not in outdated}

    @cache
    def date(path: str) -> int:
        try:
            own = os.stat(path).st_mtime_ns
        except OSError:
            return 0
        newest = max(map(date, made[path].inputs), default=0) if path in made else 0
        if own < newest and not os.path.islink(path):
            with suppress(OSError):  # somebody else's
                os.utime(path, ns=(newest, newest))
                return newest
        return own

    for path in made:
        date(path)


def outdated(
    expected: Iterable[str],
    records: Iterable[Record],
    params_of: Callable[[Record], Mapping[str, Any] | None],
) -> list[str]:
    """Which of the expected results that are there were made from something else than now.

    `params_of` says what the parameters of a record's job would be now, or None when there would be
    no such job. What no record tells of counts as made from something else.
    """
    seen = cache(checksum)
    told: dict[str, bool] = {}
    for record in records:
        params = params_of(record)
        same = params is not None and plain(params) == record.params
        same = same and all(seen(path) == found for path, found in record.inputs.items())
        for path, found in record.outputs.items():
            told[path] = told.get(path, False) or (same and seen(path) == found)
    return [path for path in expected if Path(path).exists() and not told.get(path, False)]
