"""Distance of geodesics to the latents against the number of decoders (figure 3)."""

import numpy as np
from job import begin
from latentgeo.files import load_arrays
from latentgeo.results import read_geodesics, write_table
from latentgeo.statistics import proximity

begin(snakemake)
p = snakemake.params
latents = load_arrays(snakemake.input.latents, "means")["means"]
table = read_geodesics(snakemake.input.geodesics, arrays=["points"])
table = table[(table["pair"] < p.pairs) & (table["decoders"] <= p.decoders)]
table["proximity"] = proximity(np.stack(table["points"]), latents)
table["not_converged"] = ~table["converged"]
groups = table.groupby(["curve", "decoders"])
result = groups["proximity"].agg(n="count", mean="mean", std="std")
result["not_converged"] = groups["not_converged"].sum()
write_table(result.reset_index(), snakemake.output.table)
