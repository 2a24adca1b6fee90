"""Geometry of latent spaces under the Fisher-Rao metric; knows torch and numpy, never Snakemake.

likelihoods   exponential families: what decoders say of an image
decoders      values and exact derivatives of decoders
curves        curve families between two points
objectives    energies of curves, by metric
solvers       their minimisers, and when a curve is at a minimum
starts        where minimisers start; `starts.grid` knows the whole latent space
geodesics     all of these put together
models        the VAEs: training, evaluation, files
images        the images and pairs of them
statistics    variation over models, proximity to the data
io            files, whole or not at all
study         configuration, experiments, plan, how results are read and drawn
"""
