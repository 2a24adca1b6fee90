# The study on one page, and what its explorer shows.

EXPLORER = config["explorer"]
# Some models of each type, and those whose geodesics are drawn: each that has any geodesics.
EXPLORED = [
    (vae, seed)
    for vae in VAES
    for seed in SEEDS
    if (seed < EXPLORER["models"] or seed == geodesics_seed()) and explored_in(vae, seed)
]


rule decode_curves:
    input:
        unpack(lambda w: in_plane(grid=of_one(GRID, w.vae, w.seed))),
        model=MODEL,
        latents=LATENTS,
        geodesics=lambda w: geodesics_explored(w.vae, int(w.seed)),
    output:
        decoded=DECODED,
    log:
        "results/logs/decode_curves/{vae}-{seed}.log",
    conda:
        "../envs/geometry.yaml"
    threads: 1
    resources:
        mem_mb=grows(memory_of_grid),
        runtime=grows(20),
        gpu=gpus("curves"),
    params:
        code=code_of_decoding,
        model=wanted_model,
        decoders=lambda w: VAES[w.vae],
        experiments=described(),
        metrics={"density": config["density"]},
        pairs=EXPLORER["pairs"],
        device=config["curves"]["device"],
        torch=TORCH,
    message:
        "Decoding curves in {wildcards.vae}, seed {wildcards.seed}"
    script:
        "../workflow/scripts/decode_curves.py"


rule study_page:
    input:
        **in_plane(grids=[of_one(GRID, *model) for model in EXPLORED]),
        images=IMAGES,
        latents=[of_one(LATENTS, *model) for model in EXPLORED],
        decoded=[of_one(DECODED, *model) for model in EXPLORED],
        tables=list(TABLES),
        figures=[path for path in FIGURES if path.endswith(".png")],
        data=[path for path in FIGURES if path.endswith(".csv")],
    output:
        page=PAGE,
    log:
        "results/logs/study_page.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grows(900),
        runtime=grows(10),
    params:
        code=code("study_page"),
        report=REPORT_CHECKSUM,
        tables={path: shown_as(path, parts) for path, parts in TABLES.items()},
        figures={path: shown_as(path, parts) for path, parts in FIGURES.items()},
        models=[(vae, seed, VAES[vae]) for vae, seed in EXPLORED],
        classes=CLASS_NAMES,
        left_out=left_out_of_explorer(),
        config=dict(config),
    message:
        "Writing the study's page"
    script:
        "../workflow/scripts/study_page.py"
