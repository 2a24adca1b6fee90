rule extract_digits:
    output:
        digits=DIGITS,
    log:
        "results/logs/extract_digits.log",
    cache: True
    conda:
        "../envs/geometry.yaml"
    threads: 1
    resources:
        mem_mb=grows(800),
        runtime=grows(10),
    params:
        code=code("extract_digits", images=config["data"]["source"]),
        data=config["data"],
        content=CONTENT,
    message:
        "Extracting the digits {params.data[classes]} ({params.data[source]})"
    script:
        "../workflow/scripts/extract_digits.py"


rule sample_pairs:
    input:
        digits=DIGITS,
    output:
        pairs=PAIRS,
    log:
        "results/logs/sample_pairs/{block}.log",
    priority: 10  # too few images are to be known before models train
    conda:
        "../envs/geometry.yaml"
    threads: 1
    resources:
        mem_mb=grows(500),
        runtime=grows(10),
    params:
        code=code("sample_pairs"),
        seed=config["seed"],
        block=lambda w: span(w.block),
    message:
        "Sampling pairs {wildcards.block}"
    script:
        "../workflow/scripts/sample_pairs.py"
