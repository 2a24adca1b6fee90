"""Images and labels of the study's classes, from the repository or from torchvision."""

from pathlib import Path

from job import begin
from latentgeo import plugins
from latentgeo.images.checks import SPLITS
from latentgeo.io.arrays import save_arrays

log = begin(snakemake)
data = snakemake.params.data
files = [Path(path) for path in snakemake.input.get("files", [])]
arrays = plugins.load("images", data["source"]).read(data, *files)
log.info("%d training, %d test images", *(len(arrays[f"{s}_images"]) for s in SPLITS))
save_arrays(snakemake.output.digits, **arrays)
