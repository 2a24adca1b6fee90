"""Posterior means and deviations of all images."""

import torch
from job import begin
from latentgeo.images.checks import SPLITS, load_images
from latentgeo.io.arrays import save_arrays
from latentgeo.models import files
from latentgeo.models.vae import check_spread, encode_all
from latentgeo.study import stored

log = begin(snakemake)
model = files.load_wanted(snakemake.input.model, **snakemake.params.model)
images = load_images(snakemake.input.images)
arrays = {}
for split in SPLITS:
    means, deviations = encode_all(model, torch.from_numpy(images[f"{split}_images"]))
    log.info("%s means have deviations %s", split, means.std(0).tolist())
    check_spread(means, snakemake.input.model)
    prefix = "" if split == "train" else f"{split}_"
    arrays |= {f"{prefix}means": means.numpy(), f"{prefix}deviations": deviations.numpy()}
    arrays[f"{prefix}labels"] = images[f"{split}_labels"]
origin = stored.origin(model.origin.vae, model.origin.seed, model.checksum)
save_arrays(snakemake.output.latents, **arrays, **origin)
