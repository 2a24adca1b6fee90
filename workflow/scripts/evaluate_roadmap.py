"""Landmarks among a model's latents, and what its decoders say between them."""

from job import begin
from latentgeo.io.arrays import save_arrays
from latentgeo.models import files
from latentgeo.models.machine import device
from latentgeo.starts.roadmap.roadmap import make_roadmap
from latentgeo.study import stored
from latentgeo.study.orders import in_order

log = begin(snakemake)
model = files.load_wanted(snakemake.input.model, **snakemake.params.model)
latents = stored.load_latents(snakemake.input.latents, model.checksum)["means"].astype(float)
p = snakemake.params
origin = model.origin.vae, model.origin.seed
model.decoders.to(device(p.device, "curves.device"))
decoders = in_order(list(model.decoders), p.order)
roadmap = make_roadmap(decoders, model.likelihood, latents, p.study_seed)
log.info("%d edges between %d landmarks", len(roadmap.edges), len(roadmap.positions))
save_arrays(snakemake.output.roadmap, **vars(roadmap), **stored.origin(*origin, model.checksum))
