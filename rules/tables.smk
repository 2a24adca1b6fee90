rule models_table:
    input:
        code=code("models_table"),
        evaluations=expand(EVALUATION, vae=VAES, seed=SEEDS),
    output:
        table=report(
            "results/tables/models.csv",
            caption="../workflow/report/table-models.rst",
            category="Tables",
            labels={"table": "models"},
        ),
    log:
        "results/logs/models_table.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grows(400),
        runtime=grows(10),
    params:
        vaes=list(VAES),
    message:
        "Tabulating the models"
    script:
        "../workflow/scripts/models_table.py"


rule geodesics_table:
    input:
        code=code("geodesics_table"),
        geodesics=geodesic_files(requested()),
    output:
        table=report(
            "results/tables/geodesics.csv",
            caption="../workflow/report/table-geodesics.rst",
            category="Tables",
            labels={"table": "geodesics"},
        ),
    log:
        "results/logs/geodesics_table.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grows(600),
        runtime=grows(20),
    params:
        columns=results.COLUMNS,
    message:
        "Tabulating all geodesics"
    script:
        "../workflow/scripts/geodesics_table.py"


rule cv_table:
    input:
        code=code("cv_table"),
        geodesics=geodesic_files(requested_variation()),
    output:
        table=report(
            "results/tables/cv.csv",
            caption="../workflow/report/table-cv.rst",
            category="Tables",
            labels={"table": "coefficients of variation"},
        ),
    log:
        "results/logs/cv_table.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grows(400),
        runtime=grows(10),
    params:
        decoders=VAES,
        pairs=EXPERIMENTS["variation"]["pairs"],
    message:
        "Tabulating the variation over retrained models"
    script:
        "../workflow/scripts/cv_table.py"


rule proximity_table:
    input:
        code=code("proximity_table"),
        latents=LATENTS.format(**at(EXPERIMENTS["proximity"])),
        geodesics=geodesic_files(requested_proximity()),
    output:
        table=report(
            "results/tables/proximity.csv",
            caption="../workflow/report/table-proximity.rst",
            category="Tables",
            labels={"table": "proximity"},
        ),
    log:
        "results/logs/proximity_table.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grows(400),
        runtime=grows(10),
    params:
        decoders=EXPERIMENTS["proximity"]["decoders"],
        pairs=EXPERIMENTS["proximity"]["pairs"],
    message:
        "Tabulating the proximity of geodesics to the data"
    script:
        "../workflow/scripts/proximity_table.py"


rule starts_table:
    input:
        code=code("starts_table"),
        cold=geodesic_files(requested_starts("cold")),
        hot=geodesic_files(requested_starts("hot")),
    output:
        table=report(
            "results/tables/starts.csv",
            caption="../workflow/report/table-starts.rst",
            category="Tables",
            labels={"table": "starts"},
        ),
    log:
        "results/logs/starts_table.log",
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
        "Tabulating hot and cold starts"
    script:
        "../workflow/scripts/starts_table.py"
