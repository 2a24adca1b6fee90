"""What runs again after which change; docs/reruns.md tells the same to users, row by row."""

import os
import re
import shutil

import pytest
from project import PROJECT, Study

TABLES = {"models_table", "geodesics_table", "cv_table", "contrasts_table"}
TABLES |= {"proximity_table", "starts_table", "segments_table", "contest_table", "claims_table"}
FIGURES = {
    "geodesics_figure",
    "models_figure",
    "cv_figure",
    "proximity_figure",
    "starts_curves_figure",
    "starts_energy_figure",
    "training_figure",
    "segments_figure",
    "contest_figure",
    "claims_figure",
    "filmstrips_figure",
}
DECODED = {"decode_curves", "filmstrips_figure"}
SEGMENTS = {"segments_table", "segments_figure"}
CONTEST = {"contest_table", "contest_figure", "claims_table", "claims_figure"}
CLAIMS = {"claims_table", "claims_figure"}
FROM_GEODESICS = (TABLES | FIGURES | DECODED) - {"models_table", "training_figure"} - SEGMENTS
FROM_GRIDS = {"geodesics_figure", "models_figure", "starts_curves_figure"}
SOLVING = {"solve_geodesics", "solve_segments", *FROM_GEODESICS, *SEGMENTS}
FROM_LATENTS = {"evaluate_grid", *SOLVING}
PART_C = {"starts_table", "starts_curves_figure", "starts_energy_figure"}
FROM_TRAINING = {"train_vae", "encode_latents", *FROM_LATENTS, "models_table", "training_figure"}
EVERYTHING = {"extract_images", "sample_pairs", *FROM_TRAINING}

LIBRARY = "workflow/scripts/latentgeo"
SOLVED = 29
"""Jobs of solve_geodesics in the tiny study."""


def changed(file, rules, solved=None, name=None):
    """A file that gets a comment, the rules that run again, and how many jobs solve geodesics.

    By default all of them do, or none where the rule is not among those that run again.
    """
    if solved is None:
        solved = SOLVED if "solve_geodesics" in rules else 0
    return pytest.param(file, set(rules), solved, id=name or file)


def library(file, rules, solved=None):
    return changed(f"{LIBRARY}/{file}", rules, solved, name=file)


PART_C_FIGURES = {"starts_curves_figure", "starts_energy_figure"}
PROXIMITY = {"proximity_table", "proximity_figure", *CLAIMS}
FROM_GRAPH = {"solve_geodesics", "solve_segments", "geodesics_table", "geodesics_figure"}
FROM_GRAPH |= {*PROXIMITY, *SEGMENTS, *DECODED}
VARIATION = {"cv_table", "cv_figure", "contrasts_table", *CLAIMS}
IN_VARIATION = {"solve_geodesics", "geodesics_table", "models_figure", *VARIATION, *DECODED}
COUNTED = {"geodesics_figure", "training_figure", *VARIATION, *PROXIMITY, *CONTEST}
COUNTED |= PART_C_FIGURES
WITHIN = {"solve_geodesics", "solve_segments", "geodesics_table", *VARIATION, *PROXIMITY}
WITHIN |= {*SEGMENTS, *CONTEST, *DECODED}
IN_PART_C = {"solve_geodesics", "geodesics_table", *PART_C, *DECODED}
TABLES_READ = {"models_table", "cv_figure", "proximity_figure", "training_figure", *SEGMENTS}
TABLES_READ |= {"contest_figure", *CLAIMS}


@pytest.mark.parametrize(
    "file, rules, solved",
    [
        changed("README.md", []),
        changed("config.yaml", []),
        changed("workflow/scripts/cv_figure.py", ["cv_figure"]),
        changed("workflow/scripts/starts_table.py", ["starts_table"]),
        changed("workflow/scripts/cv_table.py", ["cv_table", "cv_figure"]),
        library("errors.py", EVERYTHING),
        library("plugins.py", EVERYTHING),
        library("io/whole.py", EVERYTHING),
        library("io/csv.py", FROM_TRAINING),
        library("io/tables.py", TABLES_READ),
        library("likelihoods/base.py", FROM_TRAINING),
        library("likelihoods/continuous_bernoulli.py", FROM_TRAINING),
        library("likelihoods/poisson.py", set()),
        library("decoders/activations.py", {"evaluate_grid", *SOLVING}, 25),
        library("curves.py", SOLVING),
        library("objectives/base.py", SOLVING),
        library("objectives/fisher_rao.py", SOLVING, 25),
        library("objectives/fisher_rao_within.py", WITHIN, 7),
        library("objectives/density.py", IN_PART_C | CONTEST, 9),
        library("solvers/problem.py", SOLVING),
        library("solvers/newton.py", SOLVING, 27),
        library("solvers/adam.py", IN_PART_C, 6),
        library("starts/base.py", SOLVING),
        library("starts/line.py", IN_VARIATION | IN_PART_C | CONTEST, 17),
        library("starts/random.py", IN_PART_C, 2),
        library("starts/graph.py", FROM_GRAPH, 10),
        library("starts/grid/paths.py", SOLVING, 25),
        library("starts/grid/evaluation.py", {"evaluate_grid", *SOLVING}, 25),
        library("geodesics.py", SOLVING),
        library("certificates/base.py", SOLVING),
        library("certificates/fisher_rao.py", SOLVING, 25),
        library("certificates/fisher_rao_within.py", WITHIN, 7),
        library("models/training.py", FROM_TRAINING),
        library("images/pairs.py", {"sample_pairs", *SOLVING}),
        library("images/checks.py", EVERYTHING),
        library("images/torchvision.py", []),
        library("statistics/variation.py", VARIATION),
        library("statistics/counts.py", COUNTED),
        library("statistics/contrasts.py", {"contrasts_table", *CLAIMS}),
        library("statistics/proximity.py", PROXIMITY),
        library("study/plotting.py", FIGURES),
        library("study/panels.py", ["cv_figure", "training_figure", *PART_C_FIGURES]),
        library("study/provenance.py", EVERYTHING),
        library("study/records.py", FROM_GEODESICS),
        library("study/experiments.py", FROM_GEODESICS),
        library("study/stored.py", {"encode_latents", *FROM_LATENTS}),
        library("study/orders.py", {"evaluate_grid", *SOLVING}),
        library("study/configuration.py", []),
        library("study/plan.py", []),
        library("decoded.py", DECODED),
        library("study/scenes.py", DECODED),
        library("study/explored.py", DECODED),
        library("study/strips.py", ["filmstrips_figure"]),
        library("study/maps.py", [*FROM_GRIDS]),
        library("study/progress.py", []),
        library("study/page/render.py", ["study_page"]),
        library("study/page/explorer.py", ["study_page"]),
        changed("workflow/report/figure-cv.rst", ["study_page"]),
        changed("workflow/report/page/study.css", ["study_page"]),
    ],
)
def test_a_changed_file_reruns_what_depends_on_it(finished, file, rules, solved):
    if file == "README.md":
        (finished.folder / file).touch()
    with finished.changed(file, "", "# a comment\n"):
        runs = finished.would_run()
    # the page shows all tables and figures
    assert set(runs) == rules | ({"study_page"} if rules & (TABLES | FIGURES) else set())
    assert runs.get("solve_geodesics", 0) == solved


