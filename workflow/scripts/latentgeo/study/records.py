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
    "euclidean": "float n",
    "initial_energy": "number n",
    "steps": "integer n",
    "converged": "boolean n",
}
"""What is said of every geodesic, with the forms of `load_shaped`."""
KEY = ["vae", "seed", "decoders", "metric", "curve", "start", "solver", "pair"]
"""What makes a geodesic the one that it is."""
COLUMNS = [*KEY, *EACH]
"""The columns of tables of geodesics."""
MEASURES = ["energy", "disagreement", "travel", "length", "euclidean"]
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
    table = pd.concat([_rows(path, wanted, arrays) for path in paths], ignore_index=True)
    found = table.groupby([*SERIES, "decoders"])["pair"].apply(sorted).to_dict()
    for key, pairs in wanted.items():
        if found.get(key) != list(range(pairs)):
            raise StudyError(
                f"geodesics {key}: {len(found.get(key, ()))} of {pairs} pairs are in the files "
                f"that were read, where each should be once; {AGAIN}"
            )
    return table.sort_values(KEY, kind="stable", ignore_index=True)


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
    return pd.DataFrame(columns | {name: list(stored[name][chosen]) for name in arrays})
