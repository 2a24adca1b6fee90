"""Random streams, each derived from the study's seed and the stream's own name.

A stream depends on nothing else, neither on how many threads or jobs there are nor on which other
streams were read before it.
"""

from __future__ import annotations

import hashlib

import torch


def generator(seed: int, *name: str | int) -> torch.Generator:
    """The generator of one stream, for instance generator(seed, "start", pair)."""
    digest = hashlib.sha256(repr((seed, *name)).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "little"))
