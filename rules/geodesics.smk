def start_from(wildcards):
    """What a start is made of: the latent grid, the geodesics of the density metric, or nothing."""
    if wildcards.start == "graph":
        return {"grid": GRID.format(**wildcards)}
    if wildcards.start == "hot":
        density = dict(
            decoders=0, metric="density", start=EXPERIMENTS["starts"]["density_start"]
        )
        return {"hot": GEODESICS.format(**dict(wildcards) | density)}
    return {}


def metric_settings(wildcards):
    return config["density"] if wildcards.metric == "density" else {}


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
    threads: 1
    resources:
        mem_mb=grows(1500),
        runtime=grows(60),
    params:
        study_seed=config["seed"],
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
    conda:
        "../envs/geometry.yaml"
    message:
        "Solving {wildcards.metric} geodesics {wildcards.block}: {wildcards.vae}, "
        "seed {wildcards.seed}, decoders {wildcards.decoders}, {wildcards.curve}, "
        "{wildcards.start} start, {wildcards.solver}"
    script:
        "../workflow/scripts/solve_geodesics.py"
