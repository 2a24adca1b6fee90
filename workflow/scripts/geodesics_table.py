"""Every geodesic of the study, one a row."""

from job import begin
from latentgeo.io.csv import write_table
from latentgeo.study.experiments import requested
from latentgeo.study.records import COLUMNS, read

log = begin(snakemake)
requests = requested(snakemake.params.experiments.values())
table = read(snakemake.input.geodesics, requests)[COLUMNS]
log.info("%d geodesics, %d of them not converged", len(table), (~table["converged"]).sum())
write_table(table, snakemake.output.table)
