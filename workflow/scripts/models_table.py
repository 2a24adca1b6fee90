"""ELBO, reconstruction and KL of every decoder of every model on the test images."""

import pandas as pd
from job import begin
from latentgeo.io.csv import write_table
from latentgeo.io.tables import read_table

begin(snakemake)
columns = ["seed", "decoder", "elbo", "reconstruction", "kl"]
table = pd.concat([read_table(path, *columns) for path in snakemake.input.evaluations])
table["vae"] = pd.Categorical(table["vae"], snakemake.params.vaes)
write_table(table.sort_values(["vae", "seed", "decoder"]), snakemake.output.table)
