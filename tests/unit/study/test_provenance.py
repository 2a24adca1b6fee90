"""What results were made from is kept, compared, and told to Snakemake in its own way."""

from __future__ import annotations

import json
import os
import random
from collections import OrderedDict
from pathlib import Path

import pytest
from latentgeo.study import provenance
from latentgeo.study.provenance import (
    Record,
    checksum,
    mark,
    marker_of,
    outdated,
    place,
    plain,
    read_all,
    settle,
    write,
)
from snakemake.persistence.file import FilePersistence

PARAMS = {"code": "5a5a", "seeds": range(3), "span": (1, 9), "model": {"hidden": 128, "x": (1, 2)}}


@pytest.mark.parametrize(
    "log, record",
    [
        ("results/logs/tables.log", "results/records/tables.json"),
        ("results/logs/a/b-0/c.log", "results/records/a/b-0/c.json"),
        ("results/logs/a.b/pairs-0-50.log", "results/records/a.b/pairs-0-50.json"),
        ("sub/results/logs/a.log", "sub/results/records/a.json"),
        ("/some/where/results/logs/a.log", "/some/where/results/records/a.json"),
        ("results/logs/x/results/logs/a.log", "results/logs/x/results/records/a.json"),
    ],
)
def test_the_record_of_a_job_lies_beside_its_log(log, record):
    assert place(log) == Path(record)


# ── parameters ──────────────────────────────────────────────────────────────────────────────────


def test_plain_parameters_are_what_json_gives_back():
    found = plain(PARAMS)
    assert found == {
        "code": "5a5a",
        "seeds": [0, 1, 2],
        "span": [1, 9],
        "model": {"hidden": 128, "x": [1, 2]},
    }
    assert json.loads(json.dumps(found)) == found
    assert plain(found) == found


@pytest.mark.parametrize(
    "one, other",
    [
        ((1, 2), [1, 2]),
        (range(1, 4), [1, 2, 3]),
        ({1: "a"}, {"1": "a"}),
        (OrderedDict(b=1, a=2), {"a": 2, "b": 1}),
        ({"a": 1}.keys(), ["a"]),
        ([range(2), {"x": ()}], [[0, 1], {"x": []}]),
    ],
    ids=str,
)
def test_what_json_does_not_tell_apart_is_the_same(one, other):
    assert plain({"key": one}) == plain({"key": other})


@pytest.mark.parametrize(
    "one, other",
    [
        (1, 2),
        (1, "1"),
        (None, ""),
        (0.1, 0.1 + 1e-17 + 2e-17),
        ([1, 2], [2, 1]),
        (range(3), range(4)),
        ({"a": {"b": 1}}, {"a": {"c": 1}}),
    ],
    ids=str,
)
def test_other_parameters_are_others(one, other):
    assert (plain({"key": one}) == plain({"key": other})) == (one == other)
    assert plain({"key": 1}) != plain({"other": 1})


def test_the_items_of_a_job_are_parameters_too():
    assert plain(iter(PARAMS.items())) == plain(PARAMS)


def test_what_cannot_be_written_down_is_an_error():
    with pytest.raises(TypeError):
        plain({"key": object()})


# ── records ─────────────────────────────────────────────────────────────────────────────────────


def record(**other):
    whole = Record(
        "train", {"vae": "single"}, plain(PARAMS), {"in": "5a"}, {"a.npz": "1b", "b.csv": "2c"}
    )
    return whole._replace(**other)


def test_records_come_back_as_they_were(tmp_path):
    records = [record(rule=name, wildcards={"name": name}) for name in ("ä b", "one", "two")]
    folder = tmp_path / "results/records"
    for n, each in enumerate(records):
        write(folder / f"{n}" / "deep" / f"{each.rule}.json", each)
    assert list(read_all(folder)) == records
    assert list(read_all(tmp_path / "nothing")) == []


