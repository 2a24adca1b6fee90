"""How much memory jobs ask for, by their settings: in MiB, measured and then rounded up.

`features` are the natural parameters of an image: its pixels, of all channels, times those of a
pixel. Measured on models of the default architecture (784), in processes that had imported torch:

| job | settings | peak |
|---|---|---|
| grid | 40 nodes, 1, 10 and 30 decoders | 878, 1025, 1407 |
| grid | 100 nodes, 10 decoders | 1900 |
| Newton | 32 segments, 10 and 100 decoders | 1122, 1211 |
| Newton | 2000 segments, 1 and 10 decoders | 1187, 2609 |
| Adam | 32 segments, 10 decoders, 200 pairs | 1340 |
| Adam | 2000 segments, 10 decoders | 3137 |
| density metric, Adam | 32 segments, 18,623 latents, in a study's own job | 1882 |
| density metric | 2000 segments, 18,000 latents | 2177 |
"""

from __future__ import annotations

IMPORTS = 900
"""What a job takes that has imported torch and read its files."""
A_NODE = 0.013
"""A decoder at a node of the grid: means and natural parameters, twice over."""
AN_EVALUATION = 0.13
"""A decoder at a point of a curve, with all that its derivatives need ..."""
EVALUATIONS_AT_ONCE = 2640
"""... of which so many are held in any case (`objectives.fisher_rao`), ..."""
FEATURES, DIM = 784, 2
"""... if it has so many features and as many latent dimensions."""
A_SEGMENT = 2.0
"""A point of a curve under the density metric, with its offsets from some 20,000 latents ..."""
SEGMENTS_AT_ONCE = 540
"""... of which so many are held in any case (`objectives.density`)."""
AN_IMAGE = 0.1
"""An image of a batch in training, at the default size of the networks: 88 kB of activations."""


def of_training(batch_size: int, images: int = 70_000, features: int = FEATURES) -> int:
    """Of a job that trains on batches of so many images, out of so many."""
    share = max(1.0, features / FEATURES)
    return round(IMPORTS + share * (300 + AN_IMAGE * min(batch_size, images)))


def of_grid(nodes: int, decoder_count: int, features: int = FEATURES) -> int:
    """Of the job that evaluates so many decoders at so many nodes an axis."""
    share = max(1.0, features / FEATURES)
    return round(IMPORTS + A_NODE * nodes**2 * decoder_count * share)


def of_geodesics(
    metric: str, segments: int, decoder_count: int, features: int = FEATURES, dim: int = DIM
) -> int:
    """Of a job that solves geodesics of so many segments; the number of pairs does not matter."""
    if metric == "density":
        return round(IMPORTS + A_SEGMENT * max(SEGMENTS_AT_ONCE, segments + 1))
    share = max(1.0, features * dim / (FEATURES * DIM))
    evaluations = max(EVALUATIONS_AT_ONCE, share * (segments + 1) * decoder_count)
    return round(IMPORTS + AN_EVALUATION * evaluations)
