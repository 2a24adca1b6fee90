# The study on one page.


rule study_page:
    input:
        tables=list(TABLES),
        figures=[path for path in FIGURES if path.endswith(".png")],
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
        config=dict(config),
    message:
        "Writing the study's page"
    script:
        "../workflow/scripts/study_page.py"
