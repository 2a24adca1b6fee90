# What rules share.
from functools import cache

from snakemake.iocontainers import Wildcards
from snakemake.logging import logger

# ── what experiments give to tables and figures ─────────────────────────────────────────────────


def geodesics_of(*names, **fields):
    """The files that hold the geodesics of some experiments, of series with given fields."""
    return files_of(described(*names), **fields)


def files_of(described_experiments, **fields):
    requests = experiments.requested(described_experiments.values(), **fields)
    return [f"results/geodesics/{job.place}" for job in plan.serving(JOBS, requests)]


def described(*names):
    """Experiments by name, in a form that scripts make them of again; all of them without names."""
    for name in names:
        if name not in EXPERIMENTS:
            raise WorkflowError(
                f"config: experiments.{name}: a rule asks for it, but there is none"
            )
    return {name: EXPERIMENTS[name].described() for name in names or EXPERIMENTS}


def drawn(name):
    """Of an experiment, by name, what the study's figures draw: the first of its metrics and curve
    families, and all decoders of a type.
    """
    [experiment] = described(name).values()
    counts = {vae: [max(own)] for vae, own in experiment["decoder_counts"].items()}
    starts = dict([*experiment["starts"].items()][:1])
    metrics = experiment["metrics"][:1]
    return {name: {**experiment, "metrics": metrics, "starts": starts, "decoder_counts": counts}}


def one_model(pattern, experiment):
    """The file of an experiment's only VAE type and seed."""
    [path] = each_model(pattern, experiment)
    return path


def each_model(pattern, experiment):
    """The files of all VAE types and seeds of an experiment."""
    return [
        of_one(pattern, vae, seed)
        for vae in EXPERIMENTS[experiment].vaes
        for seed in EXPERIMENTS[experiment].seeds
    ]


def of_one(pattern, vae, seed, order=0):
    """The file of one model, with its decoders in their own order or another."""
    return pattern.format(vae=vae, seed=seed, order=order_name(order))


@cache
def explored_in(vae, seed):
    """The geodesics that the page's explorer shows in one model."""
    pairs = config["explorer"]["pairs"]
    return explored.requests(described().values(), vae, seed, VAES[vae], pairs)


def geodesics_explored(vae, seed):
    jobs = plan.serving(JOBS, explored_in(vae, seed))
    return [f"results/geodesics/{job.place}" for job in jobs]


def left_out_of_explorer():
    """What the page's explorer says that it does not show."""
    chosen = config["explorer"]
    most_pairs = max(experiment.pairs for experiment in EXPERIMENTS.values())
    notes = [
        shown.first(range(most_pairs), chosen["pairs"], "pairs")[1],
        shown.first(SEEDS, chosen["models"], "models of a type")[1],
    ]
    notes = " and ".join(filter(None, notes))
    return f"Shown are {notes}; explorer.pairs and explorer.models ask for more." if notes else ""


# ── tables and figures, and the parts of the study that they belong to ──────────────────────────

# The parts of the study that geodesics in one model of a VAE type belong to.
PART_OF_VAE = {vae: "a" if decoder_count == 1 else "b" for vae, decoder_count in VAES.items()}
TABLES = {}  # the parts ("a", "ab", ...; none for what is of the whole study) of every file
FIGURES = {}
CAPTIONS = {}  # of every file the caption's name, and the wildcards that it may name


def table(name, parts="", shown=None):
    """A table of the study, made by the rule that calls this, with its caption in the report."""
    path = f"results/tables/{name}.csv"
    TABLES[path] = parts
    CAPTIONS[path] = f"table-{name}", {}
    return captioned(path, f"table-{name}", "Tables", table=shown or name)


def figure(name, parts="", caption=None):
    """A figure as PNG and PDF, and what it shows as CSV.

    Its name may hold {vae}, and then parts are the VAE type's.
    """
    paths = {kind: f"results/figures/{name}.{kind}" for kind in ("png", "pdf", "csv")}
    each = PART_OF_VAE if "{vae}" in name else {None: parts}
    text = f"figure-{caption or name}"
    for path in paths.values():
        FIGURES.update({path.format(vae=vae): of for vae, of in each.items()})
        CAPTIONS.update({path.format(vae=vae): (text, {"vae": vae}) for vae in each})
    picture = captioned(paths["png"], text, "Figures", figure=name)
    return [picture, paths["pdf"], paths["csv"]]


def shown_as(path, parts):
    """How the study's page shows a file: its caption, and the parts that it belongs to."""
    caption, wildcards = CAPTIONS[path]
    return {"caption": caption, "wildcards": wildcards, "parts": parts}


def captioned(path, caption, category, **labels):
    """A file that the report shows."""
    caption = f"../workflow/report/{caption}.rst"
    return report(path, caption=caption, category=category, labels=labels)