def test_a_record_is_text_of_the_same_bytes_without_dates_and_places(tmp_path):
    write(tmp_path / "a.json", record())
    write(tmp_path / "b.json", record(params=dict(reversed(plain(PARAMS).items()))))
    text = (tmp_path / "a.json").read_text()
    assert text == (tmp_path / "b.json").read_text()
    assert text.endswith("}\n")
    assert sorted(json.loads(text)) == ["inputs", "outputs", "params", "rule", "wildcards"]
    assert str(tmp_path) not in text
    assert sorted(os.listdir(tmp_path)) == ["a.json", "b.json"]


WHOLE = json.dumps(record()._asdict())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        WHOLE[:-20].encode(),
        WHOLE.encode() + b"}",
        b"[]",
        b"{}",
        b"null",
        b'"text"',
        b"3",
        b"\xff\xfe",
        json.dumps({"rule": "train"}).encode(),
        json.dumps(record()._asdict() | {"more": 1}).encode(),
        bytes(3000),
        random.Random(0).randbytes(3000),
    ],
    ids=lambda content: repr(content[:20]),
)
def test_damaged_records_are_as_if_they_were_not_there(content, tmp_path):
    write(tmp_path / "a.json", record(rule="a"))
    write(tmp_path / "z.json", record(rule="z"))
    (tmp_path / "damaged.json").write_bytes(content)
    assert [each.rule for each in read_all(tmp_path)] == ["a", "z"]


def test_what_is_no_record_is_not_read(tmp_path):
    write(tmp_path / "a.json", record(rule="a"))
    for name in (".a~host~1~x.json", ".hidden.json", "a.json.bak", "a.txt"):
        (tmp_path / name).write_text(WHOLE)
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "dangling.json").symlink_to(tmp_path / "nothing")
    assert [each.rule for each in read_all(tmp_path)] == ["a"]


