"""Tables of geodesics hold exactly what was asked for, whatever else lies in the files."""

from __future__ import annotations

import numpy as np
import pytest
from latentgeo.errors import StudyError
from latentgeo.io.arrays import load_arrays, save_arrays
from latentgeo.study.records import COLUMNS, EACH, KEY, load_geodesics, model_of, read
from latentgeo.study.series import Request, Series, place

SERIES = Series("ensemble", 0, "fisher-rao", "polynomial", "graph", "newton")
OTHER = Series("single", 3, "fisher-rao", "polynomial", "line", "adam")
DENSITY = Series("ensemble", 0, "density", "polynomial", "line", "newton")

STATUS = "converged", "step limit"


def energy_of(series: Series, count: int, pair: int) -> float:
    """An energy that no other geodesic has."""
    return 10_000 * (series.seed + len(series.start)) + 100.0 * count + pair


def model(series: Series) -> str:
    """The checksum of the model of a series."""
    return f"{series.vae}-{series.seed}"


def write(folder, series, counts, pairs, of: str | None = None) -> str:
    """A file of geodesics of a series, for numbers of decoders and pairs from ... to, exclusive."""
    keys = [(count, pair) for count in range(*counts) for pair in range(*pairs)]
    path = folder / place(series, (counts[0], counts[1] - 1), pairs)
    each = {name: np.full(len(keys), 1.5) for name in EACH}
    each |= {name: np.full(len(keys), 2) for name in ("label_a", "label_b", "steps")}
    each["energy"] = np.array([energy_of(series, *key) for key in keys])
    each["converged"] = np.array([pair % 2 == 0 for _, pair in keys])
    each["status"] = np.array([STATUS[pair % 2] for _, pair in keys])
    each["limit"] = np.full(len(keys), "family")
    points = each["energy"][:, None, None] + np.zeros((1, 5, 2))
    save_arrays(
        path,
        **{name: np.array(value) for name, value in vars(series).items()},
        decoders=np.array([count for count, _ in keys]),
        pair=np.array([pair for _, pair in keys]),
        points=points,
        index=np.arange(len(keys)),
        model=np.array(of or model(series)),
        **each,
    )
    return str(path)


def found(table) -> list[tuple]:
    """What a table holds: series, number of decoders and pair of every row."""
    fields = [*SERIES.__dataclass_fields__]
    return [
        (Series(*row[: len(fields)]), *row[len(fields) :])
        for row in table[[*fields, "decoders", "pair"]].itertuples(index=False, name=None)
    ]


def wanted(series, counts, pairs) -> list[tuple]:
    return [(series, count, pair) for count in counts for pair in range(pairs)]


def test_a_file_with_more_pairs_and_more_numbers_of_decoders_gives_what_is_asked_for(tmp_path):
    path = write(tmp_path, SERIES, (1, 6), (0, 9))
    table = read([path], [Request(SERIES, 3, 4)])
    assert found(table) == wanted(SERIES, [3], 4)


def test_a_file_of_which_everything_is_asked_for(tmp_path):
    path = write(tmp_path, SERIES, (1, 4), (0, 5))
    table = read([path], [Request(SERIES, count, 5) for count in (1, 2, 3)])
    assert found(table) == wanted(SERIES, [1, 2, 3], 5)


def test_blocks_of_pairs_are_put_together_and_the_last_is_cut(tmp_path):
    paths = [write(tmp_path, SERIES, (2, 3), block) for block in ((0, 4), (4, 8), (8, 10))]
    assert found(read(paths, [Request(SERIES, 2, 9)])) == wanted(SERIES, [2], 9)


def test_files_of_series_that_nobody_asked_for_give_nothing(tmp_path):
    paths = [write(tmp_path, series, (1, 3), (0, 4)) for series in (SERIES, OTHER)]
    assert found(read(paths, [Request(OTHER, 1, 4)])) == wanted(OTHER, [1], 4)


def test_two_requests_of_one_series_with_other_numbers_of_pairs(tmp_path):
    path = write(tmp_path, SERIES, (1, 4), (0, 9))
    requests = [Request(SERIES, 1, 2), Request(SERIES, 3, 7)]
    expected = wanted(SERIES, [1], 2) + wanted(SERIES, [3], 7)
    assert found(read([path], requests)) == expected
    assert found(read([path], requests[::-1])) == expected