def part(letter):
    """The tables and figures of a part of the study."""
    return [path for path, parts in (TABLES | FIGURES).items() if letter in parts]


def look_at_results():
    """Stop when results lack their end; have made again those of other settings, code or files."""
    if not workflow.is_main_process:
        return
    expected = [PREFIX + path for path in all_results()]
    try:
        whole.refuse_cut_off(expected)
    except StudyError as error:
        raise WorkflowError(str(error)) from None
    records = [*provenance.read_all(Path(PREFIX, "results/records"))]
    outdated = provenance.outdated(expected, records, params_now)
    # a link into a cache has no record, but a key that holds all of it
    outdated = {path for path in outdated if not Path(path).is_symlink()}
    provenance.settle(records, outdated)
    if not IS_MODULE:  # whose host may not know what to do with marks; it has records of its own
        provenance.mark(outdated, expected, Path(".snakemake/incomplete"))


def follow_the_run():
    """Tell how far it is, unless it is another workflow's, or only planned, or wanted quiet."""
    settings = workflow.output_settings
    wanted = not (settings.quiet or settings.verbose or workflow.dryrun)
    if workflow.is_main_process and not IS_MODULE and wanted:
        progress.follow(logger, sys.stdout if settings.stdout else sys.stderr)


def tell(lines):
    """Say something at the end of a run."""
    for line in lines:
        print(line, file=sys.stderr, flush=True)


def image_files():
    """What images are read from; a module's prefix does not move the user's own files."""
    return [local(path) for path in DATA_FILES] if CONTENT and PREFIX else DATA_FILES


def params_now(record):
    """The parameters that a recorded job would have now; None where there is no such job."""
    if not workflow.is_rule(record.rule):
        return None
    params = workflow.get_rule(record.rule).params.items()
    wildcards = Wildcards(fromdict=record.wildcards)
    try:
        return {name: of(wildcards) if callable(of) else of for name, of in params}
    except (LookupError, AttributeError, StudyError):  # of a type or solver that is gone
        return None


def all_results():
    """Every file that the study makes and another rule may take for finished."""
    each = [MODEL, HISTORY, EVALUATION, LATENTS]
    ways = [*in_plane(grid=GRID).values(), *([ROADMAP] if by_landmarks() else [])]
    models = {(vae, seed, 0) for vae in VAES for seed in SEEDS}
    models |= {(series.vae, series.seed, series.order) for series in JOBS}
    blocks = {PAIRS.format(block=job.block) for jobs in JOBS.values() for job in jobs}
    blocks.add(PAIRS.format(block=f"0-{SEGMENTS['pairs']}"))
    return [
        IMAGES,
        *expand(each, vae=VAES, seed=SEEDS),
        *(of_one(way, *model) for way in ways for model in sorted(models)),
        *blocks,
        *geodesics_of(),
        *expand("results/segments/{vae}.csv", vae=SEGMENTS["vaes"]),
        *(of_one(DECODED, *model) for model in EXPLORED),
        *TABLES,
        *FIGURES,
        PAGE,
    ]


# ── what rules share ────────────────────────────────────────────────────────────────────────────


def code(script, **parts):
    """A checksum of a script and all that it imports, and of parts chosen by name.

    A part is given with its kind, as solvers="newton".
    """
    modules = [plugins.module_name(kind, name) for kind, name in parts.items()]
    return sources.checksum(SCRIPTS, script, *modules)


def code_with_likelihood(script):
    """The same for each VAE type, with its likelihood."""
    return lambda w: code(script, likelihoods=vaes.family(config, w.vae))


def code_of_geodesics(wildcards):
    """Only the start, the solver and the metric that a job has matter to it."""
    return code(
        "solve_geodesics",
        starts=wildcards.start,
        solvers=config["solvers"][wildcards.solver]["method"],
        objectives=wildcards.metric,
        certificates=wildcards.metric,
        likelihoods=vaes.family(config, wildcards.vae),
    )


def code_of_decoding(wildcards):
    """The density metric always counts: it is one of the explorer's backgrounds."""
    metrics = {r.series.metric for r in explored_in(wildcards.vae, int(wildcards.seed))}
    family = vaes.family(config, wildcards.vae)
    return [
        code("decode_curves", objectives=metric, likelihoods=family)
        for metric in sorted(metrics | {"density"})
    ]


def code_of_segments(wildcards):
    """The same of the experiment that varies the number of segments, under all of its metrics."""
    chosen = {"starts": SEGMENTS["start"]}
    chosen["likelihoods"] = vaes.family(config, wildcards.vae)
    chosen["solvers"] = config["solvers"][SEGMENTS["solver"]]["method"]
    each = [
        code("solve_segments", objectives=metric, certificates=metric, **chosen)
        for metric in SEGMENTS["metrics"]
    ]
    return each


