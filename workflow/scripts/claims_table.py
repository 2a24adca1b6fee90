"""What is claimed of geodesics in VAEs, and whether this study bears it out."""

import pandas as pd
from job import begin
from latentgeo.io.csv import write_table
from latentgeo.io.tables import read_table
from latentgeo.statistics.claims import Type, of_proximity, of_starts, of_variation
from latentgeo.study.experiments import requested
from latentgeo.study.records import read

log = begin(snakemake)
p = snakemake.params
contrasts = read_table(
    snakemake.input.contrasts, "decoders_a", "decoders_b", "models_a", "models_b"
)
proximity = read_table(snakemake.input.proximity, "decoders", "models", "pairs", "difference")
contest = read(snakemake.input.contest, requested(p.experiments.values()))
claims = [
    *of_variation(contrasts, [Type(**fields) for fields in p.types]),
    *of_proximity(proximity),
    *(claim for cold in ("line", "random") for claim in of_starts(contest, cold=cold)),
]
columns = ["claim", "of", "verdict", "effect", "low", "high", "models", "pairs", "case", "rule"]
for claim in claims:
    log.info("%s (%s): %s", claim.claim, claim.case, claim.verdict)
table = pd.DataFrame([claim.row() for claim in claims], columns=columns)
write_table(table.sort_values("claim", kind="stable"), snakemake.output.table)
