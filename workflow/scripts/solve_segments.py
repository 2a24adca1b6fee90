"""The same pairs of one VAE type with ever more segments, under each metric."""

import pandas as pd
from job import begin
from latentgeo.curves import make_family
from latentgeo.geodesics import MEASURES
from latentgeo.io.csv import write_table
from latentgeo.study import batches

KEPT = ["pair", "energy", *MEASURES, "action", "converged", "limit"]

log = begin(snakemake)
p = snakemake.params
batch = batches.read(snakemake.input, p, range(*p.block))
family = make_family(**p.family)
tables = []
for metric in p.metrics:
    recipe = batches.Recipe(metric, {}, p.start, p.solver, p.study_seed)
    for segments in p.segments:
        log.info("%s, %d segments", metric, segments)
        arrays = batch.solve(recipe, family, segments, p.decoders, log.info)
        table = pd.DataFrame({name: arrays[name] for name in KEPT})
        told = {"vae": p.model["vae"], "seed": p.model["seed"], "decoders": p.decoders}
        told |= {"metric": metric, "segments": segments}
        tables.append(table.assign(**told)[[*told, *KEPT]])
write_table(pd.concat(tables), snakemake.output.table)
