"""A block of the sequence of pairs of training images."""

from job import begin
from latentgeo.images.checks import load_digits
from latentgeo.images.pairs import sample_pairs
from latentgeo.io.arrays import save_arrays
from latentgeo.randomness import stream_seed

log = begin(snakemake)
first, stop = snakemake.params.block
digits = load_digits(snakemake.input.digits)
seed = stream_seed(snakemake.params.seed, "pairs")
rows = sample_pairs(digits["train_images"], stop, seed)[first:]
log.info("pairs %d to %d", first, stop - 1)
save_arrays(snakemake.output.pairs, rows=rows, labels=digits["train_labels"][rows])
