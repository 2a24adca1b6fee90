"""How the cost of ours grows with decoders, pairs and segments."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from latentgeo.curves import Polynomial
from latentgeo.randomness import generator
from latentgeo.starts.grid.fields import LatentGrid
from models import Model
from ours import evaluate_grid, newton_from_graph
from traces import Trace

SIZES = {
    "decoders": (1, 2, 3, 4, 6, 8, 10),
    "pairs": (1, 2, 5, 10, 20, 50, 100, 200),
    "segments": (8, 16, 32, 64, 128),
}
QUICK = {"decoders": (1, 2, 4), "pairs": (1, 2, 4), "segments": (8, 16, 32)}
PAIRS = 20
FAMILY = Polynomial(3)


def run(model: Model, segments: int, grid_nodes: int, effort: str, log: Callable) -> pd.DataFrame:
    """scaling.csv: the whole solve from the graph start, the grid apart, and the log-log slopes.

    `cpu_per_step` divides by the mean number of Newton steps and the first evaluation, which
    depends on the curves.
    """
    sizes, pairs = (QUICK, 4) if effort == "quick" else (SIZES, PAIRS)
    whole = model.problem(FAMILY, segments)
    grid, grid_cpu, _ = evaluate_grid(whole, model.latents, grid_nodes)
    rows = _more_rows(model, max(sizes["pairs"]))
    _solve(model, segments, rows[:2], None, grid)
    records = []
    for axis, values in sizes.items():
        for value in values:
            count = value if axis == "pairs" else pairs
            traces = _solve(
                model,
                value if axis == "segments" else segments,
                rows[:count],
                value if axis == "decoders" else None,
                grid,
            )
            cpu = sum(trace.cpu[-1] for trace in traces)
            rounds = np.mean([trace.steps + 1 for trace in traces])
            records.append(
                {
                    "axis": axis,
                    "size": value,
                    "cpu": cpu,
                    "cpu_per_step": cpu / rounds,
                    "evaluations": sum(trace.evaluations[-1] for trace in traces),
                    "steps_mean": rounds - 1,
                    "grid_cpu": grid_cpu,
                }
            )
            log(f"scaling {axis} = {value}: {cpu:.2f} s")
    table = pd.DataFrame(records)
    for column in ("cpu", "cpu_per_step", "evaluations"):
        slopes = {
            axis: np.polyfit(np.log(group["size"]), np.log(group[column]), 1)[0]
            for axis, group in table.groupby("axis")
        }
        table[f"slope_{column}"] = table.axis.map(slopes)
    return table


def _solve(
    model: Model, segments: int, rows: torch.Tensor, decoder_count: int | None, grid: LatentGrid
) -> list[Trace]:
    return newton_from_graph(model.problem(FAMILY, segments, rows, decoder_count), grid)[0]


def _more_rows(model: Model, count: int) -> torch.Tensor:
    """The model's pairs and as many random ones as are missing: (count, 2)."""
    stream = generator(0, "benchmark", "pairs")
    more = torch.randint(len(model.latents), (count, 2), generator=stream)
    return torch.cat([model.rows, more])[:count]
