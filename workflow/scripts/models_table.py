"""ELBO, reconstruction and KL of every decoder of every model on the test images."""

import pandas as pd
from job import begin
from latentgeo.results import write_table

begin(snakemake)
table = pd.concat([pd.read_csv(path) for path in snakemake.input.evaluations])
table["vae"] = pd.Categorical(table["vae"], snakemake.params.vaes)
write_table(table.sort_values(["vae", "seed", "decoder"]), snakemake.output.table)
