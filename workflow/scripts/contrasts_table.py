"""Coefficients of variation of every two groups of models against one another, by measure."""

import numpy as np
import pandas as pd
from job import begin
from latentgeo.io.csv import write_table
from latentgeo.randomness import stream_seed
from latentgeo.statistics.contrasts import contrast
from latentgeo.statistics.counts import COUNTS, counted
from latentgeo.statistics.groups import compared
from latentgeo.statistics.variation import GROUP
from latentgeo.study.experiments import requested
from latentgeo.study.records import MEASURES, read

log = begin(snakemake)
p = snakemake.params
experiment = p.experiments["variation"]
table = counted(read(snakemake.input.geodesics, requested([experiment])))
for name, order in (("vae", "vaes"), ("metric", "metrics"), ("curve", "starts")):
    table[name] = pd.Categorical(table[name], list(experiment[order]))
groups = dict(list(table.groupby(GROUP, observed=True)))


def row(a, b, of_a, of_b):
    """What is said of measures of two groups, each a group's name in `groups`."""
    parts = [(groups[group], measure) for group, measure in ((a, of_a), (b, of_b))]
    values = [own.pivot(index="seed", columns="pair", values=measure) for own, measure in parts]
    stream = np.random.default_rng(stream_seed(p.study_seed, "contrast", *a, *b, of_a, of_b))
    found = contrast(*(v.to_numpy() for v in values), same=a[0] == b[0], random=stream)
    names = zip("ab", (a, b), (of_a, of_b), values, strict=True)
    told = {"curve": a[3]}
    for side, group, measure, own in names:
        told |= {f"{name}_{side}": value for name, value in zip(GROUP[:3], group, strict=False)}
        told |= {f"measure_{side}": measure, f"models_{side}": len(own)}
    counts = groups[a][COUNTS].sum() + (groups[b][COUNTS].sum() if a != b else 0)
    log.info("%s %s over %s %s: CV ratio %.2f", a, of_a, b, of_b, found.ratio)
    return told | {"pairs": values[0].shape[1]} | vars(found) | counts.to_dict()


measures = ["length", *(name for name in MEASURES if name != "length")]
rows = [row(a, b, name, name) for a, b in compared(list(groups)) for name in measures]
rows += [row(group, group, "length", "euclidean") for group in groups]
columns = ["curve", *(f"{name}_{side}" for side in "ab" for name in (*GROUP[:3], "measure"))]
columns += ["models_a", "models_b", "pairs", "ratio", "low", "high", "wide_low", "wide_high"]
columns += ["error", "p", "share_lower", *COUNTS]
write_table(pd.DataFrame(rows, columns=columns), snakemake.output.table)
