"""Distance of geodesics to the latents against the number of decoders (figure 3)."""

import numpy as np
from job import begin
from latentgeo.results import read_geodesics, write_table
from latentgeo.statistics import proximity
from latentgeo.stored import load_latents

begin(snakemake)
p = snakemake.params
latents = load_latents(snakemake.input.latents)["means"]
table = read_geodesics(snakemake.input.geodesics, points="number n t 2")
table = table[(table["pair"] < p.pairs) & (table["decoders"] <= p.decoders)]
table["proximity"] = proximity(np.stack(table["points"]), latents)
table["not_converged"] = ~table["converged"]
groups = table.groupby(["curve", "decoders"])
result = groups["proximity"].agg(n="count", mean="mean", std="std")
result["not_converged"] = groups["not_converged"].sum()
write_table(result.reset_index(), snakemake.output.table)
