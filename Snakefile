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

refuse_damaged_results()


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
        list(TABLES | FIGURES),


rule part_a:
    input:
        part("a"),


rule part_b:
    input:
        part("b"),


rule part_c:
    input:
        part("c"),


rule tables:
    input:
        list(TABLES),


rule figures:
    input:
        list(FIGURES),
