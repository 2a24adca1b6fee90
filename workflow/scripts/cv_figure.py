"""Energies over retrained models, and how much each measure varies (figure 2), side by side."""

import matplotlib.pyplot as plt
import numpy as np
from job import begin
from latentgeo.io.tables import read_table
from latentgeo.study import plotting

begin(snakemake)
table = read_table(snakemake.input.table, "pair", "n", "mean", "std", "cv", "not_converged")
vaes = list(dict.fromkeys(table["vae"]))
measures = ["energy", "travel", "length", "euclidean"]
figure, panels = plt.subplots(
    2, len(vaes), figsize=(max(3.6 * len(vaes), 4.5), 6), sharex="col", sharey="row", squeeze=False
)
for column, vae in enumerate(vaes):
    upper, lower = panels[:, column]
    own = table[table["vae"] == vae]
    energy = own[own["measure"] == "energy"]
    curves = energy["pair"] + 1
    upper.errorbar(curves, energy["mean"], energy["std"], fmt="o", capsize=3, color="black")
    for x, row in zip(curves, energy.itertuples(), strict=True):
        text = f"{row.mean:.3g}\n± {row.std:.3g}\nCV {row.cv:.2f}"
        if row.not_converged:
            text += f"\n{row.not_converged} not conv."
        top = row.mean + np.nan_to_num(row.std)
        upper.annotate(
            text, (x, top), (0, 4), textcoords="offset points", ha="center", fontsize=6.5
        )
    upper.set_title(f"{vae}: n = {int(energy['n'].max())} models")
    width = 0.8 / len(measures)
    for k, measure in enumerate(measures):
        values = own[own["measure"] == measure]
        mean = values["cv"].mean()
        label = f"{measure} (mean {mean:.2f})"
        position = values["pair"] + 1 + (k - (len(measures) - 1) / 2) * width
        lower.bar(position, values["cv"], width, label=label, color=plotting.COLOURS[k])
    lower.set_xlabel("curve")
    lower.set_xticks(curves, [f"$c_{{{c}}}$" for c in curves])
    lower.legend(fontsize=7, ncols=2, loc="upper center")
panels[0, 0].set_ylabel("energy [nats], mean ± σ")
panels[1, 0].set_ylabel("coefficient of variation σ / μ")
for axes in panels[0]:
    axes.set_ylim(0, table.loc[table["measure"] == "energy"].eval("mean + std").max() * 1.3)
panels[1, 0].set_ylim(0, table["cv"].max() * 1.35)
plotting.save(figure, snakemake.output)