@pytest.mark.parametrize("field", ["inputs", "outputs"])
def test_a_record_with_something_else_in_a_field_is_a_damaged_one(field, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.npz").write_text("a")
    Path("records").mkdir()
    Path("records/a.json").write_text(json.dumps(record(inputs={})._asdict() | {field: None}))
    assert outdated(["a.npz"], read_all(Path("records")), lambda _: PARAMS) == ["a.npz"]


# ── what was made from something else ───────────────────────────────────────────────────────────


class Results:
    """Inputs and outputs of a job in the current folder, with its record."""

    def __init__(self):
        for name in ("in-1", "in-2", "a.npz", "b.csv", "other.npz"):
            Path(name).write_text(f"content of {name}")
        inputs, outputs, others = (
            {name: checksum(name) for name in names}
            for names in (("in-1", "in-2"), ("a.npz", "b.csv"), ("other.npz",))
        )
        self.record = record(inputs=inputs, outputs=outputs)
        self.other = record(rule="other", inputs={}, outputs=others)
        self.params = {"train": PARAMS, "other": PARAMS}
        self.expected = ["a.npz", "b.csv", "other.npz"]

    def outdated(self):
        """As they are found after a time on disk."""
        for n, each in enumerate((self.record, self.other)):
            write(Path("records", f"{n}.json"), each)
        return outdated(
            self.expected, read_all(Path("records")), lambda each: self.params.get(each.rule)
        )


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Results()


def test_results_of_the_same_are_not_outdated(results):
    assert results.outdated() == []


def test_dates_and_places_do_not_count(results, tmp_path, monkeypatch):
    results.outdated()
    for name in ("in-1", "a.npz", "records/0.json"):
        os.utime(name, (0, 0))
    assert results.outdated() == []
    for path in list(tmp_path.iterdir()):
        (tmp_path / "moved").mkdir(exist_ok=True)
        path.rename(tmp_path / "moved" / path.name)
    monkeypatch.chdir(tmp_path / "moved")
    assert results.outdated() == []


def test_results_without_a_record_are_outdated(results):
    results.record.outputs.pop("a.npz")
    assert results.outdated() == ["a.npz"]
    assert outdated(results.expected, [], lambda _: PARAMS) == results.expected


def test_results_that_were_edited_are_outdated(results):
    results.outdated()
    Path("b.csv").write_text("another content")
    assert results.outdated() == ["b.csv"]


def test_a_record_that_is_right_counts_for_more_than_one_of_a_rule_that_is_gone(results):
    results.outdated()
    for name in ("0-before", "z-after"):
        write(Path("records", f"{name}.json"), results.record._replace(rule="gone"))
    assert results.outdated() == []


def test_copies_are_dated_by_what_they_were_made_from(results):
    results.outdated()
    for date, name in ((1_000, "a.npz"), (3_000, "in-1"), (2_000, "in-2"), (9_000, "b.csv")):
        os.utime(name, (date, date))
    settle([results.record, results.other], ["b.csv"])
    assert [os.stat(name).st_mtime for name in ("a.npz", "in-1", "in-2")] == [3_000, 3_000, 2_000]
    os.utime("b.csv", (1_000, 1_000))
    settle([results.record], ["b.csv"])
    assert os.stat("b.csv").st_mtime == 1_000  # outdated: its date is left alone


def test_dates_are_settled_along_a_chain(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for date, name in enumerate(("c", "b", "a")):
        Path(name).write_text(name)
        os.utime(name, (1_000 + date, 1_000 + date))
    chain = [
        record(inputs={"b": ""}, outputs={"c": ""}),
        record(inputs={"a": ""}, outputs={"b": ""}),
    ]
    settle(chain, [])
    assert {os.stat(name).st_mtime for name in "abc"} == {1_002}


def test_results_that_are_not_there_or_not_expected_are_not_outdated(results):
    results.params = {}
    Path("a.npz").unlink()
    assert results.outdated() == ["b.csv", "other.npz"]
    results.expected = ["other.npz"]
    assert results.outdated() == ["other.npz"]
    assert outdated(["nowhere.npz"], [], lambda _: None) == []


@pytest.mark.parametrize(
    "params",
    [
        PARAMS | {"code": "c3c3"},
        PARAMS | {"seeds": range(4)},
        PARAMS | {"model": {"hidden": 128, "x": (1, 3)}},
        PARAMS | {"more": None},
        {key: value for key, value in PARAMS.items() if key != "span"},
        {},
        None,
    ],
    ids=["code", "range", "deep", "more", "fewer", "none", "no such job"],
)
def test_results_of_other_parameters_are_outdated(params, results):
    results.params["train"] = params
    assert results.outdated() == ["a.npz", "b.csv"]


def test_results_of_a_job_without_parameters_that_is_gone_are_outdated(results):
    results.record = results.record._replace(params={})
    results.params["train"] = {}
    assert results.outdated() == []
    results.params["train"] = None
    assert results.outdated() == ["a.npz", "b.csv"]


def test_what_the_parameters_would_be_is_asked_with_the_whole_record(results):
    asked = []
    outdated(results.expected, [results.record, results.other], asked.append)
    assert asked == [results.record, results.other]


@pytest.mark.parametrize(
    "change", ["changed", "missing", "a folder", "older", "same size and date"]
)
@pytest.mark.parametrize("name", ["in-1", "in-2"])
def test_results_of_inputs_of_other_content_are_outdated(name, change, results):
    assert results.outdated() == []
    path = Path(name)
    dates, before = path.stat(), path.read_text()
    if change in ("missing", "a folder"):
        path.unlink()
        if change == "a folder":
            path.mkdir()
    elif change == "changed":
        path.write_text("something else")
    else:
        path.write_text(before[::-1])
        ages = {"older": (0, 0), "same size and date": (dates.st_atime_ns, dates.st_mtime_ns)}
        os.utime(path, ns=ages[change])
    assert results.outdated() == ["a.npz", "b.csv"]
    if path.is_dir():
        path.rmdir()
    path.write_text(before)
    assert results.outdated() == []


def test_an_input_that_was_not_there_counts_as_one_of_no_content(results):
    results.record = results.record._replace(inputs={"in-3": checksum("in-3")})
    assert results.outdated() == []
    Path("in-3").write_text("")
    assert results.outdated() == ["a.npz", "b.csv"]


def test_every_file_is_read_once_at_most(results, monkeypatch):
    read = []
    monkeypatch.setattr(provenance, "checksum", lambda path: read.append(path) or checksum(path))
    records = [results.record._replace(rule=str(n)) for n in range(10)]
    assert outdated(results.expected, records, lambda _: PARAMS) == ["other.npz"]
    assert sorted(read) == ["a.npz", "b.csv", "in-1", "in-2"]


def test_a_checksum_is_of_the_content(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert checksum(tmp_path / "a") == checksum(str(tmp_path / "a")) == expected
    assert checksum(tmp_path) == checksum(tmp_path / "nothing") == ""


# ── marks for Snakemake ─────────────────────────────────────────────────────────────────────────

PATHS = ["a", "results/a.npz", "results/tables/ä ö.csv", "../results/a.npz", "/abs/a.npz"]
PATHS += ["x" * length for length in (189, 190, 191, 192, 200, 255, 256, 379, 381, 382, 383, 1000)]
PATHS += ["results/a?>~.npz", "results/ÿ~~~.npz"]  # other characters in plain base64
PATHS += ["results/" + "/".join(["deep-folder"] * 40) + "/a.npz"]


@pytest.fixture
def persistence(tmp_path, monkeypatch):
    """Snakemake's own account of a working folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return FilePersistence(path=Path(".snakemake"))


FOLDER = Path(".snakemake/incomplete")


def marks():
    return sorted(path for path in FOLDER.rglob("*") if path.is_file())


@pytest.mark.parametrize("path", PATHS, ids=len)
def test_a_mark_lies_where_snakemake_looks_for_it(path, persistence):
    assert str(marker_of(path, FOLDER)) == persistence._record_path(str(FOLDER), path)


def test_snakemake_takes_what_is_marked_for_incomplete_and_nothing_else(persistence):
    mark(PATHS[::2], PATHS, FOLDER)
    fresh = FilePersistence(path=Path(".snakemake"))
    assert fresh._filter_incomplete_keys(PATHS) == set(PATHS[::2])
    assert fresh._get_external_jobids(PATHS) == set()  # nothing to wait for
    for path in PATHS:
        fresh._unmark_incomplete(path)
    assert marks() == []


def test_a_mark_goes_when_the_result_is_right_again(persistence):
    mark(iter(["b", "a"]), [*PATHS, "b"], FOLDER)
    assert marks() == sorted([marker_of("a", FOLDER), marker_of("b", FOLDER)])
    mark(["b", "a"], [*PATHS, "b"], FOLDER)
    assert marks() == sorted([marker_of("a", FOLDER), marker_of("b", FOLDER)])
    mark(["b"], [*PATHS, "b"], FOLDER)
    assert marks() == [marker_of("b", FOLDER)]
    mark([], PATHS, FOLDER)  # what is not expected is not looked at
    assert marks() == [marker_of("b", FOLDER)]
    mark([], iter(["b"]), FOLDER)
    assert marks() == []


@pytest.mark.parametrize("path", [PATHS[1], PATHS[-2]], ids=len)
@pytest.mark.parametrize("jobid", [None, "17"])
def test_marks_that_snakemake_made_are_left_alone(path, jobid, persistence):
    persistence._mark_incomplete(path, jobid)
    marker = marker_of(path, FOLDER)
    before = marker.read_text(), marker.stat().st_mtime_ns
    for found in ([path], [], [path]):
        mark(found, PATHS, FOLDER)
        assert (marker.read_text(), marker.stat().st_mtime_ns) == before
    assert marks() == [marker]


@pytest.mark.parametrize("content", ["", "{}", "text", '{"external_jobid": null}'])
def test_marks_of_any_other_content_are_left_alone(content, persistence):
    marker = marker_of("a", FOLDER)
    marker.write_text(content)
    mark([], ["a"], FOLDER)
    mark(["a"], ["a"], FOLDER)
    assert marker.read_text() == content


def test_a_mark_that_snakemake_made_over_ours_is_its_own(persistence):
    mark(["a"], ["a"], FOLDER)
    persistence._mark_incomplete("a", None)
    mark([], ["a"], FOLDER)
    assert marks() == [marker_of("a", FOLDER)]


def test_without_anything_outdated_no_folder_is_made(tmp_path):
    mark([], PATHS, tmp_path / ".snakemake/incomplete")
    mark(["not expected"], PATHS, tmp_path / ".snakemake/incomplete")
    assert list(tmp_path.iterdir()) == []
