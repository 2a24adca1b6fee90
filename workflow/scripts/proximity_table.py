"""Distance of geodesics to the latents against the number of decoders (figure 3)."""

import numpy as np
from job import begin
from latentgeo.io.csv import write_table
from latentgeo.statistics.proximity import by_decoders, proximity, spread
from latentgeo.study.experiments import requested
from latentgeo.study.records import model_of, read
from latentgeo.study.stored import check_origin, load_latents

begin(snakemake)
requests = requested(snakemake.params.experiments.values())
table = read(snakemake.input.geodesics, requests, points="number n t d")
for path in snakemake.input.latents:
    arrays = load_latents(path)
    vae, seed = arrays["vae"].item(), arrays["seed"].item()
    check_origin(path, arrays, model_of(table, vae, seed))
    own = (table["vae"] == vae) & (table["seed"] == seed)
    distances = proximity(np.stack(table.loc[own, "points"]), arrays["means"])
    table.loc[own, "proximity"] = distances
    table.loc[own, "scaled"] = distances / spread(arrays["means"])
write_table(by_decoders(table), snakemake.output.table)
