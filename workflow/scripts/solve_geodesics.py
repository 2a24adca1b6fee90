"""Geodesics of one block of pairs, for one or more numbers of decoders."""

import numpy as np
from job import begin
from latentgeo import geodesics
from latentgeo.curves import make_family
from latentgeo.io.arrays import save_arrays
from latentgeo.study import batches

log = begin(snakemake)
p = snakemake.params
batch = batches.read(snakemake.input, p, range(*p.block), p.series["order"])
recipe = batches.Recipe(p.series["metric"], p.metric, p.series["start"], p.solver, p.study_seed)
family = make_family(**p.family)
lowest, highest = p.decoder_span
solved = [
    batch.solve(recipe, family, p.segments, count, log.info) for count in range(lowest, highest + 1)
]
series = {name: np.array(value) for name, value in p.series.items()}
model = np.array(batch.model.checksum)
save_arrays(snakemake.output.geodesics, **geodesics.joined(solved), **series, model=model)
