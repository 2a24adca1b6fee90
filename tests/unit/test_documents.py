"""What the documents say can be followed: links, paths, commands and settings."""

from __future__ import annotations

import copy
import re
from pathlib import Path

import documents
import keys
import pytest
import yaml
from documents import PAGES, blocks, code, commands
from latentgeo.study.configuration import check, merge
from latentgeo.study.series import PLACE
from project import PROJECT
from snakemake.cli import parse_args

SCHEMA = PROJECT / "workflow/schemas/config.schema.yaml"
DEFAULT = yaml.safe_load(documents.read("config.yaml"))
RULES = "\n".join(
    path.read_text() for path in [PROJECT / "Snakefile", *sorted(PROJECT.glob("rules/*.smk"))]
)
TARGETS = set(re.findall(r"^(?:use )?rule (?:\w+ as )?(\w+)", RULES, re.M)) - {"as"}
GIVEN = {block.file for page in PAGES for block in blocks(page)}
"""Files that a page shows."""
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(PROJECT)))


def test_there_are_pages():
    names = {str(page.relative_to(PROJECT)) for page in PAGES}
    assert {"README.md", "docs/README.md", "docs/tutorial.md", "benchmarks/README.md"} <= names
    index = {Path("docs", path).name for path, _ in documents.links("docs/README.md")}
    assert {page.name for page in (PROJECT / "docs").glob("*.md")} <= index | {"README.md"}


# ── links and paths ─────────────────────────────────────────────────────────────────────────────


@every_page
def test_links_lead_somewhere(page):
    for path, anchor in documents.links(page):
        target = page.parent / path if path else page
        assert target.exists(), path
        assert not anchor or anchor in documents.anchors(target), f"{path}#{anchor}"


def test_anchors_are_those_of_a_forge():
    found = documents.anchors("docs/method.md")
    assert {"two-couplings-of-the-decoders", "the-solver-solvers", "whose-ideas-these-are"} <= found
    assert "experimentsstarts" in documents.anchors("docs/configuration.md")


LIBRARY = PROJECT / "workflow/scripts/latentgeo"
WAYS = (PROJECT, PROJECT / "docs", PROJECT / "workflow/scripts", LIBRARY, PROJECT / "benchmarks")
WAYS += (PROJECT / "benchmarks/results", PROJECT / "docs/results", PROJECT / "resources")
PATH = re.compile(r"(?=.*[/.])[\w.-]*[\w-](/[\w.-]+)*/?")
SUFFIXES = {".py", ".md", ".yaml", ".smk", ".csv", ".json", ".npz", ".png", ".pdf", ".html", ".rst"}
MADE = {made for made in re.findall(r'"(results/[^"]+)"', RULES) if "{name}" not in made}
MADE |= {f"results/geodesics/{PLACE}"}
MADE |= {f"results/tables/{name}.csv" for name in re.findall(r'\btable\(\s*"([^"]+)"', RULES)}
MADE |= {
    f"results/figures/{name}.{kind}"
    for name in re.findall(r'\bfigure\(\s*"([^"]+)"', RULES)
    for kind in ("png", "pdf")
}
MADE |= {f"results/segments/{vae}.csv" for vae in DEFAULT["vaes"]}
MADE |= {"results/records/a.json", "results/report.html"}
ELSEWHERE = {"geodesics/", "geodesics/results/", "benchmarks/models/"}
"""Where a host of the workflow, and the benchmarks, have results."""
OF_USERS = {"my.npz", "my_vae.py", "weights/0.safetensors", "weights/1.safetensors"}


def is_made(path: str) -> bool:
    """Whether a rule makes a file, or something in a folder, of this name."""
    names = [re.sub(r"\{\w+\}", "*", made) for made in MADE]
    parts = [re.escape(name).replace(r"\*", "[^/]*?") for name in names]
    inside = path.removesuffix("/")
    return any(re.fullmatch(part, path) for part in parts) or any(
        re.match(re.escape(inside) + "/", name) for name in names
    )


def looks_like_a_path(text: str) -> bool:
    known = Path(text).suffix in SUFFIXES or text.endswith("/")
    return bool(PATH.fullmatch(text)) and known and not text.startswith("-")


def test_what_is_made_is_known():
    assert is_made("results/tables/cv.csv") and is_made("results/figures/geodesics-single.png")
    assert is_made("results/latents/single/seed-20.npz") and is_made("results/models/")
    assert not is_made("results/tables/cvs.csv") and not is_made("results/figure/")


@every_page
def test_paths_are_those_of_files_or_results(page):
    given = GIVEN | OF_USERS | ELSEWHERE
    for text in filter(looks_like_a_path, code(page)):
        own = any((way / text).exists() for way in (page.parent, *WAYS))
        made = any(is_made(f"{folder}{text}") for folder in ("", "results/", "results/tables/"))
        assert own or made or text in given, text