def test_what_is_asked_for_twice_is_there_once_for_the_larger_number_of_pairs(tmp_path):
    path = write(tmp_path, SERIES, (1, 4), (0, 9))
    for pairs in ((3, 6), (6, 3), (6, 6)):
        table = read([path], [Request(SERIES, 2, n) for n in pairs])
        assert found(table) == wanted(SERIES, [2], 6)


def test_geodesics_of_no_decoders(tmp_path):
    path = write(tmp_path, DENSITY, (0, 1), (0, 3))
    assert found(read([path], [Request(DENSITY, 0, 3)])) == wanted(DENSITY, [0], 3)


def test_every_row_has_the_values_of_its_own_geodesic(tmp_path):
    paths = [
        write(tmp_path, SERIES, (1, 4), (4, 8)),
        write(tmp_path, OTHER, (1, 2), (0, 3)),
        write(tmp_path, SERIES, (1, 4), (0, 4)),
    ]
    requests = [Request(SERIES, 2, 6), Request(SERIES, 3, 8), Request(OTHER, 1, 3)]
    table = read(paths, requests, points="float n t 2")
    assert len(table) == 17
    keys = found(table)
    assert table["energy"].tolist() == [energy_of(*key) for key in keys]
    assert table["converged"].tolist() == [pair % 2 == 0 for *_, pair in keys]
    assert table["status"].tolist() == [STATUS[pair % 2] for *_, pair in keys]
    for points, energy in table[["points", "energy"]].itertuples(index=False):
        assert points.shape == (5, 2)
        assert (points == energy).all()


def test_rows_are_sorted_by_their_key_whatever_the_order_of_files_and_requests(tmp_path):
    later = Series("ensemble", 10, *list(vars(SERIES).values())[2:])
    paths = [
        write(tmp_path, series, counts, block)
        for series, counts in ((SERIES, (9, 12)), (later, (2, 3)), (OTHER, (1, 2)))
        for block in ((0, 4), (4, 12))
    ]
    requests = [Request(OTHER, 1, 11), Request(later, 2, 12), Request(SERIES, 10, 12)]
    table = read(paths, requests)
    again = read(paths[::-1], requests[::-1])
    assert table.equals(again)
    rows = list(table[KEY].itertuples(index=False, name=None))
    assert rows == sorted(rows)
    assert table.index.tolist() == list(range(35))


def test_columns_are_in_their_order_and_more_arrays_come_last(tmp_path):
    path = write(tmp_path, SERIES, (1, 2), (0, 3))
    requests = [Request(SERIES, 1, 3)]
    assert read([path], requests).columns.tolist() == COLUMNS
    table = read([path], requests, points="float n t 2", index="integer n")
    assert table.columns.tolist() == [*COLUMNS, "points", "index"]
    assert [*KEY, *EACH] == COLUMNS


# ── what is missing ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "blocks, there",
    [([(0, 4)], 4), ([(0, 2), (4, 6)], 4), ([(2, 6)], 4), ([(0, 5)], 5), ([(8, 9)], 0)],
)
def test_a_missing_pair_is_an_error_that_names_the_series(blocks, there, tmp_path):
    paths = [write(tmp_path, SERIES, (1, 3), block) for block in blocks]
    with pytest.raises(StudyError) as error:
        read(paths, [Request(SERIES, 2, 6)])
    for value in (*vars(SERIES).values(), 2, f"{there} of 6 pairs"):
        assert str(value) in str(error.value)


def test_a_pair_that_is_there_twice_makes_up_for_none_that_is_missing(tmp_path):
    paths = [write(tmp_path / name, SERIES, (2, 3), (0, 4)) for name in "ab"]
    with pytest.raises(StudyError, match="8 of 4 pairs"):
        read(paths, [Request(SERIES, 2, 4)])


def test_a_missing_number_of_decoders_is_an_error_that_names_it(tmp_path):
    path = write(tmp_path, SERIES, (1, 3), (0, 4))
    with pytest.raises(StudyError, match=r"'newton', 0, 3\): 0 of 4 pairs"):
        read([path], [Request(SERIES, 1, 4), Request(SERIES, 3, 4)])


