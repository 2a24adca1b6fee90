# Seeds beyond these are in the tables, but not drawn.
DRAWN_SEEDS = SEEDS[:10]


rule geodesics_figure:
    input:
        code=code("geodesics_figure"),
        grid=lambda w: GRID.format(vae=w.vae, seed=EXPERIMENTS["geodesics"]["seed"]),
        latents=lambda w: LATENTS.format(vae=w.vae, seed=EXPERIMENTS["geodesics"]["seed"]),
        geodesics=lambda w: geodesic_files([requested_geodesics()[w.vae]]),
    output:
        in_both_formats("geodesics-{vae}", caption="geodesics"),
    log:
        "results/logs/geodesics_figure/{vae}.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grows(600),
        runtime=grows(10),
    params:
        vae=lambda w: w.vae,
        decoders=lambda w: VAES[w.vae],
        pairs=EXPERIMENTS["geodesics"]["pairs"],
    message:
        "Drawing geodesics of {wildcards.vae}"
    script:
        "../workflow/scripts/geodesics_figure.py"


rule models_figure:
    input:
        code=code("models_figure"),
        grids=expand(GRID, vae=VAES, seed=DRAWN_SEEDS),
        latents=expand(LATENTS, vae=VAES, seed=DRAWN_SEEDS),
        geodesics=geodesic_files(requested_variation()),
    output:
        in_both_formats("models"),
    log:
        "results/logs/models_figure.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grows(800),
        runtime=grows(10),
    params:
        decoders=VAES,
        seeds=list(DRAWN_SEEDS),
        pairs=EXPERIMENTS["variation"]["pairs"],
    message:
        "Drawing the same geodesics in every model"
    script:
        "../workflow/scripts/models_figure.py"


rule cv_figure:
    input:
        code=code("cv_figure"),
        table="results/tables/cv.csv",
    output:
        in_both_formats("cv"),
    log:
        "results/logs/cv_figure.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grows(400),
        runtime=grows(10),
    params:
        vaes=list(VAES),
    message:
        "Drawing the variation over retrained models"
    script:
        "../workflow/scripts/cv_figure.py"


rule proximity_figure:
    input:
        code=code("proximity_figure"),
        table="results/tables/proximity.csv",
    output:
        in_both_formats("proximity"),
    log:
        "results/logs/proximity_figure.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grows(400),
        runtime=grows(10),
    params:
        vae=EXPERIMENTS["proximity"]["vae"],
    message:
        "Drawing the proximity of geodesics to the data"
    script:
        "../workflow/scripts/proximity_figure.py"


rule starts_curves_figure:
    input:
        code=code("starts_curves_figure"),
        grid=GRID.format(**at(EXPERIMENTS["starts"])),
        latents=LATENTS.format(**at(EXPERIMENTS["starts"])),
        cold=geodesic_files(requested_starts("cold")),
        hot=geodesic_files(requested_starts("hot")),
        density=geodesic_files(requested_starts("density")),
    output:
        in_both_formats("starts-curves"),
    log:
        "results/logs/starts_curves_figure.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grows(600),
        runtime=grows(10),
    params:
        decoders=EXPERIMENTS["starts"]["decoders"],
        pairs=EXPERIMENTS["starts"]["pairs"],
    message:
        "Drawing density, cold and hot curves"
    script:
        "../workflow/scripts/starts_curves_figure.py"


rule starts_energy_figure:
    input:
        code=code("starts_energy_figure"),
        cold=geodesic_files(requested_starts("cold")),
        hot=geodesic_files(requested_starts("hot")),
    output:
        in_both_formats("starts-energy"),
    log:
        "results/logs/starts_energy_figure.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grows(400),
        runtime=grows(10),
    params:
        decoders=EXPERIMENTS["starts"]["decoders"],
        pairs=EXPERIMENTS["starts"]["pairs"],
    message:
        "Drawing energy over steps"
    script:
        "../workflow/scripts/starts_energy_figure.py"


rule training_figure:
    input:
        code=code("training_figure"),
        histories=expand(HISTORY, vae=VAES, seed=SEEDS),
    output:
        in_both_formats("training"),
    log:
        "results/logs/training_figure.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grows(400),
        runtime=grows(10),
    params:
        models=[{"vae": vae, "seed": seed} for vae in VAES for seed in SEEDS],
    message:
        "Drawing the training"
    script:
        "../workflow/scripts/training_figure.py"