# ── commands ────────────────────────────────────────────────────────────────────────────────────


@every_page
def test_make_has_what_it_is_asked_for(page):
    targets = set(re.findall(r"^([\w-]+):", documents.read("Makefile"), re.M))
    for _, *words in commands(page, "make"):
        assert {word for word in words if "=" not in word} <= targets, words


@every_page
def test_python_is_given_what_there_is(page):
    for _, *words in commands(page, "python", "python3"):
        assert words[0] == "-m" or (PROJECT / words[0]).is_file(), words


CLONE = "../latent-geodesics/"
FOLDERS_OF_USERS = {"../quick", "../fashion", "../mine"}


@every_page
def test_snakemake_understands_its_commands(page, monkeypatch):
    """Its options and targets, and the files that it is given."""
    monkeypatch.chdir(PROJECT)
    for _, *words in commands(page, "snakemake"):
        arguments = [word.replace(CLONE, "") for word in words]
        _, options = parse_args(arguments)
        for path in options.configfile or ():
            assert Path(path).exists() or str(path) in GIVEN, words
        for target in options.targets:
            assert target in TARGETS or is_made(re.sub(r"\{.*\}", "a", target)), words
        for rule in [*(options.forcerun or ()), *(options.cache or ())]:
            assert rule in TARGETS, words
        directory = str(options.directory or "")
        assert not directory or directory in FOLDERS_OF_USERS or "/models" in directory, words


def test_there_are_commands_to_look_at():
    found = [words for page in PAGES for words in commands(page, "snakemake")]
    assert len(found) > 30
    assert ["snakemake", "--cores", "4", "part_c"] in found
    assert any(word.startswith("results/latents/") for words in found for word in words)


# ── settings ────────────────────────────────────────────────────────────────────────────────────


def settings() -> list:
    """Blocks of settings of the study, and of lines that look like them."""
    found = []
    for page in PAGES:
        texts = [b.text for b in blocks(page) if b.language == "yaml" and not b.under]
        texts += [text for text in code(page) if re.match(r"\w+: [{]", text)]
        for text in texts:
            read = yaml.safe_load(text)
            if isinstance(read, dict) and read.keys() <= DEFAULT.keys():
                found.append(pytest.param(read, id=f"{page.stem}: {text.strip()[:40]}"))
    return found


@pytest.mark.parametrize("given", settings())
def test_settings_are_right(given):
    """On top of the default ones; of a type that is taken out the experiments do without."""
    config = copy.deepcopy(DEFAULT)
    merge(config, {"curves": {"families": {"sines": None}}})
    merge(config, given)
    if given.get("curves", {}).get("families", {}).get("sines"):
        pytest.skip("a family that extending.md adds")
    if "exponential" in str(given):
        pytest.skip("a likelihood that extending.md adds")
    for experiment in config["experiments"].values():
        if "vae" in experiment and not config["vaes"].get(experiment["vae"]):
            merge(experiment, {"vae": next(iter(given["vaes"])), "decoders": 1})
        if rows := config["pairs"]["rows"]:
            experiment["pairs"] = min(experiment["pairs"], len(rows))
    check(config, SCHEMA)


def test_there_are_settings_to_look_at():
    assert len(settings()) > 20


KNOWN = {
    re.sub(r"(model|vaes\.<name>)\.likelihood\.", "likelihood.", row.key.strip("`"))
    for row in keys.Reference.of("config").rows()
}


def is_key(text: str) -> bool:
    """Whether the configuration has a dotted key; any name may stand for one of one's own."""
    wanted = text.split(".")
    above = {
        ".".join(key.split(".")[:n]) for key in KNOWN for n in range(1, len(key.split(".")) + 1)
    }
    return any(
        len(parts) == len(wanted)
        and all(own in (part, keys.NAME) for own, part in zip(parts, wanted, strict=True))
        for parts in (key.split(".") for key in above)
    )


@every_page
def test_dotted_keys_are_those_of_the_configuration(page):
    for text in code(page):
        first, *others = text.split(".")
        dotted = first in DEFAULT and others and re.fullmatch(r"[\w.<>-]+", text)
        if dotted and Path(text).suffix not in SUFFIXES:
            assert is_key(text), text


def test_keys_are_known():
    assert is_key("training.seeds") and is_key("vaes.mine.model") and is_key("likelihood.levels")
    assert is_key("experiments.starts.density_start") and is_key("solvers.newton.escapes")
    assert not is_key("training.seed") and not is_key("curves.family")


@every_page
def test_settings_of_profiles_name_rules(page):
    for rule in re.findall(r"^ *- (\w+)[:=]\w+=", documents.read(page), re.M):
        assert rule in TARGETS, rule
