from snakemake.utils import min_version

min_version("9.27")


report: "workflow/report/workflow.rst"


include: "rules/study.smk"
include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/models.smk"
include: "rules/geodesics.smk"
include: "rules/tables.smk"
include: "rules/figures.smk"
include: "rules/page.smk"


look_at_results()
follow_the_run()


onsuccess:
    tell(last_words.success(Path(PAGE), Path("results/tables"), map(Path, TABLES | FIGURES)))


onerror:
    tell(last_words.failure(Path("results/logs"), STARTED))


rule all:
    default_target: True
    input:
        list(TABLES | FIGURES),
        PAGE,
    localrule: True


rule part_a:
    input:
        part("a"),
    localrule: True


rule part_b:
    input:
        part("b"),
    localrule: True


rule part_c:
    input:
        part("c"),
    localrule: True


rule tables:
    input:
        list(TABLES),
    localrule: True


rule figures:
    input:
        list(FIGURES),
    localrule: True
