# Geodesics, as blocks of pairs; and some with other numbers of segments than the study's.


rule solve_geodesics:
    input:
        unpack(start_from),
        unpack(grid_of),
        unpack(roadmap_of),
        model=MODEL,
        latents=LATENTS,
        pairs=PAIRS,
    output:
        geodesics=GEODESICS,
    log:
        "results/logs/solve_geodesics/{vae}/seed-{seed}{order}/decoders-{decoder_span}/"
        "{metric}/{curve}/{start}/{solver}/pairs-{block}.log",
    conda:
        "../envs/geometry.yaml"
    threads: 1
    resources:
        mem_mb=grows(memory_of_geodesics),
        runtime=grows(60),
        gpu=gpus("curves"),
    params:
        code=code_of_geodesics,
        study_seed=config["seed"],
        model=wanted_model,
        series=lambda w: vars(Series.of(w)),
        decoder_span=lambda w: span(w.decoder_span),
        block=lambda w: span(w.block),
        family=lambda w: config["curves"]["families"][w.curve],
        segments=config["curves"]["segments"],
        solver=lambda w: config["solvers"][w.solver],
        metric=metric_settings,
        split=config["pairs"]["split"],
        device=config["curves"]["device"],
        torch=TORCH,
    message:
        "Solving {wildcards.metric} geodesics {wildcards.block}: {wildcards.vae}, "
        "seed {wildcards.seed}, decoders {wildcards.decoder_span}, {wildcards.curve}, "
        "{wildcards.start} start, {wildcards.solver}"
    script:
        "../workflow/scripts/solve_geodesics.py"


rule solve_segments:
    input:
        unpack(ways_of_segments),
        model=lambda w: MODEL.format(vae=w.vae, seed=SEGMENTS["seed"]),
        latents=lambda w: LATENTS.format(vae=w.vae, seed=SEGMENTS["seed"]),
        pairs=PAIRS.format(block=f"0-{SEGMENTS['pairs']}"),
    output:
        table="results/segments/{vae}.csv",
    log:
        "results/logs/solve_segments/{vae}.log",
    conda:
        "../envs/geometry.yaml"
    threads: 1
    resources:
        mem_mb=grows(memory_of_segments),
        runtime=grows(60),
        gpu=gpus("curves"),
    params:
        code=code_of_segments,
        study_seed=config["seed"],
        model=lambda w: wanted_model(w, SEGMENTS["seed"]),
        block=(0, SEGMENTS["pairs"]),
        metrics=lambda w: SEGMENTS["metrics"][: 1 if VAES[w.vae] == 1 else None],
        decoders=lambda w: VAES[w.vae],
        family=config["curves"]["families"][SEGMENTS["curve"]],
        segments=SEGMENTS["segments"],
        start=SEGMENTS["start"],
        solver=config["solvers"][SEGMENTS["solver"]],
        split=config["pairs"]["split"],
        device=config["curves"]["device"],
        torch=TORCH,
    message:
        "Solving geodesics of {wildcards.vae} with other numbers of segments"
    script:
        "../workflow/scripts/solve_segments.py"
