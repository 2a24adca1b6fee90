"""The code that a result depends on, as one checksum.

Snakemake re-runs a job when its parameters change. With the checksum of a rule's script and of all
modules that it imports, directly or not, among them, a change of code re-runs what it can affect:
by content, whatever the files' dates and wherever the project lies.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

LIBRARY = "latentgeo"


@cache
def checksum(scripts: Path, script: str, *modules: str) -> str:
    """Of a script in a folder, of modules that it imports by name, and of all that they import."""
    digest = hashlib.sha256()
    for path in files(scripts, script, *modules):
        digest.update(path.relative_to(scripts).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def files(scripts: Path, script: str, *modules: str) -> list[Path]:
    """The files of this project that a script and further modules, by dotted name, are made of."""
    waiting = [scripts / f"{script}.py"]
    for module in modules:
        waiting += _files_of(scripts, module)
    seen: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting += imports(scripts, path)
    return sorted(seen)


@cache
def imports(scripts: Path, path: Path) -> tuple[Path, ...]:
    """The project's files that one file imports, with the packages that they stand in."""
    package = path.parent.relative_to(scripts).parts
    found: list[Path] = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        for name in _names(node, package):
            found += _files_of(scripts, name)
    return tuple(dict.fromkeys(found))


def _names(node: ast.AST, package: tuple[str, ...]) -> Iterator[str]:
    """Dotted names that an import statement may mean."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = package[: len(package) - node.level + 1] if node.level else ()
        module = ".".join([*base, *(node.module or "").split(".")]).strip(".")
        yield module
        yield from (f"{module}.{alias.name}" for alias in node.names)


def _files_of(scripts: Path, name: str) -> list[Path]:
    """A module of the project and the packages above it; none for what is not the project's."""
    parts = name.split(".")
    inside = scripts.joinpath(*parts)
    if not (inside.with_suffix(".py").is_file() or inside.is_dir()):
        return []
    packages = [scripts.joinpath(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)]
    return [path for path in (*packages, inside.with_suffix(".py")) if path.is_file()]
