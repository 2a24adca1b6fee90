"""The project's documents, and what they hold that tests can look at: blocks, commands, links."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from project import PROJECT

FOLDERS = ("", "docs", "docs/results", "benchmarks", "resources")
PAGES = sorted(path for folder in FOLDERS for path in (PROJECT / folder).glob("*.md"))
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
INDENTED = re.compile(r"(?<=\n\n)((?: {4}.*\n)+)")
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
TITLE = re.compile(r"# ([\w./-]+)(?:, under ([\w.$]+))?\n")
PROGRAMS = ("snakemake", "make", "python", "pip")


class Block(NamedTuple):
    """A block of a page; of one whose first line names a file the name, and what it is under."""

    language: str
    text: str
    file: str = ""
    under: str = ""


def read(page: Path | str) -> str:
    return (PROJECT / page).read_text(encoding="utf-8")


def blocks(page: Path | str) -> Iterator[Block]:
    """All fenced and indented blocks; the language of these is none."""
    text = read(page)
    for language, inside in FENCED.findall(text):
        title = TITLE.match(inside)
        yield Block(language, inside, *(name or "" for name in title.groups()) if title else ())
    for inside in INDENTED.findall(FENCED.sub("", text)):
        yield Block("", re.sub("^ {4}", "", inside, flags=re.M))


def code(page: Path | str) -> list[str]:
    """All code within lines."""
    return INLINE.findall(FENCED.sub("", read(page)))


def commands(page: Path | str, *programs: str) -> list[list[str]]:
    """The commands of some programs, or all of `PROGRAMS`, on a page, each in its words."""
    lines = [b.text.replace("\\\n", " ") for b in blocks(page) if b.language in ("sh", "")]
    found = []
    for line in [*"\n".join(lines).splitlines(), *code(page)]:
        if line.strip().startswith(tuple(f"{program} " for program in programs or PROGRAMS)):
            found.append(shlex.split(line, comments=True))
    return found


def anchors(page: Path | str) -> set[str]:
    """What the headings of a page are called in links, as forges have it."""
    text = FENCED.sub("", read(page))
    found: dict[str, int] = {}
    for heading in re.findall(r"^#+ (.+)$", text, re.M):
        name = re.sub(r"[^\w\- ]", "", re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading).lower())
        name = name.strip().replace(" ", "-")
        found[name] = found.get(name, -1) + 1
    return {f"{name}-{n}" if n else name for name, last in found.items() for n in range(last + 1)}


def links(page: Path | str) -> list[tuple[str, str]]:
    """Where a page's links within the project lead: a path, or none, and an anchor, or none."""
    text = INLINE.sub("", FENCED.sub("", read(page)))
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    own = [target for target in targets if not re.match(r"[a-z]+:", target)]
    return [tuple(target.partition("#")[::2]) for target in own]
