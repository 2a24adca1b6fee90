rule train_vae:
    input:
        unpack(own_files),
        images=IMAGES,
    output:
        model=MODEL,
        history=HISTORY,
        evaluation=EVALUATION,
    log:
        "results/logs/train_vae/{vae}-{seed}.log",
    cache: True
    conda:
        "../envs/geometry.yaml"
    threads: 1
    resources:
        mem_mb=grows(memory_of_training),
        runtime=grows(60),
        gpu=gpus("training"),
    params:
        code=code_with_likelihood("train_vae"),
        study_seed=config["seed"],
        vae=lambda w: w.vae,
        seed=lambda w: int(w.seed),
        architecture=architecture,
        schedule=schedule,
        own=content_of_own,
        device=config["training"]["device"],
        torch=TORCH,
    message:
        "Training {wildcards.vae}, seed {wildcards.seed}"
    script:
        "../workflow/scripts/train_vae.py"


rule encode_latents:
    input:
        images=IMAGES,
        model=MODEL,
    output:
        latents=LATENTS,
    log:
        "results/logs/encode_latents/{vae}-{seed}.log",
    cache: True
    conda:
        "../envs/geometry.yaml"
    threads: 1
    resources:
        mem_mb=grows(900),
        runtime=grows(10),
    params:
        code=code_with_likelihood("encode_latents"),
        model=wanted_model,
        torch=TORCH,
    message:
        "Encoding all images with {wildcards.vae}, seed {wildcards.seed}"
    script:
        "../workflow/scripts/encode_latents.py"


rule evaluate_roadmap:
    input:
        model=MODEL,
        latents=LATENTS,
    output:
        roadmap=ROADMAP,
    log:
        "results/logs/evaluate_roadmap/{vae}-{seed}{order}.log",
    conda:
        "../envs/geometry.yaml"
    threads: 1
    resources:
        mem_mb=grows(memory_of_grid),
        runtime=grows(20),
        gpu=gpus("curves"),
    params:
        code=code_with_likelihood("evaluate_roadmap"),
        model=wanted_model,
        study_seed=config["seed"],
        order=lambda w: order_of(w.order),
        device=config["curves"]["device"],
        torch=TORCH,
    message:
        "Evaluating the decoders of {wildcards.vae}, seed {wildcards.seed}, between landmarks"
    script:
        "../workflow/scripts/evaluate_roadmap.py"


rule evaluate_grid:
    input:
        model=MODEL,
        latents=LATENTS,
    output:
        grid=GRID,
    log:
        "results/logs/evaluate_grid/{vae}-{seed}{order}.log",
    conda:
        "../envs/geometry.yaml"
    threads: 1
    resources:
        mem_mb=grows(memory_of_grid),
        runtime=grows(20),
        gpu=gpus("curves"),
    params:
        code=code_with_likelihood("evaluate_grid"),
        model=wanted_model,
        order=lambda w: order_of(w.order),
        nodes=config["grid"]["nodes"],
        device=config["curves"]["device"],
        torch=TORCH,
    message:
        "Evaluating the decoders of {wildcards.vae}, seed {wildcards.seed}, on a grid"
    script:
        "../workflow/scripts/evaluate_grid.py"
