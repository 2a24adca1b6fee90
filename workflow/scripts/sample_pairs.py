"""A block of the pairs of images: of one drawn sequence, or of those that the user gives."""

from job import begin
from latentgeo.images.checks import load_images
from latentgeo.images.pairs import given_pairs, sample_pairs
from latentgeo.io.arrays import save_arrays
from latentgeo.randomness import stream_seed

log = begin(snakemake)
p = snakemake.params
first, stop = p.block
arrays = load_images(snakemake.input.images)
images, labels = (arrays[f"{p.split}_{kind}"] for kind in ("images", "labels"))
if p.rows:
    rows = given_pairs(images, p.rows)[first:stop]
else:
    rows = sample_pairs(images, stop, stream_seed(p.seed, "pairs"))[first:]
log.info("pairs %d to %d of %s images", first, stop - 1, p.split)
save_arrays(snakemake.output.pairs, rows=rows, labels=labels[rows])
