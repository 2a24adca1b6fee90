"""Landmarks among a model's latents, and what its decoders say between them."""

from job import begin
from latentgeo.io.arrays import save_arrays
from latentgeo.models import files
from latentgeo.starts.roadmap.roadmap import make_roadmap
from latentgeo.study import stored

log = begin(snakemake)
model = files.load_wanted(snakemake.input.model, **snakemake.params.model)
latents = stored.load_latents(snakemake.input.latents, model.checksum)["means"].astype(float)
roadmap = make_roadmap(model.decoders, model.likelihood, latents, snakemake.params.seed)
log.info("%d edges between %d landmarks", len(roadmap.edges), len(roadmap.positions))
origin = stored.origin(model.origin.vae, model.origin.seed, model.checksum)
save_arrays(snakemake.output.roadmap, **vars(roadmap), **origin)
