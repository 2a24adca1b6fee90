"""The fewest jobs that serve all experiments."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from latentgeo.study.plan import Job, plan, serving
from latentgeo.study.series import Request, Series, order_name, order_of, place, span

SERIES = Series("ensemble", 0, "fisher-rao", "polynomial", "graph", "newton")
OTHER = Series("ensemble", 0, "fisher-rao", "polynomial", "hot", "newton")


def at(decoders: str) -> str:
    """The folder of the series' files for so many decoders."""
    return f"ensemble/seed-0/decoders-{decoders}/fisher-rao/polynomial/graph/newton"


def test_pairs_are_cut_into_blocks_and_the_last_is_shorter():
    jobs = plan([Request(SERIES, 10, 25)], per_job=10)[SERIES]
    assert [(j.first, j.stop) for j in jobs] == [(0, 10), (10, 20), (20, 25)]
    assert [j.block for j in jobs] == ["0-10", "10-20", "20-25"]


def test_more_pairs_later_keep_the_full_blocks():
    before = plan([Request(SERIES, 10, 25)], per_job=10)[SERIES]
    after = plan([Request(SERIES, 10, 40)], per_job=10)[SERIES]
    assert before[:2] == after[:2]


def test_what_two_experiments_need_is_solved_once():
    jobs = plan([Request(SERIES, 10, 6), Request(SERIES, 10, 50)], per_job=50)
    assert jobs == {SERIES: [Job(SERIES, 10, 10, 0, 50)]}


def test_numbers_of_decoders_with_as_many_pairs_share_a_job():
    requests = [Request(SERIES, m, 10) for m in range(1, 11)] + [Request(SERIES, 10, 50)]
    jobs = plan(requests, per_job=50)[SERIES]
    assert [(j.lowest, j.highest, j.block) for j in jobs] == [(1, 9, "0-10"), (10, 10, "0-50")]
    assert [j.place for j in jobs] == [f"{at('1-9')}/pairs-0-10.npz", f"{at('10')}/pairs-0-50.npz"]


def test_a_gap_in_the_numbers_of_decoders_parts_jobs():
    jobs = plan([Request(SERIES, m, 4) for m in (1, 2, 5)], per_job=4)[SERIES]
    assert [j.place for j in jobs] == [f"{at('1-2')}/pairs-0-4.npz", f"{at('5')}/pairs-0-4.npz"]


def test_requests_find_the_jobs_that_serve_them_each_once():
    requests = [Request(SERIES, m, 10) for m in range(1, 11)] + [Request(SERIES, 10, 50)]
    jobs = plan([*requests, Request(OTHER, 10, 6)], per_job=20)
    served = serving(jobs, [Request(SERIES, 10, 10), Request(SERIES, 9, 10)])
    assert [j.place for j in served] == [
        f"{at('10')}/pairs-0-20.npz",
        f"{at('1-9')}/pairs-0-10.npz",
    ]
    assert serving(jobs, [Request(OTHER, 10, 6)]) == jobs[OTHER]


def test_spans_are_read_back():
    assert span("10") == (10, 10)
    assert span("1-9") == (1, 9)


def test_a_place_tells_everything_about_a_file():
    assert place(OTHER, (0, 0), (4, 9)) == (
        "ensemble/seed-0/decoders-0/fisher-rao/polynomial/hot/newton/pairs-4-9.npz"
    )
    assert place(SERIES, (1, 9), (0, 4)) == f"{at('1-9')}/pairs-0-4.npz"


@pytest.mark.parametrize("order, name", [(0, ""), (2, "-order-2"), (13, "-order-13")])
def test_a_series_is_made_of_wildcards(order, name):
    series = replace(SERIES, order=order)
    texts = {name: str(value) for name, value in vars(series).items()}
    assert Series.of(SimpleNamespace(**texts | {"order": name}, block="3")) == series
    assert order_name(order) == name and order_of(name) == order
    folder = place(series, (1, 9), (0, 4)).split("/")[:3]
    assert folder == ["ensemble", f"seed-0{name}", "decoders-1-9"]
