"""The orders in which an ensemble's decoders are taken: the first few of each are a random few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from ..randomness import stream_seed

T = TypeVar("T")


def in_order(decoders: Sequence[T], order: int, study_seed: int, vae: str, seed: int) -> list[T]:
    """A model's decoders in their own order, 0, or in another that is drawn."""
    if order == 0:
        return list(decoders)
    stream = np.random.default_rng(stream_seed(study_seed, "decoders", vae, seed, order))
    return [decoders[number] for number in stream.permutation(len(decoders))]
