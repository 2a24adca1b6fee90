"""What the experiments of a study are: geodesics that are asked for, and compared, together.

An experiment is every combination of its VAE types, seeds, numbers of decoders, curve families and
solvers, for the first pairs of the sequence. The config's forms of it are translated here and
nowhere else; rules, tables and figures are given the translation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .series import Request, Series
from .vaes import decoder_counts

FISHER_RAO, DENSITY = "fisher-rao", "density"


@dataclass(frozen=True)
class Experiment:
    """One experiment; all of its fields are what JSON can say."""

    metrics: list[str]
    vaes: list[str]
    seeds: list[int]
    decoder_counts: dict[str, list[int]]
    """Of each VAE type."""
    starts: dict[str, str]
    """The start of each curve family."""
    solvers: list[str]
    pairs: int
    orders: int = 1
    """In how many orders the decoders are taken; the first is their own."""
    totals: dict[str, int] = field(default_factory=dict)
    """How many decoders each VAE type has: all of them are the same in any order."""

    @property
    def curves(self) -> list[str]:
        return list(self.starts)

    def requests(self) -> list[Request]:
        """The geodesics that it asks for."""
        return [
            Request(Series(vae, seed, metric, curve, start, solver, order), count, self.pairs)
            for vae in self.vaes
            for seed in self.seeds
            for metric in self.metrics
            for curve, start in self.starts.items()
            for solver in self.solvers
            for order in range(self.orders)
            for count in self._counts(vae, metric)
            if not order or count < self.totals[vae]
        ]

    def _counts(self, vae: str, metric: str) -> list[int]:
        """The density metric knows no decoders, and one decoder is coupled with itself anyway."""
        if metric == DENSITY:
            return [0]
        counts = self.decoder_counts[vae]
        again = metric != next(other for other in self.metrics if other != DENSITY)
        return [count for count in counts if count > 1 or not again]

    def described(self) -> dict[str, Any]:
        """The fields, from which it can be made again."""
        return asdict(self)


def experiments(config: Mapping[str, Any]) -> dict[str, Experiment]:
    """All experiments of a checked configuration, by name.

    Part C is three of them: `starts.density`, the geodesics that hot starts are, `starts.cold` and
    `starts.hot`; and the contest of starts is one for each start. `segments` is none: its
    geodesics have other numbers of segments than the study's.
    """
    found = {}
    for name, settings in config["experiments"].items():
        if name == "segments":
            continue
        if name == "contest":
            found |= _of_contest(settings, config)
        elif name == "starts":
            found |= {f"starts.{kind}": _of_starts(kind, settings) for kind in START_KINDS}
        else:
            found[name] = _experiment(settings, config, COUNTS.get(name, _asked))
    return found


START_KINDS = ("density", "cold", "hot")
Counts = Callable[[Mapping[str, Any], int], list[int]]


def requested(described: Iterable[Mapping[str, Any]], **fields: Any) -> list[Request]:
    """What described experiments ask for, of series with given fields, as vae="single"."""
    requests = [r for fields_of in described for r in Experiment(**fields_of).requests()]
    return [r for r in requests if fields.items() <= vars(r.series).items()]


def _asked(settings: Mapping[str, Any], own: int) -> list[int]:
    """The numbers of decoders that are asked for, or all of a type's own."""
    return _listed(settings, "decoder", [own])


def _from_one(settings: Mapping[str, Any], own: int) -> list[int]:
    """Every number up to the one that is asked for."""
    return list(range(1, settings["decoders"] + 1))


def _beside_all(settings: Mapping[str, Any], own: int) -> list[int]:
    """All of a type's own, and what is asked for of those that have more."""
    return sorted({own, *(count for count in settings.get("decoders", ()) if count < own)})


COUNTS = {"proximity": _from_one, "variation": _beside_all}
"""What `decoders` means to the experiments that do not simply ask for these numbers."""


def _experiment(
    settings: Mapping[str, Any], config: Mapping[str, Any], counts: Counts
) -> Experiment:
    """All types, seeds and decoders where the settings name none."""
    own_counts = decoder_counts(config)
    vaes = _listed(settings, "vae", own_counts)
    return Experiment(
        metrics=_listed(settings, "metric", FISHER_RAO),
        vaes=vaes,
        seeds=_listed(settings, "seed", range(config["training"]["seeds"])),
        decoder_counts={vae: counts(settings, own_counts[vae]) for vae in vaes},
        starts=dict.fromkeys(_listed(settings, "curve", ()), settings["start"]),
        solvers=_listed(settings, "solver", ()),
        pairs=settings["pairs"],
        orders=settings.get("orders", 1),
        totals={vae: own_counts[vae] for vae in vaes},
    )


def _of_starts(kind: str, settings: Mapping[str, Any]) -> Experiment:
    """Part C's geodesics that are started cold, hot, or that hot starts are."""
    start = {"density": settings["density_start"], "hot": "hot", "cold": None}[kind]
    vae = settings["vae"]
    return Experiment(
        metrics=[DENSITY if kind == "density" else FISHER_RAO],
        vaes=[vae],
        seeds=[settings["seed"]],
        decoder_counts={vae: [settings["decoders"]]},
        starts={curve: start or cold for curve, cold in settings["cold"].items()},
        solvers=list(settings["solvers"]),
        pairs=settings["pairs"],
    )


def _of_contest(settings: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Experiment]:
    """The contest's geodesics from each start, and those that its hot starts are."""
    found = {
        f"contest.{start}": _experiment({**settings, "start": start}, config, _asked)
        for start in settings["starts"]
    }
    if "hot" in settings["starts"]:
        start = config["experiments"]["starts"]["density_start"]
        density = {**settings, "metrics": [DENSITY], "start": start}
        found["contest.density"] = _experiment(density, config, _asked)
    return found


def _listed(settings: Mapping[str, Any], key: str, default: Any) -> list:
    """The entries of a key that is there in the singular or in the plural, or neither."""
    plural = settings.get(f"{key}s", settings.get(key, default))
    return list(plural) if isinstance(plural, list | tuple | range | Mapping) else [plural]
