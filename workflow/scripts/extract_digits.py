"""Images and labels of the study's classes, from the repository or from torchvision."""

from pathlib import Path

from job import begin
from latentgeo import digits
from latentgeo.files import save_arrays

log = begin(snakemake)
data = snakemake.params.data
if data["source"] == "embedded":
    arrays = digits.read_embedded(
        Path(snakemake.input.embedded), Path(snakemake.input.checksums), data["classes"]
    )
else:
    arrays = digits.read_torchvision(data["dataset"], Path(data["root"]), data["classes"])
log.info("%d training, %d test images", *(len(arrays[f"{s}_images"]) for s in digits.SPLITS))
save_arrays(snakemake.output.digits, **arrays)
