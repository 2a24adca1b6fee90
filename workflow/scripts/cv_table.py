"""Mean, standard deviation and coefficient of variation over retrained models (figure 2)."""

import pandas as pd
from job import begin
from latentgeo.results import MEASURES, read_geodesics, write_table
from latentgeo.statistics import variation

log = begin(snakemake)
decoders = snakemake.params.decoders
table = read_geodesics(snakemake.input.geodesics)
table = table[table["pair"] < snakemake.params.pairs]
table = table[table["decoders"] == table["vae"].map(decoders)]
table["vae"] = pd.Categorical(table["vae"], list(decoders))
statistics = variation(table, MEASURES)
means = statistics.groupby(["vae", "measure"], observed=True)["cv"].mean()
for (vae, measure), cv in means.items():
    log.info("mean CV of %s, %s: %.3f", measure, vae, cv)
write_table(statistics, snakemake.output.table)
