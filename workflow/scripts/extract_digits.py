"""Images and labels of the study's classes, from the repository or from torchvision."""

from pathlib import Path

from job import begin
from latentgeo import configuration, digits
from latentgeo.files import save_arrays

log = begin(snakemake)
data = snakemake.params.data
if data["source"] == "embedded":
    arrays = digits.read_embedded(
        Path(snakemake.input.embedded), Path(snakemake.input.checksums), data["classes"]
    )
else:
    arrays = digits.read_torchvision(data["dataset"], Path(data["root"]), data["classes"])
images = len(arrays["train_images"])
configuration.check_pairs({"experiments": snakemake.params.experiments}, images)
log.info("%d training and %d test images", images, len(arrays["test_images"]))
save_arrays(snakemake.output.digits, **arrays)
