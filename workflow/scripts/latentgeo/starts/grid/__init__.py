"""The graph start's fields over a two-dimensional latent space, their interpolation, and paths."""
