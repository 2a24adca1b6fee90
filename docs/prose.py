"""Puts what is made of tables and of the configuration's schema into the documents.

python docs/prose.py            writes it
python docs/prose.py --check    says what differs, and fails if anything does

A marker `<!-- name of what -->` begins what the function of that name in `FRAGMENTS` makes of
something, `<!-- / -->` ends it.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

import benchmarked
import keys
import quoted

HOME = Path(__file__).resolve().parents[1]
DOCUMENTS = [
    "README.md",
    "docs/configuration.md",
    "docs/method.md",
    "docs/findings.md",
    "benchmarks/README.md",
]
FRAGMENTS: dict[str, Callable[[str], str]] = {
    function.__name__: function
    for function in (
        keys.keys,
        quoted.elbo,
        quoted.coefficients,
        quoted.claims,
        quoted.verdicts,
        quoted.contrasts,
        quoted.segments,
        quoted.proximity,
        quoted.literature,
        quoted.published,
        benchmarked.contest,
        benchmarked.restarts,
        benchmarked.dimensions,
    )
}
MARKED = re.compile(r"(<!-- (\w+) of (\w+) -->\n).*?(<!-- / -->)", re.DOTALL)


def filled(text: str) -> str:
    """A document with all of its fragments made anew."""
    return MARKED.sub(lambda m: f"{m[1]}\n{FRAGMENTS[m[2]](m[3])}\n\n{m[4]}", text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    check = parser.parse_args().check
    differs = []
    for name in DOCUMENTS:
        path = HOME / name
        text = path.read_text(encoding="utf-8")
        new = filled(text)
        if new != text:
            differs.append(name)
            if not check:
                path.write_text(new, encoding="utf-8")
    for name in differs:
        print(f"{name}: {'differs from what it is made of' if check else 'written'}")
    return 1 if check and differs else 0


if __name__ == "__main__":
    sys.exit(main())
