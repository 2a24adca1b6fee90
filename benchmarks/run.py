"""The project against its peers: writes benchmarks/results from the study's own models.

python benchmarks/run.py [--results results] [--only contest|scaling] [--quick | --full]
"""

import environment  # noqa: F401

# isort: split
import argparse
import json
from pathlib import Path
from time import process_time

import contest
import figure
import machine
import models
import pandas as pd
import scaling
import torch
from job import keep_freed_memory

HERE = Path(__file__).resolve().parent


def main() -> None:
    arguments = _arguments()
    torch.set_num_threads(1)
    keep_freed_memory()
    arguments.output.mkdir(parents=True, exist_ok=True)
    if arguments.only in (None, "contest"):
        tables = []
        curves_file = arguments.output / "curves.csv"
        if arguments.vaes != list(models.VAES) and curves_file.exists():
            kept = pd.read_csv(curves_file)
            tables.append(kept[~kept["vae"].isin(arguments.vaes)])
        for model in _load(arguments):
            for table in contest.run(model, *_settings(arguments)):
                tables.append(table)
                _write(pd.concat(tables), curves_file)
        curves = pd.concat(tables)
        summary, ratios = contest.summarise(curves), contest.ratios(curves)
        for name, table in (("contest", summary), ("ratios", ratios)):
            _write(table, arguments.output / f"{name}.csv")
        shares = ["curves", "share_1pct", "share_0.1pct", "cpu_0.1pct_median", "cpu_total_mean"]
        shown = summary[[*contest.KEY, *shares, "excess_energy_mean", "steps_median"]]
        print(shown.round(4).to_string(index=False))
        print(ratios[ratios.our_start == "graph"].round(2).to_string(index=False))
    if arguments.only in (None, "scaling"):
        *_, ensemble = _load(arguments)
        table = scaling.run(ensemble, *_settings(arguments))
        _write(table, arguments.output / "scaling.csv")
        print(table.round(3).to_string(index=False))
    (arguments.output / "machine.json").write_text(json.dumps(machine.describe(), indent=2) + "\n")
    figure.draw(arguments.output)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--results", type=Path, default=Path("results"), help="the study's results")
    add("--output", type=Path, default=HERE / "results")
    add("--only", choices=("contest", "scaling"))
    add("--vaes", nargs="+", choices=models.VAES, default=list(models.VAES))
    effort = parser.add_mutually_exclusive_group()
    for name, text in (
        (contest.QUICK, "few pairs and steps, to see that all works"),
        (contest.FULL, "all pairs for all but the study's recipe"),
    ):
        effort.add_argument(f"--{name}", dest="effort", action="store_const", const=name, help=text)
    parser.set_defaults(effort=contest.DEFAULT)
    add("--pairs", type=int, default=50)
    add("--segments", type=int, default=32)
    add("--grid-nodes", type=int, default=56)
    return parser.parse_args()


def _load(arguments: argparse.Namespace) -> list[models.Model]:
    pairs = 4 if arguments.effort == contest.QUICK else arguments.pairs
    return [models.load(arguments.results, name, pairs) for name in arguments.vaes]


def _settings(arguments: argparse.Namespace) -> tuple:
    return arguments.segments, arguments.grid_nodes, arguments.effort, _log


def _log(message: str) -> None:
    print(f"{process_time():7.1f} s  {message}", flush=True)


def _write(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, float_format="%.6g")


if __name__ == "__main__":
    main()
