"""The project against its peers: writes benchmarks/results from models that nothing was tuned on.

python benchmarks/run.py [--results FOLDER] [--only contest|scaling] [--quick | --full]
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
import restarts
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
        _contest(arguments)
    if arguments.only in (None, "scaling"):
        model = _load(arguments, "ensemble", arguments.ensemble[0])
        table = scaling.run(model, *_settings(arguments))
        _write(table, arguments.output / "scaling.csv")
        print(table.round(3).to_string(index=False))
    (arguments.output / "machine.json").write_text(json.dumps(machine.describe(), indent=2) + "\n")
    figure.draw(arguments.output)


def _contest(arguments: argparse.Namespace) -> None:
    """The contest on every model; what is there of other VAE types stays, if only one is asked."""
    files = {name: arguments.output / f"{name}.csv" for name in ("curves", "restart_curves")}
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in files}
    for name, path in files.items():
        if set(arguments.vaes) != set(models.SEEDS) and path.exists():
            kept = pd.read_csv(path, keep_default_na=False, na_values=[""])
            parts[name].append(kept[~kept["vae"].isin(arguments.vaes)])
    for vae in arguments.vaes:
        for n, seed in enumerate(getattr(arguments, vae)):
            model = _load(arguments, vae, seed)
            for tables in contest.run(model, *_settings(arguments), studied=n == 0):
                for name, table in zip(files, tables, strict=True):
                    parts[name].append(table)
                    _write(pd.concat(parts[name]), files[name])
    curves, again = (pd.concat(parts[name]) for name in files)
    curves["limit"] = curves["limit"].fillna("")
    tables = {
        "contest": contest.summarise(curves),
        "ratios": contest.ratios(curves),
        "restarts": restarts.summarise(again),
    }
    for name, table in tables.items():
        _write(table, arguments.output / f"{name}.csv")
        print(table.round(3).to_string(index=False))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add(
        "--results", type=Path, default=HERE / "models/results", help="of the study with the models"
    )
    add("--output", type=Path, default=HERE / "results")
    add("--only", choices=("contest", "scaling"))
    add("--vaes", nargs="+", choices=models.SEEDS, default=list(models.SEEDS))
    for vae, seeds in models.SEEDS.items():
        add(f"--{vae}", nargs="+", type=int, default=list(seeds), help="seeds of its models")
    effort = parser.add_mutually_exclusive_group()
    for name, text in (
        (contest.QUICK, "few pairs and steps, to see that all works"),
        (contest.FULL, "all pairs for all but the study's recipe, and more restarts"),
    ):
        effort.add_argument(f"--{name}", dest="effort", action="store_const", const=name, help=text)
    parser.set_defaults(effort=contest.DEFAULT)
    add("--pairs", type=int, help="of each model; not given, 50 (single) and 25 (ensemble)")
    add("--segments", type=int, default=32)
    add("--grid-nodes", type=int, default=56)
    return parser.parse_args()


def _load(arguments: argparse.Namespace, vae: str, seed: int) -> models.Model:
    pairs = {contest.QUICK: 4, contest.DEFAULT: models.PAIRS[vae], contest.FULL: 50}
    return models.load(arguments.results, vae, seed, arguments.pairs or pairs[arguments.effort])


def _settings(arguments: argparse.Namespace) -> tuple:
    return arguments.segments, arguments.grid_nodes, arguments.effort, _log


def _log(message: str) -> None:
    print(f"{process_time():7.1f} s  {message}", flush=True)


def _write(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, float_format="%.6g")


if __name__ == "__main__":
    main()
