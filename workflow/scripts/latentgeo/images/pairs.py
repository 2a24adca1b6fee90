"""Pairs of images: one endless sequence, of which every experiment takes the first ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import StudyError
from .counts import pair_capacity

DRAWN_AT_ONCE = 4096
"""Pairs drawn from the stream together; part of what the sequence is."""
TRIES = 1000
"""How many draws a pair may take before there are taken to be no more."""


def given_pairs(images: np.ndarray, rows: Sequence[Sequence[int]]) -> np.ndarray:
    """Pairs of row numbers that the user gives, (n, 2), of so many images that differ.

    Raises StudyError, naming the key and the pair, where there is no such image or both are alike.
    """
    for a, b in rows:
        if max(a, b) >= len(images):
            raise StudyError(
                f"pairs.rows: [{a}, {b}] asked for, but the rows of {len(images)} images are "
                f"0 to {len(images) - 1}"
            )
        if (images[a] == images[b]).all():
            raise StudyError(f"pairs.rows: [{a}, {b}] are the same image")
    return np.array(rows, dtype=np.int64).reshape(-1, 2)


def sample_pairs(images: np.ndarray, stop: int, seed: int) -> np.ndarray:
    """The first `stop` of one endless sequence of pairs of row numbers: (stop, 2).

    Every pair is of two images that differ, and no pair comes twice, in either order. Asking for
    more pairs later continues the sequence. Raises StudyError when there are not as many.
    """
    count = len(images)
    if stop > pair_capacity(count):
        raise StudyError(
            f"pairs: {stop} asked for, but {count} images have only {pair_capacity(count)} pairs"
        )
    stream = np.random.default_rng(seed)
    pairs: dict[frozenset[int], tuple[int, int]] = {}
    tries = 0
    while len(pairs) < stop:
        if tries > TRIES * (stop + pair_capacity(min(count, 100))):
            raise StudyError(f"pairs: found only {len(pairs)} of {stop} pairs of different images")
        drawn = stream.integers(count, size=(DRAWN_AT_ONCE, 2))
        tries += DRAWN_AT_ONCE
        differ = (images[drawn[:, 0]] != images[drawn[:, 1]]).reshape(len(drawn), -1).any(axis=1)
        for a, b in drawn[differ].tolist():
            pairs.setdefault(frozenset((a, b)), (a, b))
    return np.array(list(pairs.values()), dtype=np.int64).reshape(-1, 2)[:stop]
