"""Which start ends lowest, how often, and from how high."""

import pandas as pd
from job import begin
from latentgeo.io.csv import write_table
from latentgeo.statistics.contests import contest
from latentgeo.study.experiments import requested
from latentgeo.study.records import read

log = begin(snakemake)
p = snakemake.params
table = read(snakemake.input.geodesics, requested(p.experiments.values()))
for name, order in p.order.items():
    table[name] = pd.Categorical(table[name], order)
found = contest(table, p.starts)
for row in found.itertuples():
    log.info("%s %s %s %s: %.2f", row.vae, row.metric, row.solver, row.start, row.reached)
write_table(found, snakemake.output.table)
