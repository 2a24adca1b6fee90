"""A data set's files, where the user has none."""

from pathlib import Path

from job import begin
from latentgeo.images.torchvision import download

begin(snakemake)
p = snakemake.params
download(p.dataset, [Path(path) for path in snakemake.output], p.missing)
