"""Coefficients of variation of every two groups of models against one another, by measure."""

from itertools import combinations

import numpy as np
import pandas as pd
from job import begin
from latentgeo.io.csv import write_table
from latentgeo.randomness import stream_seed
from latentgeo.statistics.contrasts import contrast
from latentgeo.statistics.counts import COUNTS, counted
from latentgeo.study.experiments import requested
from latentgeo.study.records import MEASURES, read

log = begin(snakemake)
p = snakemake.params
experiment = p.experiments["variation"]
table = counted(read(snakemake.input.geodesics, requested([experiment])))
groups = dict(list(table.groupby(["vae", "metric"])))
order = [(vae, metric) for vae in experiment["vaes"] for metric in experiment["metrics"]]
rows = []
for a, b in combinations([group for group in order if group in groups], 2):
    for measure in ["length", *(name for name in MEASURES if name != "length")]:
        values = [groups[g].pivot(index="seed", columns="pair", values=measure) for g in (a, b)]
        stream = np.random.default_rng(stream_seed(p.study_seed, "contrast", *a, *b, measure))
        found = contrast(*(v.to_numpy() for v in values), same=a[0] == b[0], random=stream)
        row = {"vae_a": a[0], "metric_a": a[1], "vae_b": b[0], "metric_b": b[1]}
        row |= {"measure": measure, "models_a": len(values[0]), "models_b": len(values[1])}
        row |= {"pairs": values[0].shape[1], **vars(found)}
        counts = sum(groups[g][COUNTS].sum() for g in (a, b))
        rows.append(row | counts.to_dict())
        log.info("%s %s over %s %s, CV of %s: %.2f", *a, *b, measure, found.ratio)
columns = ["vae_a", "metric_a", "vae_b", "metric_b", "measure", "models_a", "models_b", "pairs"]
columns += ["ratio", "low", "high", "wide_low", "wide_high", "error", "p", "share_lower", *COUNTS]
write_table(pd.DataFrame(rows, columns=columns), snakemake.output.table)
