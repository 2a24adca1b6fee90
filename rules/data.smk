rule download_images:
    output:
        counts.DOWNLOADED,
    log:
        "results/logs/download_images/{dataset}.log",
    conda:
        "../envs/geometry.yaml"
    threads: 1
    resources:
        mem_mb=grows(900),
        runtime=grows(60),
    params:
        code=code("download_images"),
        dataset=lambda w: w.dataset,
        missing=lambda w: str(Path(config["data"]["root"], w.dataset, "raw")),
    message:
        "Downloading {wildcards.dataset}"
    script:
        "../workflow/scripts/download_images.py"


rule extract_images:
    input:
        image_files(),
    output:
        images=IMAGES,
    log:
        "results/logs/extract_images.log",
    cache: True
    conda:
        "../envs/geometry.yaml"
    threads: 1
    resources:
        mem_mb=grows(800),
        runtime=grows(10),
    params:
        code=code("extract_images", images=config["data"]["source"]),
        data=counts.decisive(config["data"], config["seed"]),
        content=CONTENT,
    message:
        "Extracting the images ({params.data[source]})"
    script:
        "../workflow/scripts/extract_images.py"


rule sample_pairs:
    input:
        images=IMAGES,
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
        split=config["pairs"]["split"],
        rows=config["pairs"]["rows"],
    message:
        "Sampling pairs {wildcards.block}"
    script:
        "../workflow/scripts/sample_pairs.py"
