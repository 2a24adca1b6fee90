# All tables have the form of the first one: its environment, resources and way to a script.


rule geodesics_table:
    input:
        geodesics=geodesics_of(),
    output:
        table=table("geodesics"),
    log:
        "results/logs/geodesics_table.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grows(600),
        runtime=grows(20),
    params:
        script="geodesics_table",
        code=code("geodesics_table"),
        experiments=described(),
    message:
        "Tabulating all geodesics"
    script:
        "../workflow/scripts/{params.script}.py"


use rule geodesics_table as models_table with:
    input:
        evaluations=expand(EVALUATION, vae=VAES, seed=SEEDS),
    output:
        table=table("models", parts="ab"),
    log:
        "results/logs/models_table.log",
    params:
        script="models_table",
        code=code("models_table"),
        experiments={},
        vaes=list(VAES),
    message:
        "Tabulating the models"


use rule geodesics_table as cv_table with:
    input:
        geodesics=geodesics_of("variation"),
    output:
        table=table("cv", parts="ab", shown="coefficients of variation"),
    log:
        "results/logs/cv_table.log",
    params:
        script="cv_table",
        code=code("cv_table"),
        experiments=described("variation"),
    message:
        "Tabulating the variation over retrained models"


use rule geodesics_table as contrasts_table with:
    input:
        geodesics=geodesics_of("variation"),
    output:
        table=table("contrasts", parts="ab", shown="contrasts of variation"),
    log:
        "results/logs/contrasts_table.log",
    params:
        script="contrasts_table",
        code=code("contrasts_table"),
        experiments=described("variation"),
        study_seed=config["seed"],
    message:
        "Comparing the variation of groups of models"


use rule geodesics_table as proximity_table with:
    input:
        latents=each_model(LATENTS, "proximity"),
        geodesics=geodesics_of("proximity"),
    output:
        table=table("proximity", parts="b"),
    log:
        "results/logs/proximity_table.log",
    params:
        script="proximity_table",
        code=code("proximity_table"),
        experiments=described("proximity"),
    message:
        "Tabulating the proximity of geodesics to the data"


use rule geodesics_table as starts_table with:
    input:
        cold=geodesics_of("starts.cold"),
        hot=geodesics_of("starts.hot"),
    output:
        table=table("starts", parts="c"),
    log:
        "results/logs/starts_table.log",
    params:
        script="starts_table",
        code=code("starts_table"),
        experiments=described("starts.cold", "starts.hot"),
    message:
        "Tabulating hot and cold starts"


use rule geodesics_table as segments_table with:
    input:
        parts=expand("results/segments/{vae}.csv", vae=SEGMENTS["vaes"]),
    output:
        table=table("segments", parts="ab", shown="numbers of segments"),
    log:
        "results/logs/segments_table.log",
    params:
        script="segments_table",
        code=code("segments_table"),
        experiments={},
    message:
        "Tabulating geodesics by their numbers of segments"


use rule geodesics_table as contest_table with:
    input:
        geodesics=geodesics_of(*CONTEST),
    output:
        table=table("contest", parts="c", shown="starts against one another"),
    log:
        "results/logs/contest_table.log",
    params:
        script="contest_table",
        code=code("contest_table"),
        experiments=described(*CONTEST),
        starts=config["experiments"]["contest"]["starts"],
        order={
            "vae": EXPERIMENTS[CONTEST[0]].vaes,
            "metric": EXPERIMENTS[CONTEST[0]].metrics,
            "curve": EXPERIMENTS[CONTEST[0]].curves,
            "solver": EXPERIMENTS[CONTEST[0]].solvers,
        },
    message:
        "Comparing starts"


use rule geodesics_table as claims_table with:
    input:
        contrasts="results/tables/contrasts.csv",
        proximity="results/tables/proximity.csv",
        contest=geodesics_of(*CONTEST),
    output:
        table=table("claims"),
    log:
        "results/logs/claims_table.log",
    params:
        script="claims_table",
        code=code("claims_table"),
        experiments=described(*CONTEST),
        types=vaes.described(config),
    message:
        "Judging claims"
