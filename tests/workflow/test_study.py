"""The tiny study from end to end: what comes out, and that it comes out the same again."""

import ast
import json

import numpy as np
import pandas as pd
import pytest
from project import PROJECT

COLUMNS = {
    "models": "vae seed decoder elbo reconstruction kl processor",
    "geodesics": "vae seed decoders order metric curve start solver pair label_a label_b energy "
    "disagreement travel length published_length euclidean initial_energy steps converged status "
    "action excess limit",
    "cv": "vae decoders metric curve pair measure n mean std cv cv_corrected cv_low "
    "cv_high not_converged not_lowest",
    "contrasts": "curve vae_a decoders_a metric_a measure_a vae_b decoders_b metric_b measure_b "
    "models_a models_b pairs ratio low high wide_low wide_high error p share_lower not_converged "
    "not_lowest",
    "proximity": "metric curve decoders models pairs orders n mean std scaled difference "
    "low high over not_converged not_lowest",
    "segments": "vae seed decoders metric segments pair energy disagreement travel length "
    "published_length action converged limit",
    "contest": "vae metric curve solver start n reached reached_low reached_high excess_worst "
    "steps initial initial_low initial_high not_converged not_lowest",
    "claims": "claim of verdict effect low high models pairs case rule",
    "starts": "curve solver pair start initial_energy final_energy steps converged limit",
}
FIGURES = [
    "claims",
    "contest",
    "cv",
    "geodesics-ensemble",
    "geodesics-single",
    "models",
    "proximity",
    "segments",
    "starts-curves",
    "starts-energy",
    "training",
]


def table(study, name):
    return pd.read_csv(study.folder / f"results/tables/{name}.csv")


@pytest.mark.parametrize("name", COLUMNS)
def test_a_table_has_its_columns(finished, name):
    assert list(table(finished, name).columns) == COLUMNS[name].split()


def test_the_tables_hold_every_observation(finished):
    models = table(finished, "models")
    assert len(models) == 2 * 1 + 2 * 3
    np.testing.assert_allclose(models["elbo"], models["reconstruction"] - models["kl"], rtol=1e-8)
    geodesics = table(finished, "geodesics")
    assert not geodesics.duplicated(geodesics.columns[:9].tolist()).any()
    wanted = {
        ("single", 0, 1, 0, "fisher-rao", "polynomial", "graph", "newton"): 6,
        ("ensemble", 0, 3, 0, "fisher-rao", "polynomial", "graph", "newton"): 6,
        ("single", 1, 1, 0, "fisher-rao", "polynomial", "line", "newton"): 3,
        ("ensemble", 0, 2, 0, "fisher-rao", "piecewise-linear", "graph", "newton"): 4,
        ("ensemble", 0, 0, 0, "density", "polynomial", "line", "adam"): 2,
        ("ensemble", 0, 3, 0, "fisher-rao", "polynomial", "hot", "newton"): 3,
    }
    counts = geodesics.groupby(geodesics.columns[:8].tolist()).size()
    for key, count in wanted.items():
        assert counts[key] == count, key
    assert len(table(finished, "cv")) == 3 * 3 * 6  # two types, one of them under two metrics
    assert (table(finished, "cv")["n"] == 2).all()
    assert len(table(finished, "proximity")) == 2 * 3 + 2 * 2  # one decoder under one metric
    assert len(table(finished, "starts")) == 2 * 2 * 2 * 2


def test_the_same_pair_has_the_same_images_in_every_model(finished):
    labels = table(finished, "geodesics").groupby("pair")[["label_a", "label_b"]].nunique()
    assert (labels == 1).all().all()


def test_the_cv_table_follows_from_the_geodesics(finished):
    geodesics = table(finished, "geodesics").query("vae == 'single' and start == 'line'")
    energies = geodesics.query("pair == 2")["energy"]
    row = table(finished, "cv").query("vae == 'single' and pair == 2 and measure == 'energy'")
    assert row["mean"].item() == pytest.approx(energies.mean())
    assert row["cv"].item() == pytest.approx(energies.std(ddof=1) / energies.mean())


def test_what_did_not_converge_is_marked(finished):
    starts = table(finished, "starts")
    few_steps = starts[starts["solver"] == "adam"]
    assert not few_steps["converged"].any()  # five steps of Adam reach no minimum
    assert starts[starts["solver"] == "newton"]["converged"].all()


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("ending, magic", [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_a_figure_is_there_in_both_formats(finished, name, ending, magic):
    content = (finished.folder / f"results/figures/{name}.{ending}").read_bytes()
    assert content.startswith(magic) and len(content) > 5000


TELLS = """
import json, pathlib
for path in snakemake.output:
    given = [list(snakemake.input.histories), list(snakemake.params.models)]
    pathlib.Path(path).write_text(json.dumps(given))
"""


def test_the_histories_that_are_drawn_are_in_the_order_of_their_models(spoilable):
    """A history does not say itself of which model it is."""
    (spoilable.folder / "workflow/scripts/training_figure.py").write_text(TELLS)
    figure = "results/figures/training.png"
    done = spoilable.snakemake("--cores", "1", "--", figure)
    assert done.returncode == 0, done.stdout
    histories, models = json.loads((spoilable.folder / figure).read_text())
    places = [f"results/models/{m['vae']}/seed-{m['seed']}/history.csv" for m in models]
    assert len(models) == 4 and histories == places


def test_every_job_says_what_it_did_in_its_log(finished):
    logs = finished.files("results/logs/**/*.log")
    assert len(logs) == sum(finished.would_run("--forceall").values())
    assert all(b"peak memory" in content for content in logs.values())
    assert b"epoch 2/2" in logs["results/logs/train_vae/single-0.log"]


def test_a_second_run_has_nothing_to_do(finished):
    assert finished.would_run() == {}


def test_the_report_holds_every_figure_and_table(finished):
    done = finished.snakemake("--cores", "1", "--report", "report.zip")
    assert done.returncode == 0, done.stdout
    assert (finished.folder / "report.zip").stat().st_size > 100_000


@pytest.mark.parametrize(
    "target, present, absent",
    [
        ("part_a", {"geodesics_figure", "cv_table"}, {"proximity_table", "starts_table"}),
        ("part_b", {"proximity_table", "proximity_figure"}, {"starts_table"}),
        ("part_c", {"starts_table", "starts_curves_figure"}, {"cv_table", "proximity_table"}),
        ("tables", {"models_table", "geodesics_table"}, {"cv_figure", "training_figure"}),
        ("figures", {"training_figure", "models_figure"}, {"geodesics_table"}),
    ],
)
def test_a_target_makes_its_part_alone(finished, target, present, absent):
    rules = finished.would_run("--forceall", target).keys()
    assert present <= rules
    assert not absent & rules


def test_scripts_read_nothing_that_a_cache_key_lacks():
    for script in (PROJECT / "workflow/scripts").glob("*.py"):
        for node in ast.walk(ast.parse(script.read_text())):
            if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "snakemake":
                allowed = {"input", "output", "params", "log", "threads"}
                if script.name == "job.py":  # names the job in its progress lines
                    allowed |= {"rule", "wildcards"}
                assert node.attr in allowed, f"{script.name} reads snakemake.{node.attr}"
