rule extract_digits:
    input:
        code=code("extract_digits"),
        embedded=EMBEDDED if config["data"]["source"] == "embedded" else [],
        checksums=EMBEDDED.parent / "SHA256SUMS" if config["data"]["source"] == "embedded" else [],
    output:
        digits="results/digits.npz",
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
        data=config["data"],
    message:
        "Extracting the digits {params.data[classes]} ({params.data[source]})"
    script:
        "../workflow/scripts/extract_digits.py"


rule sample_pairs:
    input:
        code=code("sample_pairs"),
        digits="results/digits.npz",
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
        seed=config["seed"],
        block=lambda w: plan.span(w.block),
    message:
        "Sampling pairs {wildcards.block}"
    script:
        "../workflow/scripts/sample_pairs.py"
