"""Likelihoods by name, with their settings: a module each, with a `make`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .. import plugins
from ..errors import StudyError
from .base import Likelihood
from .normalized import Normalized

NAMES = ("continuous-bernoulli", "bernoulli", "gaussian", "poisson", "categorical")


def named(likelihood: str | Mapping[str, Any] | Likelihood | Callable) -> Likelihood:
    """The likelihood of a name, as "bernoulli", or of a family with settings.

    These are maps as {"family": "gaussian", "deviation": 0.1}. Also taken are a `Likelihood` itself
    and a function that is the log-normaliser A(η) of one's own family. StudyError for other things.
    """
    if hasattr(likelihood, "log_normalizer"):
        return likelihood
    if callable(likelihood):
        return Normalized(likelihood)
    options = {"family": likelihood} if isinstance(likelihood, str) else dict(likelihood)
    family = options.pop("family", None)
    if family not in NAMES:
        raise StudyError(f"likelihood: there is no {family!r}; there are {', '.join(NAMES)}")
    try:
        return plugins.load("likelihoods", family).make(**options)
    except TypeError as error:
        raise StudyError(f"likelihood: {family} does not take {options} ({error})") from error
