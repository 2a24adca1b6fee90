rule solve_geodesics:
    input:
        unpack(start_from),
        unpack(grid_of),
        model=MODEL,
        latents=LATENTS,
        pairs=PAIRS,
    output:
        geodesics=GEODESICS,
    log:
        "results/logs/solve_geodesics/{vae}/seed-{seed}/decoders-{decoder_span}/"
        "{metric}/{curve}/{start}/{solver}/pairs-{block}.log",
    conda:
        "../envs/geometry.yaml"
    threads: 1
    resources:
        mem_mb=grows(memory_of_geodesics),
        runtime=grows(60),
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
        torch=TORCH,
    message:
        "Solving {wildcards.metric} geodesics {wildcards.block}: {wildcards.vae}, "
        "seed {wildcards.seed}, decoders {wildcards.decoder_span}, {wildcards.curve}, "
        "{wildcards.start} start, {wildcards.solver}"
    script:
        "../workflow/scripts/solve_geodesics.py"
