"""Energies over retrained models, and how much each measure varies (figure 2), side by side."""

from job import begin
from latentgeo.io.tables import read_table
from latentgeo.statistics.counts import COUNTS
from latentgeo.study import panels, plotting, shown

begin(snakemake)
p = snakemake.params
numbers = ["decoders", "pair", "n", "mean", "std", "cv", "cv_low", "cv_high", *COUNTS]
table = read_table(snakemake.input.table, *numbers)
for name, drawn in p.drawn.items():
    table = table[table[name] == drawn]
table = table[table["decoders"] == table["vae"].map(p.decoders)]
measures = list(dict.fromkeys(table["measure"]))
vaes, other_vaes = shown.first(dict.fromkeys(table["vae"]), shown.MOST_TYPES, "VAE types")
table = table[table["vae"].isin(vaes)]
pairs, other_pairs = shown.first(sorted(set(table["pair"])), shown.MOST_PAIRS, "pairs")
energy = table[(table["measure"] == "energy") & table["pair"].isin(pairs)]

columns = min(len(vaes), 2)
width = plotting.WIDTH if columns == 2 else plotting.NARROW
rows = -(-len(vaes) // columns)
models = table.groupby("vae")["n"].max()
titles = [f"{vae}: n = {models[vae]} {'model' if models[vae] == 1 else 'models'}" for vae in vaes]
titles = [plotting.wrapped(title, width / columns - 0.6, plotting.SIZE) for title in titles]
height = 4.4 + plotting.further_lines(titles, plotting.SIZE)
figure, grid = plotting.grid(2 * rows, columns, width, height * rows + 0.6)
uppers, lowers = (plotting.filled(half, len(vaes)) for half in (grid[::2], grid[1::2]))
for n, (vae, upper, lower) in enumerate(zip(vaes, uppers, lowers, strict=True)):
    panels.draw_energies(upper, energy[energy["vae"] == vae])
    panels.draw_variation(lower, table[table["vae"] == vae], measures, dots=not other_pairs)
    upper.set_title(titles[n])
    if n % columns == 0:
        upper.set_ylabel("energy [nats], mean ± σ")
        lower.set_ylabel("coefficient of variation σ / μ")
plotting.same_heights(uppers)
plotting.same_heights(lowers, least=0, most=2.5 * table["cv"].fillna(0).max() or 1)
if other_pairs:
    other_pairs = f"energies of {other_pairs}; boxes over all: median, quartiles, 5 % to 95 %"
else:
    other_pairs = "bars of the CV: 95 % intervals over models, a pair each; dashed: mean over pairs"
open_marks = "open: not all converged, or not the lowest" if energy[COUNTS].any(axis=None) else ""
decoders = table["decoders"].max()
told = shown.metric(p.drawn["metric"], decoders), p.drawn["curve"], f"N = {p.segments} segments"
plotting.below(figure, "", *told, open_marks, other_pairs, other_vaes)
plotting.save(figure, snakemake.output, table)
