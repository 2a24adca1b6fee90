"""Energies before and after, and steps, of cold and hot starts (figures 5 and 6)."""

import pandas as pd
from job import begin
from latentgeo.results import read_geodesics, write_table

begin(snakemake)
p = snakemake.params
parts = [read_geodesics(snakemake.input[kind]).assign(start=kind) for kind in ("cold", "hot")]
table = pd.concat(parts)
table = table[(table["pair"] < p.pairs) & (table["decoders"] == p.decoders)]
columns = ["curve", "solver", "pair", "start", "initial_energy", "energy", "steps", "converged"]
table = table[columns].rename(columns={"energy": "final_energy"})
write_table(table.sort_values(columns[:4]), snakemake.output.table)
