"""The study on one page: what was asked, what follows, every figure and every table."""

from pathlib import Path

import pandas as pd
import yaml
from job import begin
from latentgeo.io.whole import replacing
from latentgeo.study.page import about, answers, exhibits, explorer
from latentgeo.study.page.render import REPORT, page

log = begin(snakemake)
p = snakemake.params
folder = Path(snakemake.output.page).parent
read = {Path(path).stem: pd.read_csv(path) for path in snakemake.input.tables}
figures = [exhibits.figure(f, p.figures[f], read, REPORT, folder) for f in snakemake.input.figures]
tables = [exhibits.table(t, p.tables[t], REPORT, folder) for t in snakemake.input.tables]
kinds = [snakemake.input.get(kind) for kind in ("latents", "decoded", "grids")]
files = zip(*(paths or [None] * len(p.models) for paths in kinds), strict=True)
models = [explorer.Files(*of, *own) for of, own in zip(p.models, files, strict=True)]
text = page(
    asked=answers.asked(p.config),
    answers=answers.answers(read["claims"]),
    models=answers.models(read["models"]),
    convergence=answers.convergence(read["geodesics"]),
    explorer=explorer.content(models, snakemake.input.images, p.classes) if models else {},
    explored_note=p.left_out,
    figures=figures,
    tables=tables,
    processors=sorted(set(read["models"]["processor"])),
    config=yaml.safe_dump(p.config, sort_keys=False),
    versions=about.versions(),
    commit=about.commit(REPORT.parents[1]),
    times=about.times(folder / "logs"),
)
with replacing(snakemake.output.page) as temporary:
    temporary.write_text(text, encoding="utf-8")
log.info("%d figures, %d tables, %.1f MB", len(figures), len(tables), len(text) / 1e6)