def grows(amount):
    """A resource that doubles with every attempt: a job killed for too little comes back.

    The amount is a number, or a function of wildcards.
    """

    def of_attempt(wildcards, attempt):
        first = amount(wildcards) if callable(amount) else amount
        return first * 2 ** (attempt - 1)

    return of_attempt


def gpus(section):
    """How many a job asks for, by the `device` of a section of the config; `auto` asks for none."""
    return 1 if config[section]["device"] == "cuda" else 0


def memory_of_training(wildcards):
    return memory.of_training(
        schedule(wildcards).get("batch_size", 0), features=features_of(wildcards)
    )


def memory_of_grid(wildcards):
    return memory.of_grid(config["grid"]["nodes"], VAES[wildcards.vae], features_of(wildcards))


def memory_of_geodesics(wildcards):
    _, decoder_count = span(wildcards.decoder_span)
    size = features_of(wildcards), LATENT_DIM
    segments = config["curves"]["segments"]
    return memory.of_geodesics(wildcards.metric, segments, decoder_count, *size)


def memory_of_segments(wildcards):
    size = features_of(wildcards), LATENT_DIM
    segments = max(SEGMENTS["segments"])
    return memory.of_geodesics("fisher-rao", segments, VAES[wildcards.vae], *size)


def features_of(wildcards):
    """The natural parameters of an image."""
    return math.prod(IMAGE_SHAPE) * vaes.parameters(config, wildcards.vae)


def architecture(wildcards):
    """What fixes the shapes of a model of the VAE type."""
    return {
        **config["model"],
        "decoder_count": VAES[wildcards.vae],
        "image": IMAGE_SHAPE,
        "likelihood": vaes.likelihood(config, wildcards.vae),
        "module": vaes.module(config, wildcards.vae),
    }


def own_files(wildcards):
    """The user's files that a model is made of; a module's prefix does not move them."""
    files = vaes.own_files(config, wildcards.vae, int(wildcards.seed))
    return {name: local(path) if PREFIX else path for name, path in files.items()}


def content_of_own(wildcards):
    files = [*vaes.own_files(config, wildcards.vae, int(wildcards.seed)).values()]
    files += vaes.own_code(config, wildcards.vae)
    return counts.content(*map(Path, files)) if files else ""


def wanted_model(wildcards, seed=None):
    """What says that a model is the one that it should be, of the wildcard's seed or another."""
    own = {"vae": wildcards.vae, "seed": int(wildcards.seed) if seed is None else seed}
    return {"architecture": architecture(wildcards), **own}


def schedule(wildcards):
    return vaes.schedule(config, wildcards.vae)


def start_from(wildcards):
    """The geodesics of the density metric, for a hot start."""
    if wildcards.start == "hot":
        first, stop = span(wildcards.block)
        own = Series.of(wildcards)
        chosen = {name: getattr(own, name) for name in ("vae", "seed", "curve", "solver")}
        density = [name for name in EXPERIMENTS if name.endswith(".density")]
        wanted = experiments.requested(described(*density).values(), **chosen)
        jobs = plan.serving(JOBS, wanted)
        hot = [job.place for job in jobs if job.first < stop and first < job.stop]
        return {"hot": [f"results/geodesics/{place}" for place in hot]}
    return {}


def by_landmarks():
    """Whether any geodesics start from landmarks."""
    starts = {request.series.start for request in REQUESTS} | {SEGMENTS["start"]}
    return "landmarks" in starts


def certified(wildcards):
    """Whether it can be said of a metric's geodesics how low they are."""
    return plugins.exists("certificates", wildcards.metric)


def grid_of(wildcards):
    """The latent grid knows the ways of the Fisher-Rao metrics: for the start `graph`, and to tell
    of any geodesic whether there is a lower one.
    """
    return in_plane(grid=GRID.format(**wildcards)) if certified(wildcards) else {}


def in_plane(**files):
    """Files that there are of two-dimensional latent spaces alone."""
    return files if LATENT_DIM == 2 else {}


def geodesics_seed():
    """Of the one model of each type whose geodesics are drawn."""
    return EXPERIMENTS["geodesics"].seeds[0]


def roadmap_of(wildcards):
    """The landmarks, for a start that goes by them."""
    return {"roadmap": ROADMAP.format(**wildcards)} if wildcards.start == "landmarks" else {}


def ways_of_segments(wildcards):
    """What the experiment that varies the number of segments knows of the latent space."""
    own = wildcards.vae, SEGMENTS["seed"]
    files = in_plane(grid=of_one(GRID, *own))
    if SEGMENTS["start"] == "landmarks":
        files["roadmap"] = of_one(ROADMAP, *own)
    return files


def metric_settings(wildcards):
    """The settings of a metric, by its name; most have none."""
    return config.get(wildcards.metric, {})
