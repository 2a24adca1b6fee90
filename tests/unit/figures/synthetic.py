"""Results of studies that nobody computed, and figures that are drawn of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scripts
from latentgeo.io.arrays import save_arrays
from latentgeo.io.csv import write_table
from latentgeo.statistics.claims import COMPARED, Claim, Type
from latentgeo.statistics.variation import variation
from latentgeo.study import shown
from latentgeo.study.experiments import Experiment, requested
from latentgeo.study.explored import STRAIGHT
from latentgeo.study.records import EACH, MEASURES
from latentgeo.study.series import Request, place

SEGMENTS = 8


@dataclass
class Results:
    """Results of one study in a folder; files are written as figures ask for them."""

    folder: Path
    vaes: Mapping[str, int] = field(default_factory=lambda: {"single": 1, "ensemble": 3})
    seeds: int = 2
    classes: int = 3
    curves: tuple[str, ...] = ("polynomial", "piecewise-linear")
    solvers: tuple[str, ...] = ("newton",)
    pairs: int = 2
    epochs: int = 3
    spread: float = 1.0
    """Of latents in the second dimension."""
    dim: int = 2
    converged: Any = None
    """True or False for all geodesics; some of them by default."""
    history: Any = None
    """What is left of the energies of steps."""
    names: tuple[str, ...] = ()
    """Of the classes."""
    starts_of_contest: tuple[str, ...] = ("line", "random", "hot", "graph")

    @cached_property
    def random(self) -> np.random.Generator:
        return np.random.default_rng(0)

    # ── files ───────────────────────────────────────────────────────────────────────────────────

    def model(self, vae: str, seed: int) -> dict[str, np.ndarray]:
        return {"vae": np.array(vae), "seed": np.array(seed), "model": np.array(f"{vae} {seed}")}

    def latents(self, vae: str, seed: int) -> str:
        labels = self.random.permutation(np.arange(60 * self.classes) % self.classes)
        turn = 2 * np.pi * labels / self.classes + seed
        means = 2 * np.stack([np.cos(turn), np.sin(turn)], 1)
        means += self.random.normal(0, 0.5, means.shape)
        means[:, 1] *= self.spread
        means = np.pad(means, ((0, 0), (0, self.dim - 2)))
        return self.save("latents", vae, seed, means=means, labels=labels)

    def grid(self, vae: str, seed: int) -> str:
        m, g = self.vaes[vae], 8
        axes = np.stack([np.linspace(-5, 5, g)] * 2)
        entropy = np.add.outer(np.sin(axes[0] + seed), np.cos(axes[1])) - np.ones((m, 1, 1))
        orders = {"disagreement": 0, "drift": 1, "metric": 2, "skewness": 3, "slope": 3}
        orders["bending"] = 4
        own = ("metric", "skewness", "slope", "bending")
        orders |= {f"own_{name}": orders[name] for name in own}
        others = {name: np.ones((m, g, g, *[2] * order)) for name, order in orders.items()}
        centre, scale = np.zeros(2), np.ones(2)
        each = {"axes": axes, "centre": centre, "scale": scale, "entropy": entropy, **others}
        return self.save("grids", vae, seed, **each)

    def in_plane(self, **files: Any) -> dict[str, Any]:
        """What there is of two dimensions alone."""
        return files if self.dim == 2 else {}

    def save(self, kind: str, vae: str, seed: int, **arrays: np.ndarray) -> str:
        path = self.folder / kind / vae / f"seed-{seed}.npz"
        save_arrays(path, **arrays, **self.model(vae, seed))
        return str(path)

    def geodesics(self, *requests: Request, block: int = 500) -> list[str]:
        """Files of blocks of pairs, for each request those of its own."""
        paths = []
        for r in requests:
            for start in range(0, r.pairs, block):
                pair = np.arange(start, min(start + block, r.pairs))
                name = place(r.series, (r.decoder_count,) * 2, (start, pair[-1] + 1))
                paths.append(str(self.folder / "geodesics" / name))
                series = {key: np.array(value) for key, value in vars(r.series).items()}
                origin = self.model(r.series.vae, r.series.seed)
                count = np.full(len(pair), r.decoder_count)
                save_arrays(
                    paths[-1],
                    **series | origin,
                    pair=pair,
                    decoders=count,
                    **self.solved(len(pair)),
                )
        return paths

    def solved(self, n: int) -> dict[str, np.ndarray]:
        ends = self.random.normal(0, 2, (2, n, 1, self.dim))
        ends[..., 1] *= self.spread
        t = np.linspace(0, 1, SEGMENTS + 1)[None, :, None]
        bow = self.random.normal(size=(n, 1, self.dim))
        points = ends[0] * (1 - t) + ends[1] * t + t * (1 - t) * bow
        each = {name: self.random.gamma(3, 40, n) for name in EACH}
        each |= {name: np.arange(n) % 3 for name in ("label_a", "label_b", "steps")}
        each["converged"] = self.well(np.arange(n))
        each["limit"] = np.where(each["converged"], "none", "valley")
        each["status"] = np.where(each["converged"], "converged", "step limit")
        history = each["energy"][:, None] * (1 + np.exp(-np.arange(6)))
        if self.history:
            history = self.history(history)
        return each | {"points": points, "history": history}

    def well(self, numbers: np.ndarray) -> np.ndarray:
        chosen = numbers % 3 != 1 if self.converged is None else self.converged
        return np.broadcast_to(chosen, numbers.shape)

    def written(self, name: str, table: pd.DataFrame) -> str:
        path = str(self.folder / f"{name}.csv")
        write_table(table, path)
        return path

    # ── what rules give to scripts ──────────────────────────────────────────────────────────────

    def experiment(self, vaes: list[str], seeds: range, curves: Any, **changed: Any) -> Experiment:
        counts = {vae: [self.vaes[vae]] for vae in vaes}
        starts = dict.fromkeys(curves, "graph")
        settings = {"metrics": ["fisher-rao"], "decoder_counts": counts, "starts": starts}
        settings |= {"solvers": list(self.solvers), "pairs": self.pairs} | changed
        return Experiment(vaes=vaes, seeds=list(seeds), **settings)

    def cv_figure(self):
        keys = pd.MultiIndex.from_product(
            [self.vaes, range(self.pairs), range(self.seeds)], names=["vae", "pair", "seed"]
        )
        values = self.random.gamma(9, 40, (len(keys), len(MEASURES)))
        table = pd.DataFrame(values, keys, MEASURES).reset_index()
        table["vae"] = pd.Categorical(table["vae"], list(self.vaes))
        table["metric"], table["curve"] = "fisher-rao", "polynomial"
        table["decoders"] = table["vae"].map(self.vaes).astype(int)
        table["converged"] = self.well(np.arange(len(table)))
        table["limit"] = np.where(table["converged"], "none", "segments")
        written = self.written("cv", variation(table, MEASURES))
        drawn = {"metric": "fisher-rao", "curve": "polynomial"}
        params = {"drawn": drawn, "decoders": self.vaes, "segments": SEGMENTS}
        return {"table": written}, params

    def geodesics_figure(self):
        vae = list(self.vaes)[-1]
        experiment = self.experiment([vae], range(1), self.curves[:1])
        files = {"latents": self.latents(vae, 0)} | self.in_plane(grid=self.grid(vae, 0))
        files["geodesics"] = self.geodesics(*experiment.requests())
        described = {"geodesics": experiment.described()}
        return files, {"vae": vae, "experiments": described, "classes": self.names}

    def models_figure(self):
        experiment = self.experiment(list(self.vaes), range(self.seeds), self.curves[:1])
        vaes, _ = shown.first(self.vaes, shown.MOST_TYPES, "")
        seeds, _ = shown.first(range(self.seeds), shown.beside(vaes, shown.MOST_SEEDS), "")
        models = [(vae, seed) for vae in vaes for seed in seeds]
        described = experiment.described()
        requests = [r for v, s in models for r in requested([described], vae=v, seed=s)]
        files = self.in_plane(grids=[self.grid(*m) for m in models])
        files |= {"latents": [self.latents(*m) for m in models]}
        files |= {"geodesics": self.geodesics(*requests)}
        params = {"vaes": vaes, "seeds": seeds, "experiments": {"variation": described}}
        return files, params | {"classes": self.names}

    def proximity_figure(self):
        vae = list(self.vaes)[-1]
        counts = range(1, self.vaes[vae] + 1)
        table = self.keys(metric=METRICS, curve=self.curves, decoders=counts)
        mean, std, difference = self.random.random((3, len(table)))
        table = table.assign(n=self.pairs, models=1, pairs=self.pairs, mean=mean, std=std / 4)
        table = table.assign(difference=-difference, low=-1.5 * difference, high=-difference / 2)
        table.loc[table["n"] == 1, ["std", "low", "high"]] = np.nan
        table["over"] = "pairs"
        table["not_converged"] = (~self.well(np.arange(len(table)))).astype(int)
        table["not_lowest"] = table["not_converged"]
        params = {"vae": vae, "segments": SEGMENTS}
        return {"table": self.written("proximity", table)}, params

    def decoded(self, vae: str, seed: int, requests: list[Request], image=(1, 6, 5)) -> str:
        """What is seen along the curves that are asked for, and along straight lines."""
        told = [
            (r.series.metric, r.series.curve, r.series.start, r.series.solver) for r in requests
        ]
        told = [(told[0][0], STRAIGHT, "", ""), *told]
        n, t, s, f = len(told) * self.pairs, SEGMENTS + 1, 9, int(np.prod(image))
        arrays = {
            name: np.repeat([one[k] for one in told], self.pairs)
            for k, name in enumerate(("metric", "curve", "start", "solver"))
        }
        arrays["pair"] = np.tile(np.arange(self.pairs), len(told))
        arrays["converged"] = self.well(np.arange(n)) | (arrays["curve"] == STRAIGHT)
        arrays["points"] = self.random.normal(0, 2, (n, t, self.dim))
        for name in ("energy", "length"):
            arrays[name] = np.cumsum(self.random.random((n, t)), axis=1)
        arrays["frames"] = self.random.integers(0, 256, (n, t, f), dtype=np.uint8)
        arrays["strip"] = self.random.random((n, s, f))
        arrays["strip_deviation"] = self.random.random((n, s, f)) / 3 * (self.vaes[vae] > 1)
        return self.save("decoded", vae, seed, **arrays, image=np.array(image))

    def filmstrips_figure(self):
        experiment = self.experiment(list(self.vaes), range(1), self.curves[:1], metrics=METRICS)
        described = experiment.described()
        files = [self.decoded(v, 0, requested([described], vae=v)) for v in self.vaes]
        params = {"vaes": list(self.vaes), "decoders": self.vaes, "pairs": self.pairs}
        return {"decoded": files}, params | {"experiments": {"geodesics": described}}

    def starts(self, *kinds: str):
        vae = list(self.vaes)[-1]
        files, described = {}, {}
        for kind in kinds:
            changed: dict[str, Any] = {"starts": dict.fromkeys(self.curves, kind)}
            if kind == "density":
                changed |= {"starts": dict.fromkeys(self.curves, "line"), "metrics": ["density"]}
            elif kind == "cold":
                changed["starts"] = dict.fromkeys(self.curves, "random")
            experiment = self.experiment([vae], range(1), self.curves, **changed)
            files[kind] = self.geodesics(*experiment.requests())
            described[f"starts.{kind}"] = experiment.described()
        return files, {"experiments": described}

    def starts_curves_figure(self):
        files, params = self.starts("cold", "hot", "density")
        vae = list(self.vaes)[-1]
        files |= {"latents": self.latents(vae, 0)} | self.in_plane(grid=self.grid(vae, 0))
        return files, params | {"classes": self.names}

    def starts_energy_figure(self):
        files, params = self.starts("cold", "hot")
        return files, params | {"segments": SEGMENTS}

    def training_figure(self):
        likelihood = {"likelihood": "continuous-bernoulli"}
        models = [
            {"vae": vae, "seed": seed} | likelihood
            for vae in self.vaes
            for seed in range(self.seeds)
        ]
        histories = []
        for model in models:
            decoders = range(self.vaes[model["vae"]])
            keys = pd.MultiIndex.from_product(
                [range(1, self.epochs + 1), decoders], names=["epoch", "decoder"]
            )
            table = keys.to_frame(index=False)
            noise = self.random.normal(0, 5, len(table))
            table["elbo"] = 1700 - 100 * np.exp(-table["epoch"] / 2) + noise
            histories.append(self.written("history-{vae}-{seed}".format(**model), table))
        return {"histories": histories}, {"models": models}

    def keys(self, **levels: Any) -> pd.DataFrame:
        """A row for every combination."""
        return pd.MultiIndex.from_product([*levels.values()], names=[*levels]).to_frame(index=False)

    def segments_figure(self):
        numbers, pairs = (8, 16, 32, 64, 128, 256), range(self.pairs)
        table = self.keys(vae=self.vaes, metric=METRICS, segments=numbers, pair=pairs)
        table["decoders"] = table["vae"].map(self.vaes).astype(int)
        table = table[(table["decoders"] > 1) | (table["metric"] == METRICS[0])]
        for name in ("energy", "travel", "length"):
            table[name] = self.random.gamma(9, 40, len(table))
        table["converged"] = self.well(np.arange(len(table)))
        params = {"curve": "polynomial"}
        return {"table": self.written("segments", table.assign(seed=0))}, params

    def contest_figure(self):
        table = self.keys(
            vae=self.vaes,
            metric=METRICS,
            curve=self.curves,
            solver=self.solvers,
            start=self.starts_of_contest,
        )
        share = self.random.random(len(table))
        table = table.assign(n=self.pairs, reached=share, reached_low=share / 2)
        table["reached_high"] = (1 + share) / 2
        table["initial"] = 1 + self.random.gamma(1, 1, len(table))
        table["initial_low"], table["initial_high"] = table["initial"] * 0.9, table["initial"] * 1.2
        if self.pairs == 1:
            table[["initial_low", "initial_high"]] = np.nan
        table["steps"] = self.random.integers(0, 30, len(table)) / 2
        table["not_converged"] = (~self.well(np.arange(len(table)))).astype(int)
        table["not_lowest"] = table["not_converged"]
        return {"table": self.written("contest", table)}, {"seed": 0, "segments": SEGMENTS}

    def claims_figure(self):
        types = [Type(vae, count, 10, False) for vae, count in self.vaes.items()]
        rows = self.keys(a=types, b=types, metric=METRICS, curve=self.curves, measure=COMPARED)
        claims = []
        for row in rows.itertuples():
            if row.a == row.b:
                continue
            case = f"{row.measure}, {row.metric}, {row.curve}: {row.a.name} over {row.b.name}"
            effect, width = np.exp(self.random.normal(0, 0.5, 2))
            ends = (effect / (1 + width), effect * (1 + width)) if self.seeds > 2 else (np.nan,) * 2
            what = f"more decoders lower the CV of the {row.measure}"
            sizes = self.seeds, self.pairs
            claims.append(Claim(what, "someone", case, effect, *ends, *sizes, "lower"))
        found = -0.1, -0.2, 0.1
        claims.append(Claim("geodesics lie closer", "someone", "all", *found, 3, 3, "nearer"))
        table = pd.DataFrame([claim.row() for claim in claims]).sort_values("claim", kind="stable")
        return {"table": self.written("claims", table)}, {}


METRICS = ["fisher-rao", "fisher-rao-within"]

FIGURES = [
    "claims_figure",
    "contest_figure",
    "segments_figure",
    "cv_figure",
    "filmstrips_figure",
    "geodesics_figure",
    "models_figure",
    "proximity_figure",
    "starts_curves_figure",
    "starts_energy_figure",
    "training_figure",
]


def draw(results: Results, name: str, *endings: str) -> list[Path]:
    """Run a figure's script as a rule does, but for its log; the files that it wrote."""
    files, params = getattr(results, name)()
    paths = [results.folder / f"{name}.{ending}" for ending in endings]
    scripts.run(name, files, params, [str(path) for path in paths])
    return paths
