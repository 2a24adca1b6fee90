import ast
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

SCRIPTS = Path(workflow.basedir) / "workflow" / "scripts"
sys.path.insert(0, str(SCRIPTS))

from latentgeo import configuration, digits, files, plan, results, stored
from latentgeo.errors import StudyError
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

EMBEDDED = Path(workflow.basedir) / "resources" / "mnist-012.npz"

# Snakemake reads the values inside `--config key={...}` as strings
update_config(config, configuration.retyped(workflow.config_settings.config))

try:
    configuration.check(config, Path(workflow.basedir) / "workflow/schemas/config.schema.yaml")
    if config["data"]["source"] == "embedded":
        images = digits.count_embedded(EMBEDDED, config["data"]["classes"])
        configuration.check_pairs(config, images)
    if workflow.is_main_process:
        files.refuse_cut_off("results")
except StudyError as error:
    raise WorkflowError(str(error)) from None

VAES = config["vaes"]
SEEDS = range(config["training"]["seeds"])
LATENT_DIM = 2
TORCH = version("torch")
EXPERIMENTS = config["experiments"]

MODEL = "results/models/{vae}/seed-{seed}/model.safetensors"
HISTORY = "results/models/{vae}/seed-{seed}/history.csv"
EVALUATION = "results/models/{vae}/seed-{seed}/evaluation.csv"
LATENTS = "results/latents/{vae}/seed-{seed}.npz"
GRID = "results/grids/{vae}/seed-{seed}.npz"
PAIRS = "results/pairs/{block}.npz"
GEODESICS = f"results/geodesics/{stored.PLACE}"


wildcard_constraints:
    vae="|".join(VAES),
    seed=r"\d+",
    decoders=r"\d+(-\d+)?",
    metric="fisher-rao|density",
    curve="|".join(config["curves"]["families"]),
    start="line|random|graph|hot",
    solver="|".join(config["solvers"]),
    block=r"\d+-\d+",


# ── what the experiments ask for ────────────────────────────────────────────────────────────────


def requested_geodesics():
    e = EXPERIMENTS["geodesics"]
    return {
        vae: plan.Request(series(vae, e["seed"], e["curve"], e), VAES[vae], e["pairs"])
        for vae in VAES
    }


def requested_variation():
    e = EXPERIMENTS["variation"]
    return [
        plan.Request(series(vae, seed, e["curve"], e), VAES[vae], e["pairs"])
        for vae in VAES
        for seed in SEEDS
    ]


def requested_proximity():
    e = EXPERIMENTS["proximity"]
    return [
        plan.Request(series(e["vae"], e["seed"], curve, e), decoders, e["pairs"])
        for curve in e["curves"]
        for decoders in range(1, e["decoders"] + 1)
    ]


def requested_starts(kind):
    """Geodesics of part C: `cold`, `hot`, or the `density` geodesics that hot starts are."""
    e = EXPERIMENTS["starts"]
    return [
        plan.Request(
            plan.Series(
                e["vae"],
                e["seed"],
                "density" if kind == "density" else "fisher-rao",
                curve,
                {"cold": cold, "hot": "hot", "density": e["density_start"]}[kind],
                solver,
            ),
            0 if kind == "density" else e["decoders"],
            e["pairs"],
        )
        for curve, cold in e["cold"].items()
        for solver in e["solvers"]
    ]


def series(vae, seed, curve, experiment):
    return plan.Series(vae, seed, "fisher-rao", curve, experiment["start"], experiment["solver"])


def requested():
    return [
        *requested_geodesics().values(),
        *requested_variation(),
        *requested_proximity(),
        *(r for kind in ("density", "cold", "hot") for r in requested_starts(kind)),
    ]


JOBS = plan.plan(requested(), config["pairs"]["per_job"])


