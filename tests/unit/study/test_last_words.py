"""What a run says at its end."""

import os

from latentgeo.study import last_words


def study(tmp_path):
    tables = tmp_path / "tables"
    tables.mkdir()
    (tables / "claims.csv").write_text(
        "claim,verdict\nlower,holds\nlower,undecided\nlower,holds\nsame,does not hold\n"
    )
    (tables / "geodesics.csv").write_text(
        "solver,converged,status\nnewton,True,converged\nadam,False,step limit\n"
        "newton,True,converged\nadam,False,step limit\nadam,False,saddle\nadam,True,converged\n"
    )
    page = tmp_path / "study.html"
    page.touch()
    return page, tables


def test_verdicts_and_convergence_are_told(tmp_path):
    page, tables = study(tmp_path)
    assert list(last_words.success(page, tables, tables.iterdir())) == [
        f"The study on one page: {page}",
        "  lower — holds: 2, undecided: 1",
        "  same — does not hold: 1",
        "  2 of 2 newton geodesics converged",
        "  1 of 4 adam geodesics converged (2 step limit, 1 saddle)",
    ]


def test_nothing_is_told_of_a_page_that_is_old_or_not_there(tmp_path):
    page, tables = study(tmp_path)
    os.utime(page, (1, 1))
    assert not list(last_words.success(page, tables, tables.iterdir()))
    page.unlink()
    assert not list(last_words.success(page, tables, []))


def test_errors_are_those_of_this_run(tmp_path):
    (tmp_path / "rule").mkdir()
    for name, text, date in (
        ("old", "12:00:00 error: long ago", 100),
        ("good", "12:00:00 all is well", 300),
        ("rule/bad", "12:00:00 begun\n12:00:01 error: x.npz: no such file\ntraceback", 300),
    ):
        path = tmp_path / f"{name}.log"
        path.write_text(text)
        os.utime(path, (date, date))
    told = list(last_words.failure(tmp_path, since=200))
    assert told == ["error: x.npz: no such file", f"  log: {tmp_path / 'rule/bad.log'}"]
    for number in range(9):
        (tmp_path / f"{number}.log").write_text("1 error: again")
    assert list(last_words.failure(tmp_path, since=200))[-1] == "and 5 more"
