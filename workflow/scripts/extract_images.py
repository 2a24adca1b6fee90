"""Images and labels of the study's classes, from the repository or from torchvision."""

from job import begin
from latentgeo import plugins
from latentgeo.images.checks import SPLITS
from latentgeo.io.arrays import save_arrays

log = begin(snakemake)
data = snakemake.params.data
arrays = plugins.load("images", data["source"]).read(data, *snakemake.input)
log.info("%d training, %d test images", *(len(arrays[f"{s}_images"]) for s in SPLITS))
save_arrays(snakemake.output.images, **arrays)
