# What the study is: its settings, checked; its experiments; where its results lie.
import math
import sys
import time
from pathlib import Path

# This file's own place: the workflow may be run from elsewhere, included, or used as a module.
BASE = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parent
SCRIPTS = BASE / "workflow" / "scripts"
if str(SCRIPTS) not in sys.path:
    sys.path.insert(0, str(SCRIPTS))

# what plans a study takes nothing that Snakemake itself does not bring
from latentgeo import plugins
from latentgeo.errors import StudyError
from latentgeo.images import counts
from latentgeo.io import whole
from latentgeo.study import configuration, environments, experiments, explored, last_words
from latentgeo.study import memory, plan, progress, provenance, shown, sources, vaes
from latentgeo.study.series import PLACE, Series, order_name, order_of, span
from snakemake.exceptions import WorkflowError

# A module has the settings of whoever uses it alone, not those of the command line.
IS_MODULE = not workflow.modifier.is_main_snakefile()
GIVEN = {} if IS_MODULE else workflow.config_settings.config
PREFIX = workflow.modifier.path_modifier.prefix or ""

STARTED = time.time()

try:
    configuration.complete(config, BASE / "config.yaml", GIVEN)
    configuration.check(config, BASE / "workflow/schemas/config.schema.yaml")
    if missing := list(dict.fromkeys(vaes.missing_files(config))):
        raise StudyError("\n".join(missing))
    DATA_FILES, CONTENT = counts.data_files(config["data"])
    IMAGE_SHAPE = counts.image_shape(config["data"])
    CLASS_NAMES = counts.class_names(config["data"])
    if config["data"]["source"] == "embedded":
        images = counts.count_embedded(
            counts.EMBEDDED, config["data"]["classes"], config["pairs"]["split"]
        )
        configuration.check_pairs(config, images)
except StudyError as error:
    raise WorkflowError(str(error)) from None

VAES = vaes.decoder_counts(config)
SEEDS = range(config["training"]["seeds"])
LATENT_DIM = config["model"]["latent_dim"]

IMAGES = "results/images.npz"
MODEL = "results/models/{vae}/seed-{seed}/model.safetensors"
HISTORY = "results/models/{vae}/seed-{seed}/history.csv"
EVALUATION = "results/models/{vae}/seed-{seed}/evaluation.csv"
LATENTS = "results/latents/{vae}/seed-{seed}.npz"
GRID = "results/grids/{vae}/seed-{seed}{order}.npz"
ROADMAP = "results/roadmaps/{vae}/seed-{seed}{order}.npz"
PAIRS = "results/pairs/{block}.npz"
GEODESICS = f"results/geodesics/{PLACE}"
DECODED = "results/decoded/{vae}/seed-{seed}.npz"
PAGE = "results/study.html"

# Captions, and the page's template: what they say.
REPORT_CHECKSUM = counts.content(*sorted(p for p in (BASE / "workflow/report").rglob("*.*")))

EXPERIMENTS = experiments.experiments(config)
SEGMENTS = {"vaes": list(VAES), **config["experiments"]["segments"]}
CONTEST = [f"contest.{start}" for start in config["experiments"]["contest"]["starts"]]
REQUESTS = [r for e in EXPERIMENTS.values() for r in e.requests()]
JOBS = plan.plan(REQUESTS, config["pairs"]["per_job"])

# The version of torch that jobs have: conda's, if Snakemake makes environments, else our own.
MAKES_ENVIRONMENTS = bool(workflow.deployment_settings.deployment_method)
TORCH = environments.version_of("torch", BASE / "envs/geometry.yaml", MAKES_ENVIRONMENTS)


wildcard_constraints:
    vae="|".join(VAES),
    seed=r"\d+",
    order=r"(-order-[1-9]\d*)?",
    decoder_span=r"\d+(-\d+)?",
    metric="[a-z-]+",
    curve="|".join(config["curves"]["families"]),
    start="[a-z-]+",
    solver="|".join(config["solvers"]),
    block=r"\d+-\d+",
    dataset=r"\w+",
