"""Distance of geodesics to the latents against the number of decoders (figure 3)."""

import numpy as np
from job import begin
from latentgeo.io.csv import write_table
from latentgeo.statistics.counts import COUNTS, counted
from latentgeo.statistics.proximity import proximity
from latentgeo.study.experiments import requested
from latentgeo.study.records import read
from latentgeo.study.stored import load_latents

begin(snakemake)
requests = requested(snakemake.params.experiments.values())
table = read(snakemake.input.geodesics, requests, points="number n t 2")
[model] = table.attrs["models"].values()
latents = load_latents(snakemake.input.latents, model)["means"]
table["proximity"] = proximity(np.stack(table["points"]), latents)
groups = counted(table).groupby(["metric", "curve", "decoders"])
result = groups["proximity"].agg(n="count", mean="mean", std="std").join(groups[COUNTS].sum())
write_table(result.reset_index(), snakemake.output.table)