def test_a_touched_file_reruns_nothing(finished):
    """Nor does a script with the same content: only content counts."""
    patterns = (f"{LIBRARY}/**/*.py", "workflow/scripts/*.py", "resources/*")
    for pattern in (*patterns, "results/*.npz", "results/[mt]*/**/*.*"):
        touched = list(finished.folder.glob(pattern))
        assert touched
        for path in touched:
            path.touch()
    assert finished.would_run() == {}


def test_settings_of_another_source_of_images_rerun_nothing(finished):
    """But for the page, which shows all settings."""
    runs = finished.would_run("--config", "data={root: elsewhere, dataset: KMNIST}")
    assert runs == {"study_page": 1}


def test_code_from_the_future_or_the_past_reruns_nothing(finished):
    for n, path in enumerate(finished.folder.glob(f"{LIBRARY}/**/*.py")):
        os.utime(path, (path.stat().st_mtime + (3600 if n % 2 else -1e8),) * 2)
    assert finished.would_run() == {}


def test_a_finished_study_that_is_moved_or_renamed_reruns_nothing(finished, tmp_path):
    shutil.copytree(finished.folder, tmp_path / "elsewhere", symlinks=True)
    assert Study(tmp_path / "elsewhere").would_run() == {}


def test_the_page_for_users_has_a_row_for_every_package(finished):
    rows = (PROJECT / "docs/reruns.md").read_text()
    packages = [path.parent.name for path in finished.folder.glob(f"{LIBRARY}/*/__init__.py")]
    assert len(packages) >= 10
    for package in packages:
        assert f"| `{package}/" in rows, package


@pytest.mark.parametrize(
    "settings, counts",
    [
        pytest.param(
            "training={seeds: 3}",
            # two types, a new seed each, the ensemble under two metrics; what shows all seeds
            {"train_vae": 2, "encode_latents": 2, "solve_geodesics": 3},
            id="one more seed",
        ),
        pytest.param(
            "experiments={geodesics: {pairs: 16}}",
            # pairs 4-8 in place of 4-6, 8-12 and 12-16, in two models, of which one under two
            # metrics; the first four are kept
            {"sample_pairs": 3, "solve_geodesics": 9},
            id="ten more pairs",
        ),
        pytest.param(
            "training={single_decoder: {epochs: 3, batch_size: 256}}",
            {"train_vae": 2, "encode_latents": 2, "evaluate_grid": 2},
            id="a training key of one type",
        ),
        pytest.param(
            "density={bandwidth: 0.5}",
            # the density geodesics, and the hot starts from them
            {"solve_geodesics": 9, "starts_table": 1, "cv_table": 0, "proximity_table": 0},
            id="another σ",
        ),
        pytest.param(
            "solvers={adam: {method: adam, learning_rate: 0.02, steps: 5}}",
            {"solve_geodesics": 6, "starts_table": 1, "cv_table": 0},
            id="a solver's key",
        ),
        pytest.param("pairs={per_job: 2}", {"train_vae": 0, "evaluate_grid": 0}, id="block size"),
    ],
)
def test_a_changed_key_reruns_what_depends_on_it(finished, settings, counts):
    name, value = settings.split("=", 1)
    rules = finished.would_run("--config", f"{name}={value}")
    for rule, count in counts.items():
        assert rules.get(rule, 0) == count, rules
    if name != "training":
        assert "train_vae" not in rules and "encode_latents" not in rules


def test_every_rule_has_all_its_parts(finished):
    """Code, log, threads, resources, conda, message, script: a cluster needs them all."""
    files = [content.decode() for content in finished.files("rules/*.smk").values()]
    shared = ["conda", "threads", "resources", "script"]
    own = ["output", "log", "params", "message"]
    count = 0
    for text in files:
        for rule in re.split(r"^(?=(?:use )?rule \w+)", text, flags=re.MULTILINE)[1:]:
            count += 1
            name = rule.splitlines()[0]
            for part in own if name.startswith("use") else own + shared:
                assert f"    {part}:" in rule, f"{name} has no {part}"
            assert "code=code" in rule, name
    assert count >= 18
