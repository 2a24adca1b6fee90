from snakemake.utils import min_version

min_version("9.27")


configfile: "config.yaml"


report: "workflow/report/workflow.rst"


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/models.smk"
include: "rules/geodesics.smk"
include: "rules/tables.smk"
include: "rules/figures.smk"


localrules:
    all,
    part_a,
    part_b,
    part_c,
    tables,
    figures,


rule all:
    default_target: True
    input:
        tables(),
        figures(),


rule part_a:
    input:
        part_a(),


rule part_b:
    input:
        part_b(),


rule part_c:
    input:
        part_c(),


rule tables:
    input:
        tables(),


rule figures:
    input:
        figures(),
