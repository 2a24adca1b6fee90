"""Posterior means and deviations of all digits."""

import torch
from job import begin
from latentgeo.images.checks import SPLITS, load_digits
from latentgeo.io.arrays import save_arrays
from latentgeo.models import files
from latentgeo.models.vae import check_spread, encode_all
from latentgeo.study import stored

log = begin(snakemake)
model = files.load_wanted(snakemake.input.model, **snakemake.params.model)
digits = load_digits(snakemake.input.digits)
arrays = {}
for split in SPLITS:
    means, deviations = encode_all(model, torch.from_numpy(digits[f"{split}_images"]))
    log.info("%s means have deviations %s", split, means.std(0).tolist())
    check_spread(means, snakemake.input.model)
    prefix = "" if split == "train" else f"{split}_"
    arrays |= {f"{prefix}means": means.numpy(), f"{prefix}deviations": deviations.numpy()}
    arrays[f"{prefix}labels"] = digits[f"{split}_labels"]
origin = stored.origin(model.origin.vae, model.origin.seed, model.checksum)
save_arrays(snakemake.output.latents, **arrays, **origin)
