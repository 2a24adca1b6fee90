"""Every geodesic of the study, one a row."""

from job import begin
from latentgeo.results import read_geodesics, write_table

log = begin(snakemake)
table = read_geodesics(snakemake.input.geodesics)[snakemake.params.columns]
log.info("%d geodesics, %d of them not converged", len(table), (~table["converged"]).sum())
write_table(table, snakemake.output.table)
