"""Energies over retrained models, and how much each measure varies (figure 2), side by side."""

from job import begin
from latentgeo.io.tables import read_table
from latentgeo.statistics.counts import COUNTS
from latentgeo.study import panels, plotting, shown

begin(snakemake)
table = read_table(snakemake.input.table, "decoders", "pair", "n", "mean", "std", "cv", *COUNTS)
for name, drawn in snakemake.params.drawn.items():
    table = table[table[name] == drawn]
own_decoders = table["vae"].map(snakemake.params.decoders)
table = table[table["decoders"] == own_decoders]
measures = ["energy", "travel", "length", "euclidean"]
vaes, other_vaes = shown.first(dict.fromkeys(table["vae"]), shown.MOST_TYPES, "VAE types")
table = table[table["vae"].isin(vaes) & table["measure"].isin(measures)]
pairs, other_pairs = shown.first(sorted(set(table["pair"])), shown.MOST_PAIRS, "pairs")
energy = table[(table["measure"] == "energy") & table["pair"].isin(pairs)]
highest_energy = energy["mean"].add(energy["std"].fillna(0)).max() * 1.3
highest_cv = table["cv"].fillna(0).max() * 1.35

width = max(3.6, 0.6 * len(pairs))
columns = min(len(vaes), int(16 // width))
rows = -(-len(vaes) // columns)
n_models = table.groupby("vae")["n"].max()
titles = [
    f"{vae}: n = {n_models[vae]} {'model' if n_models[vae] == 1 else 'models'}" for vae in vaes
]
titles = [plotting.wrapped(title, width, 10.8) for title in titles]
height = 6 + plotting.further_lines(titles, 10.8)
figure, grid = plotting.grid(2 * rows, columns, max(width * columns, 4.5), height * rows)
uppers, lowers = (plotting.filled(half, len(vaes)) for half in (grid[::2], grid[1::2]))
for n, (vae, upper, lower) in enumerate(zip(vaes, uppers, lowers, strict=True)):
    own = table[table["vae"] == vae]
    if other_pairs:
        panels.draw_variation_boxes(lower, own, measures)
    else:
        upper.sharex(lower)
        upper.tick_params(labelbottom=False)
        panels.draw_variation_bars(lower, own, measures)
    panels.draw_energies(upper, energy[energy["vae"] == vae])
    upper.set_title(titles[n])
    lower.set_xlabel("measure" if other_pairs else "curve")
    upper.set_ylim(0, highest_energy or 1)
    lower.set_ylim(0, highest_cv or 1)
    if n % columns == 0:
        upper.set_ylabel("energy [nats], mean ± σ")
        lower.set_ylabel("coefficient of variation σ / μ")
    else:
        upper.tick_params(labelleft=False)
        lower.tick_params(labelleft=False)
if other_pairs:
    other_pairs = f"energies of {other_pairs}; boxes over all: median, quartiles, 5 % to 95 %"
if note := plotting.with_notes("", other_vaes, other_pairs):
    figure.supxlabel(note)
plotting.save(figure, snakemake.output)
