"""The fewest jobs that serve all experiments."""

from latentgeo.plan import Job, Request, Series, plan, serving, span

SERIES = Series("ensemble", 0, "fisher-rao", "polynomial", "graph", "newton")
OTHER = Series("ensemble", 0, "fisher-rao", "polynomial", "hot", "newton")


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
    assert [(j.decoders, j.block) for j in jobs] == [("1-9", "0-10"), ("10", "0-50")]


def test_a_gap_in_the_numbers_of_decoders_parts_jobs():
    jobs = plan([Request(SERIES, m, 4) for m in (1, 2, 5)], per_job=4)[SERIES]
    assert [j.decoders for j in jobs] == ["1-2", "5"]


def test_requests_find_the_jobs_that_serve_them_each_once():
    requests = [Request(SERIES, m, 10) for m in range(1, 11)] + [Request(SERIES, 10, 50)]
    jobs = plan([*requests, Request(OTHER, 10, 6)], per_job=20)
    served = serving(jobs, [Request(SERIES, 10, 10), Request(SERIES, 9, 10)])
    assert [(j.decoders, j.block) for j in served] == [("10", "0-20"), ("1-9", "0-10")]
    assert serving(jobs, [Request(OTHER, 10, 6)]) == jobs[OTHER]


def test_spans_are_read_back():
    assert span("10") == (10, 10)
    assert span("1-9") == (1, 9)
