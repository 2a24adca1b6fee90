"""Train one VAE, or take given weights; keep it, its history and its test evaluation."""

from pathlib import Path

import pandas as pd
import torch
from job import begin
from latentgeo import plugins
from latentgeo.images.checks import SPLITS, load_images
from latentgeo.io.csv import write_table
from latentgeo.models import files
from latentgeo.models.architecture import Architecture
from latentgeo.models.evaluation import evaluate
from latentgeo.models.machine import device, processor
from latentgeo.models.streams import Stream
from latentgeo.models.training import Schedule, spread, train
from latentgeo.models.vae import VAE, Origin


def rows(evaluation, **columns):
    """One row a decoder."""
    kl, fits = evaluation.kl, evaluation.reconstruction.tolist()
    return [
        columns | {"decoder": k, "elbo": fit - kl, "reconstruction": fit, "kl": kl}
        for k, fit in enumerate(fits)
    ]


log = begin(snakemake)
p = snakemake.params
images = load_images(snakemake.input.images)
train_images, test_images = (torch.from_numpy(images[f"{split}_images"]) for split in SPLITS)


def report_epoch(epoch, evaluation):
    elbo, kl = evaluation.elbo.mean().item(), evaluation.kl
    log.info("epoch %d/%d: held-out ELBO %.1f nats, KL %.2f", epoch, schedule.epochs, elbo, kl)


stream, architecture = Stream(p.study_seed, p.vae, p.seed), Architecture(**p.architecture)
weights = snakemake.input.get("weights")
if architecture.module:
    model = VAE(architecture, weights).eval().requires_grad_(False)
    # by name: a change of what only looks at models is no reason to train them again
    plugins.load("models", "checks").check_model(model, test_images)
if weights:
    log.info("weights of %s", weights)
    history = [evaluate(model, spread(test_images, p.schedule["held_out"]), stream)]
else:
    schedule = Schedule(**p.schedule)
    model, history = train(
        architecture,
        schedule,
        stream,
        train_images,
        test_images,
        device(p.device, "training.device"),
        checkpoint=Path(snakemake.output.model).with_name("checkpoint.safetensors"),
        progress=report_epoch,
    )
evaluation = evaluate(model, test_images, stream)
log.info("test ELBO %.1f nats, mean over decoders", evaluation.elbo.mean().item())
by_epoch = [row for n, e in enumerate(history, 0 if weights else 1) for row in rows(e, epoch=n)]
write_table(pd.DataFrame(by_epoch), snakemake.output.history)
origin = Origin(p.vae, p.seed, processor(device(p.device, "training.device")))
evaluated = pd.DataFrame(rows(evaluation, vae=p.vae, seed=p.seed))
write_table(evaluated.assign(processor=origin.processor), snakemake.output.evaluation)
files.save(model, snakemake.output.model, origin)
