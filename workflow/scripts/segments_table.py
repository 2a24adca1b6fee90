"""Geodesics against the number of segments: what has a limit, and what has none."""

import pandas as pd
from job import begin
from latentgeo.io.csv import write_table
from latentgeo.io.tables import read_table

begin(snakemake)
parts = [read_table(path, "segments", "energy") for path in snakemake.input.parts]
write_table(pd.concat(parts), snakemake.output.table)
