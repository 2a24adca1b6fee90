"""Geometry of latent spaces under the Fisher-Rao metric; knows torch and numpy, never Snakemake."""