def test_a_missing_series_is_an_error_that_names_it(tmp_path):
    path = write(tmp_path, SERIES, (1, 3), (0, 4))
    with pytest.raises(StudyError, match=r"'single', 3, 'fisher-rao', 'polynomial', 'line', 'ada"):
        read([path], [Request(SERIES, 1, 4), Request(OTHER, 1, 4)])


def test_a_damaged_file_among_many_is_named(tmp_path):
    paths = [write(tmp_path, SERIES, (1, 2), block) for block in ((0, 4), (4, 8))]
    content = (tmp_path / paths[1]).read_bytes()
    (tmp_path / paths[1]).write_bytes(content[:-100])
    with pytest.raises(StudyError, match=paths[1]):
        read(paths, [Request(SERIES, 1, 8)])


# ── of which models they are ────────────────────────────────────────────────────────────────────


def test_the_models_of_all_geodesics_are_known(tmp_path):
    paths = [
        write(tmp_path, SERIES, (1, 4), (0, 4)),
        write(tmp_path, SERIES, (1, 4), (4, 8)),
        write(tmp_path, DENSITY, (0, 1), (0, 4)),
        write(tmp_path, OTHER, (1, 2), (0, 3)),
    ]
    table = read(paths, [Request(SERIES, 2, 6), Request(DENSITY, 0, 4), Request(OTHER, 1, 3)])
    assert table.attrs == {"models": {("ensemble", 0): "ensemble-0", ("single", 3): "single-3"}}
    assert model_of(table, "single", 3) == "single-3"
    with pytest.raises(KeyError):
        model_of(table, "single", 0)


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("series", [SERIES, DENSITY], ids=lambda series: series.metric)
def test_geodesics_of_two_models_of_one_type_and_seed_are_refused(series, position, tmp_path):
    """Whether they are of one series or of several, and wherever the others are."""
    counts = (0, 1) if series is DENSITY else (1, 4)
    paths = [write(tmp_path, SERIES, (1, 4), block) for block in ((0, 4), (4, 8))]
    paths.append(write(tmp_path, OTHER, (1, 2), (0, 3)))
    requests = [Request(SERIES, 2, 8), Request(OTHER, 1, 3)]
    read(paths, requests)
    paths.insert(position, write(tmp_path, series, counts, (8, 12), of="another"))
    with pytest.raises(StudyError) as error:
        read(paths, requests)
    named = paths[max(position, 1)]  # the first that differs from one before it
    assert str(error.value) == (
        f"{named}: geodesics of another model of ensemble, seed 0 than others have; "
        "delete it and run again"
    )


def test_geodesics_of_models_of_other_types_and_seeds_are_their_own(tmp_path):
    others = [
        SERIES,
        Series("single", *list(vars(SERIES).values())[1:]),
        Series("ensemble", 1, *list(vars(SERIES).values())[2:]),
    ]
    paths = [write(tmp_path, series, (1, 2), (0, 3)) for series in others]
    table = read(paths, [Request(series, 1, 3) for series in others])
    assert table.attrs["models"] == {(s.vae, s.seed): model(s) for s in others}


def test_geodesics_that_do_not_say_of_which_model_they_are_are_refused(tmp_path):
    path = write(tmp_path, SERIES, (1, 2), (0, 3))
    arrays = load_arrays(path)
    del arrays["model"]
    save_arrays(path, **arrays)
    with pytest.raises(StudyError, match=f"{path}: has no array 'model'"):
        read([path], [Request(SERIES, 1, 3)])


# ── one file ────────────────────────────────────────────────────────────────────────────────────


def test_a_file_is_read_whole_with_more_arrays_of_given_forms(tmp_path):
    path = write(tmp_path, SERIES, (1, 4), (2, 7))
    stored = load_geodesics(path, points="float n t 2")
    assert set(stored) == {*COLUMNS, "points", "model"}
    assert stored["points"].shape == (15, 5, 2)
    assert stored["decoders"].tolist() == np.repeat([1, 2, 3], 5).tolist()
    assert "points" not in load_geodesics(path)
    with pytest.raises(StudyError, match="'points' is float64"):
        load_geodesics(path, points="float n t 3")
