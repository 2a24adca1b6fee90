"""Mean, standard deviation and coefficient of variation over retrained models (figure 2)."""

import pandas as pd
from job import begin
from latentgeo.io.csv import write_table
from latentgeo.statistics.variation import GROUP, variation
from latentgeo.study.experiments import requested
from latentgeo.study.records import MEASURES, read

log = begin(snakemake)
experiments = snakemake.params.experiments
table = read(snakemake.input.geodesics, requested(experiments.values()))
table["vae"] = pd.Categorical(table["vae"], experiments["variation"]["vaes"])
statistics = variation(table, MEASURES)
for group, cv in statistics.groupby([*GROUP, "measure"], observed=True)["cv"].mean().items():
    log.info("mean CV of %s: %.3f", " ".join(map(str, group)), cv)
write_table(statistics, snakemake.output.table)