def geodesic_files(requests):
    """The files that hold the requested geodesics (and perhaps more)."""
    return [
        GEODESICS.format(**vars(job.series), decoders=job.decoders, block=job.block)
        for job in plan.serving(JOBS, requests)
    ]


def figure_files(*names):
    return [f"results/figures/{name}{kind}" for name in names for kind in (".png", ".pdf")]


def table_files(*names):
    return [f"results/tables/{name}.csv" for name in names]


def tables():
    return table_files("models", "geodesics", "cv", "proximity", "starts")


def figures():
    maps = [f"geodesics-{vae}" for vae in VAES]
    return figure_files(
        *maps, "cv", "models", "proximity", "starts-curves", "starts-energy", "training"
    )


def part_a():
    maps = [f"geodesics-{vae}" for vae, decoders in VAES.items() if decoders == 1]
    return table_files("models", "cv") + figure_files(*maps, "cv", "models", "training")


def part_b():
    maps = [f"geodesics-{vae}" for vae, decoders in VAES.items() if decoders > 1]
    return table_files("models", "cv", "proximity") + figure_files(
        *maps, "cv", "models", "training", "proximity"
    )


def part_c():
    return table_files("starts") + figure_files("starts-curves", "starts-energy")


# ── what rules share ────────────────────────────────────────────────────────────────────────────


@cache
def code(script):
    """The modules of this project that a script imports, directly or not, as inputs of its rule."""
    seen, waiting = set(), [SCRIPTS / f"{script}.py"]
    while waiting:
        for path in map(str, local_imports(waiting.pop())):
            if path not in seen:
                seen.add(path)
                waiting.append(Path(path))
    return sorted(seen)


def local_imports(path):
    """The project's modules that one file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            base = path.parent if node.level else SCRIPTS
            parts = (node.module or "").split(".") if node.module else []
            names = [base.joinpath(*parts), *(base.joinpath(*parts, a.name) for a in node.names)]
        elif isinstance(node, ast.Import):
            names = [SCRIPTS.joinpath(*alias.name.split(".")) for alias in node.names]
        else:
            continue
        for name in names:
            for file in (name.with_suffix(".py"), name / "__init__.py"):
                if file.is_file():
                    yield file


def grows(amount):
    """A resource that doubles with every attempt: a job killed for too little comes back."""
    return lambda wildcards, attempt: amount * 2 ** (attempt - 1)


def at(experiment):
    """The VAE type and seed of an experiment, to format a path with."""
    return {"vae": experiment["vae"], "seed": experiment["seed"]}


def architecture(wildcards):
    """What fixes the shapes of a model of the VAE type."""
    decoders = VAES[wildcards.vae]
    return {"latent_dim": LATENT_DIM, "decoders": decoders, **config["model"]}


def passes(vae):
    """The training settings for a VAE type's number of decoders."""
    training = config["training"]
    kind = "single_decoder" if VAES[vae] == 1 else "several_decoders"
    return training[kind] | {key: training[key] for key in ("learning_rate", "held_out")}


def start_from(wildcards):
    """What a start is made of: the latent grid, the geodesics of the density metric, or nothing."""
    if wildcards.start == "graph":
        return {"grid": GRID.format(**wildcards)}
    if wildcards.start == "hot":
        density = dict(decoders=0, metric="density", start=EXPERIMENTS["starts"]["density_start"])
        return {"hot": GEODESICS.format(**dict(wildcards) | density)}
    return {}


def metric_settings(wildcards):
    return config["density"] if wildcards.metric == "density" else {}


def in_both_formats(name, caption=None):
    """A figure as PNG and PDF, each with the same caption in the report."""
    caption = f"../workflow/report/figure-{caption or name}.rst"
    options = {"caption": caption, "category": "Figures"}
    files = {path: Path(path).suffix[1:].upper() for path in figure_files(name)}
    labelled = {path: {"figure": name, "format": kind} for path, kind in files.items()}
    return [report(path, labels=labels, **options) for path, labels in labelled.items()]
