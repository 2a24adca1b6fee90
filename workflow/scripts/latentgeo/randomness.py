"""Random streams, each derived from the study's seed and the stream's own name.

A stream depends on nothing else, neither on how many threads or jobs there are nor on which other
streams were read before it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def stream_seed(seed: int, *name: str | int) -> int:
    """The seed of one stream, for instance stream_seed(seed, "start", pair): 56 bits."""
    digest = hashlib.sha256(repr((seed, *name)).encode()).digest()
    return int.from_bytes(digest[:7], "little")


def generator(seed: int, *name: str | int) -> torch.Generator:
    """The torch generator of one stream."""
    import torch  # a second and a half that streams of numpy need not wait for

    return torch.Generator().manual_seed(stream_seed(seed, *name))
