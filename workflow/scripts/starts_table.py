"""Energies before and after, and steps, of cold and hot starts (figures 5 and 6)."""

import pandas as pd
from job import begin
from latentgeo.io.csv import write_table
from latentgeo.study.experiments import requested
from latentgeo.study.records import read

begin(snakemake)
experiments = snakemake.params.experiments
parts = [
    read(snakemake.input[kind], requested([experiments[f"starts.{kind}"]])).assign(start=kind)
    for kind in ("cold", "hot")
]
columns = ["curve", "solver", "pair", "start", "initial_energy", "energy", "steps"]
columns += ["converged", "limit"]
table = pd.concat(parts)[columns].rename(columns={"energy": "final_energy"})
write_table(table.sort_values(columns[:4]), snakemake.output.table)
