"""Geodesics as rows of a table, read from the files that jobs wrote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple

import numpy as np
import pandas as pd

from ..errors import AGAIN, StudyError
from .series import Request
from .stored import SERIES, load_identified

EACH = {
    "label_a": "integer n",
    "label_b": "integer n",
    "energy": "number n",
    "disagreement": "number n",
    "travel": "number n",
    "length": "number n",
    "published_length": "number n",
    "euclidean": "float n",
    "initial_energy": "number n",
    "steps": "integer n",
    "converged": "boolean n",
    "status": "text n",
    "action": "number n",
    "excess": "number n",
    "limit": "text n",
}
"""What is said of every geodesic, with the forms of `load_shaped`."""
KEY = ["vae", "seed", "decoders", "order", "metric", "curve", "start", "solver", "pair"]
"""What makes a geodesic the one that it is."""
COLUMNS = [*KEY, *EACH]
"""The columns of tables of geodesics."""
MEASURES = ["energy", "disagreement", "travel", "length", "published_length", "euclidean"]
"""What is compared between models: energies in nats, lengths in √nats and latent units."""


def read(paths: Iterable[str], requests: Sequence[Request], **arrays: str) -> pd.DataFrame:
    """One row a requested geodesic and none else, in the order of `COLUMNS`, sorted by `KEY`.

    More arrays become extra columns; they are given with their forms (see `arrays.load_shaped`), as
    points="number n t 2". StudyError names a series of which something is missing.
    """
    wanted: dict[tuple, int] = {}
    for request in requests:
        key = (*astuple(request.series), request.decoder_count)
        wanted[key] = max(request.pairs, wanted.get(key, 0))
    parts = [_rows(path, wanted, arrays) for path in paths]
    models = _models(parts)
    table = pd.concat(parts, ignore_index=True)
    found = table.groupby([*SERIES, "decoders"])["pair"].apply(sorted).to_dict()
    for key, pairs in wanted.items():
        if found.get(key) != list(range(pairs)):
            raise StudyError(
                f"geodesics {key}: {len(found.get(key, ()))} of {pairs} pairs are in the files "
                f"that were read, where each should be once; {AGAIN}"
            )
    table = table.sort_values(KEY, kind="stable", ignore_index=True)
    table.attrs["models"] = models
    return table


def model_of(table: pd.DataFrame, vae: str, seed: int) -> str:
    """The checksum of the model of a type and seed whose geodesics `read` read."""
    return table.attrs["models"][vae, seed]


def _models(parts: Sequence[pd.DataFrame]) -> dict[tuple[str, int], str]:
    """The checksum of every type's and seed's model; StudyError when geodesics are of several."""
    models: dict[tuple[str, int], str] = {}
    for part in parts:
        (vae, seed), model = part.attrs["of"], part.attrs.pop("model")
        if models.setdefault((vae, seed), model) != model:
            raise StudyError(
                f"{part.attrs['path']}: geodesics of another model of {vae}, seed {seed} "
                f"than others have; {AGAIN}"
            )
    for part in parts:
        part.attrs.clear()
    return models


def load_geodesics(path: str, **arrays: str) -> dict[str, np.ndarray]:
    """All that a file says of its geodesics, checked, and more arrays of given forms."""
    return load_identified(path, **EACH, **arrays)


def _rows(path: str, wanted: dict[tuple, int], arrays: dict[str, str]) -> pd.DataFrame:
    """The wanted geodesics of one file."""
    stored = load_geodesics(path, **arrays)
    series = tuple(stored[name].item() for name in SERIES)
    limits = [wanted.get((*series, count), 0) for count in stored["decoders"].tolist()]
    chosen = stored["pair"] < np.array(limits)
    columns = {name: np.broadcast_to(stored[name], chosen.shape)[chosen] for name in COLUMNS}
    rows = pd.DataFrame(columns | {name: list(stored[name][chosen]) for name in arrays})
    of = stored["vae"].item(), stored["seed"].item()
    rows.attrs = {"of": of, "model": stored["model"].item(), "path": path}
    return rows
