rule solve_geodesics:
    input:
        unpack(start_from),
        code=code("solve_geodesics"),
        model=MODEL,
        latents=LATENTS,
        pairs=PAIRS,
    output:
        geodesics=GEODESICS,
    log:
        "results/logs/solve_geodesics/{vae}/seed-{seed}/decoders-{decoders}/"
        "{metric}/{curve}/{start}/{solver}/pairs-{block}.log",
    conda:
        "../envs/geometry.yaml"
    threads: 1
    resources:
        mem_mb=grows(2500),
        runtime=grows(60),
    params:
        study_seed=config["seed"],
        architecture=architecture,
        series=lambda w: {
            "vae": w.vae,
            "seed": int(w.seed),
            "metric": w.metric,
            "curve": w.curve,
            "start": w.start,
            "solver": w.solver,
        },
        decoders=lambda w: plan.span(w.decoders),
        block=lambda w: plan.span(w.block),
        family=lambda w: config["curves"]["families"][w.curve],
        segments=config["curves"]["segments"],
        solver=lambda w: config["solvers"][w.solver],
        metric=metric_settings,
        torch=TORCH,
    message:
        "Solving {wildcards.metric} geodesics {wildcards.block}: {wildcards.vae}, "
        "seed {wildcards.seed}, decoders {wildcards.decoders}, {wildcards.curve}, "
        "{wildcards.start} start, {wildcards.solver}"
    script:
        "../workflow/scripts/solve_geodesics.py"
