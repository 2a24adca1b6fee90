"""Distance of geodesics to the latents against the number of decoders (figure 3)."""

import numpy as np
from job import begin
from latentgeo.io.tables import read_table
from latentgeo.statistics.counts import COUNTS, note
from latentgeo.study import plotting, shown

begin(snakemake)
p = snakemake.params
numbers = ["decoders", "n", "models", "pairs", "mean", "std", "difference", "low", "high"]
table = read_table(snakemake.input.table, *numbers, *COUNTS)
metrics = list(dict.fromkeys(table["metric"]))
curves, left_out = shown.first(dict.fromkeys(table["curve"]), shown.MOST_LINES, "curve families")
width = plotting.WIDTH if len(metrics) > 1 else plotting.NARROW
figure, panels = plotting.grid(2, len(metrics), width, 4.6, sharey="row", sharex=True)
for metric, (upper, lower) in zip(metrics, panels.T, strict=True):
    of_metric = table[table["metric"] == metric]
    name = shown.metric(metric, of_metric["decoders"].max())
    upper.set_title(plotting.wrapped(name, width / len(metrics) - 0.9, plotting.SIZE))
    for k, curve in enumerate(curves):
        own = of_metric[of_metric["curve"] == curve]
        style = plotting.line_style(k) | {"ms": 4, "lw": 1}
        missed = note(table[table["curve"] == curve])
        label = f"{curve} ({missed})" if missed else curve
        error = own["std"] / np.sqrt(own["n"])
        upper.plot(own["decoders"], own["mean"], label=label, **style)
        low, high = own["mean"] - error, own["mean"] + error
        upper.fill_between(own["decoders"], low, high, color=style["color"], alpha=0.2, lw=0)
        ends = np.nan_to_num([own["difference"] - own["low"], own["high"] - own["difference"]])
        places = own["decoders"] + 0.15 * (k - (len(curves) - 1) / 2) / max(len(curves) - 1, 1)
        lower.errorbar(places, own["difference"], ends, capsize=2, **style)
    lower.axhline(0, color="0.6", lw=0.8, zorder=0)
    lower.set_xlabel("decoders of the ensemble")
    plotting.whole_numbers(lower)
panels[0, 0].set_ylabel("proximity: largest distance\nto the nearest latent [latent units]")
panels[0, 0].set_ylim(bottom=0)
errors = (table["std"] / np.sqrt(table["n"])).fillna(0)
cut = plotting.without_outliers(panels[0], (table["mean"] + errors).to_numpy())
ends = table[["difference", "low", "high"]].to_numpy().ravel()
cut = plotting.without_outliers(panels[1], ends) or cut
panels[1, 0].set_ylabel("less that of one decoder\n[spread of the latents]")
most = table.loc[table["n"].idxmax()]
of_curves = f"mean of {most['n']} curves ± standard error" if most["n"] > 1 else "one curve"
models = "1 model" if most["models"] == 1 else f"{most['models']} models"
sizes = f"{p.vae}: {models}, {most['pairs']} pairs, N = {p.segments} segments"
over = f"below: 95 % intervals over {', '.join(dict.fromkeys(table['over']))}"
arrows = "arrows: beyond the frame" if cut else ""
plotting.below(figure, "", sizes, f"above: {of_curves}", over, arrows, left_out)
plotting.legend_above(figure, *panels[0, 0].get_legend_handles_labels())
plotting.save(figure, snakemake.output, table[table["curve"].isin(curves)])
