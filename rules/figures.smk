# All figures have the form of the first one: its environment, resources and way to a script.

# The models that are drawn side by side; all of them are in the tables.
DRAWN_VAES, _ = shown.first(EXPERIMENTS["variation"].vaes, shown.MOST_TYPES, "VAE types")
DRAWN_SEEDS, _ = shown.first(SEEDS, shown.beside(DRAWN_VAES, shown.MOST_SEEDS), "seeds")


rule claims_figure:
    input:
        table="results/tables/claims.csv",
    output:
        figure("claims"),
    log:
        "results/logs/claims_figure.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grows(800),
        runtime=grows(10),
    params:
        script="claims_figure",
        code=code("claims_figure"),
    message:
        "Drawing what holds and what does not"
    script:
        "../workflow/scripts/{params.script}.py"


use rule claims_figure as cv_figure with:
    input:
        table="results/tables/cv.csv",
    output:
        figure("cv", parts="ab"),
    log:
        "results/logs/cv_figure.log",
    params:
        script="cv_figure",
        code=code("cv_figure"),
        segments=config["curves"]["segments"],
        drawn={
            "metric": EXPERIMENTS["variation"].metrics[0],
            "curve": EXPERIMENTS["variation"].curves[0],
        },
        decoders=VAES,
    message:
        "Drawing the variation over retrained models"


use rule claims_figure as geodesics_figure with:
    input:
        unpack(lambda w: in_plane(grid=of_one(GRID, w.vae, geodesics_seed()))),
        latents=lambda w: LATENTS.format(vae=w.vae, seed=geodesics_seed()),
        geodesics=lambda w: files_of(drawn("geodesics"), vae=w.vae),
    output:
        figure("geodesics-{vae}", caption="geodesics"),
    log:
        "results/logs/geodesics_figure/{vae}.log",
    params:
        script="geodesics_figure",
        code=code("geodesics_figure"),
        classes=CLASS_NAMES,
        vae=lambda w: w.vae,
        experiments=drawn("geodesics"),
    message:
        "Drawing geodesics of {wildcards.vae}"


use rule claims_figure as models_figure with:
    input:
        **in_plane(grids=expand(GRID, vae=DRAWN_VAES, seed=DRAWN_SEEDS, order="")),
        latents=expand(LATENTS, vae=DRAWN_VAES, seed=DRAWN_SEEDS),
        geodesics=[
            place
            for vae in DRAWN_VAES
            for seed in DRAWN_SEEDS
            for place in files_of(drawn("variation"), vae=vae, seed=seed)
        ],
    output:
        figure("models", parts="ab"),
    log:
        "results/logs/models_figure.log",
    params:
        script="models_figure",
        code=code("models_figure"),
        classes=CLASS_NAMES,
        vaes=DRAWN_VAES,
        seeds=DRAWN_SEEDS,
        experiments=drawn("variation"),
    message:
        "Drawing the same geodesics in every model"


use rule claims_figure as filmstrips_figure with:
    input:
        decoded=[of_one(DECODED, vae, geodesics_seed()) for vae in EXPERIMENTS["geodesics"].vaes],
    output:
        figure("filmstrips", parts="ab"),
    log:
        "results/logs/filmstrips_figure.log",
    params:
        script="filmstrips_figure",
        code=code("filmstrips_figure"),
        vaes=EXPERIMENTS["geodesics"].vaes,
        decoders=VAES,
        pairs=config["explorer"]["pairs"],
        experiments=described("geodesics"),
    message:
        "Drawing images along geodesics"


use rule claims_figure as proximity_figure with:
    input:
        table="results/tables/proximity.csv",
    output:
        figure("proximity", parts="b"),
    log:
        "results/logs/proximity_figure.log",
    params:
        script="proximity_figure",
        code=code("proximity_figure"),
        segments=config["curves"]["segments"],
        vae=EXPERIMENTS["proximity"].vaes[0],
    message:
        "Drawing the proximity of geodesics to the data"


use rule claims_figure as starts_curves_figure with:
    input:
        **in_plane(grid=one_model(GRID, "starts.hot")),
        latents=one_model(LATENTS, "starts.hot"),
        cold=geodesics_of("starts.cold"),
        hot=geodesics_of("starts.hot"),
        density=geodesics_of("starts.density"),
    output:
        figure("starts-curves", parts="c"),
    log:
        "results/logs/starts_curves_figure.log",
    params:
        script="starts_curves_figure",
        code=code("starts_curves_figure"),
        classes=CLASS_NAMES,
        experiments=described("starts.cold", "starts.hot", "starts.density"),
    message:
        "Drawing density, cold and hot curves"


use rule claims_figure as starts_energy_figure with:
    input:
        cold=geodesics_of("starts.cold"),
        hot=geodesics_of("starts.hot"),
    output:
        figure("starts-energy", parts="c"),
    log:
        "results/logs/starts_energy_figure.log",
    params:
        script="starts_energy_figure",
        code=code("starts_energy_figure"),
        segments=config["curves"]["segments"],
        experiments=described("starts.cold", "starts.hot"),
    message:
        "Drawing energy over steps"


use rule claims_figure as training_figure with:
    input:
        histories=expand(HISTORY, vae=VAES, seed=SEEDS),
    output:
        figure("training", parts="ab"),
    log:
        "results/logs/training_figure.log",
    params:
        script="training_figure",
        code=code("training_figure"),
        models=[
            {"vae": vae, "seed": seed, "likelihood": str(vaes.likelihood(config, vae))}
            for vae in VAES
            for seed in SEEDS
        ],
    message:
        "Drawing the training"


use rule claims_figure as segments_figure with:
    input:
        table="results/tables/segments.csv",
    output:
        figure("segments", parts="ab"),
    log:
        "results/logs/segments_figure.log",
    params:
        script="segments_figure",
        code=code("segments_figure"),
        curve=SEGMENTS["curve"],
    message:
        "Drawing what has a limit in the number of segments"


use rule claims_figure as contest_figure with:
    input:
        table="results/tables/contest.csv",
    output:
        figure("contest", parts="c"),
    log:
        "results/logs/contest_figure.log",
    params:
        script="contest_figure",
        code=code("contest_figure"),
        seed=EXPERIMENTS[CONTEST[0]].seeds[0],
        segments=config["curves"]["segments"],
    message:
        "Drawing which start ends lowest"
