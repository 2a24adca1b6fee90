"""What the study's page says, from small tables."""

import subprocess

import pandas as pd
from latentgeo.study.page import about, answers, exhibits
from latentgeo.study.page.render import page

CLAIM = {"of": "us", "rule": "ratio: holds", "effect": 0.5, "low": 0.4, "high": 0.6, "case": "x"}


def claims(*verdicts, claim="c"):
    return pd.DataFrame([CLAIM | {"claim": claim, "verdict": verdict} for verdict in verdicts])


def test_a_verdict_is_of_all_cases_or_depends_on_them():
    [answer] = answers.answers(claims("holds", "holds"))
    assert answer.verdict == "holds" and answer.counts["holds"] == 2
    assert answer.cases[0] == {"case": "x", "effect": "0.5 (0.4 to 0.6)", "verdict": "holds"}
    [answer] = answers.answers(claims("holds", "undecided"))
    assert answer.verdict == "depends on the case"
    nothing = claims("undecided").assign(low=float("nan"), high=float("nan"))
    assert answers.answers(nothing)[0].cases[0]["effect"] == "0.5"


def test_why_geodesics_did_not_converge_is_counted():
    table = pd.DataFrame(
        {
            "metric": ["m"] * 4,
            "start": ["line"] * 4,
            "solver": ["newton"] * 4,
            "converged": [True, False, False, False],
            "status": ["converged", "step limit", "saddle", "step limit"],
            "limit": ["none", "valley", "segments", "family"],
        }
    )
    [row] = answers.convergence(table)
    assert (row["geodesics"], row["converged"]) == (4, 1)
    assert row["why_not"] == "2 step limit, 1 saddle"
    assert row["not_lowest"] == "1 valley, 1 segments"


def test_times_are_sums_over_the_logs_of_a_rule(tmp_path):
    for name, last in {
        "train_vae/a.log": "10.0 s, peak memory 900 MiB",
        "train_vae/b.log": "20.5 s, peak memory 1000 MiB",
        "cv_table.log": "1.5 s, peak memory 100 MiB",
        "encode_latents/c.log": "it failed",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"begun\n{last}\n")
    first, second = about.times(tmp_path)
    assert list(first.values()) == ["train_vae", "2", "30", "20.5", "1000"]
    assert second["rule"] == "cv_table"


def test_code_without_a_repository_has_no_commit(tmp_path):
    assert about.commit(tmp_path) == ""
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "x"]):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", "-C", tmp_path, *identity, *command], check=True)
    assert len(about.commit(tmp_path)) == 12


def test_a_large_table_is_shown_in_part_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(exhibits, "MOST_ROWS", 2)
    (tmp_path / "tables").mkdir()
    path = tmp_path / "tables/t.csv"
    path.write_text("name,value,good\n<b>,1.23456789,True\n,,False\nc,3,True\n")
    (tmp_path / "caption.rst").write_text("Of ``{{ snakemake.wildcards.vae }}``.")
    told = {"caption": "caption", "parts": "ab", "wildcards": {"vae": "single"}}
    table = exhibits.table(str(path), told, tmp_path, tmp_path)
    assert table.rows == [["<b>", "1.2346", "True"], ["", "", "False"]]
    assert (table.numeric, table.total, table.left_out) == ([False, True, False], 3, True)
    assert "single" in table.caption and table.file == "tables/t.csv"
    text = page(
        asked=[],
        answers=[],
        models=[],
        convergence=[],
        explorer={},
        explored_note="",
        figures=[],
        tables=[table],
        processors=[],
        config="",
        versions={},
        commit="",
        times=[],
    )
    assert "The first 2 rows" in text and "&lt;b&gt;" in text and "<td><b></td>" not in text
