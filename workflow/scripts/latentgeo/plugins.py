"""Parts that are chosen by name in the config: a module each, in the package of their kind.

A new image source, start, solver or metric is a new module with the function that its neighbours
have. Nothing imports them all, so that a change of one concerns only what names it.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType


def module_name(kind: str, name: str) -> str:
    """The module of a part: module_name("objectives", "fisher-rao") is its dotted name."""
    return f"latentgeo.{kind}.{name.replace('-', '_')}"


def load(kind: str, name: str) -> ModuleType:
    """The module of a part, imported."""
    return import_module(module_name(kind, name))


def exists(kind: str, name: str) -> bool:
    """Whether there is such a part, for kinds of which not all names need one."""
    return find_spec(module_name(kind, name)) is not None
