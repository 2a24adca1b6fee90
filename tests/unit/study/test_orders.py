"""Orders of decoders: the first few of each are a random few."""

from collections import Counter

from latentgeo.study.orders import in_order

TEN = list("abcdefghij")


def test_the_first_order_is_their_own():
    assert in_order(TEN, 0, 3, "ensemble", 1) == TEN


def test_an_order_has_every_decoder_once_and_stays_what_it_is():
    found = in_order(TEN, 2, 3, "ensemble", 1)
    assert sorted(found) == TEN != found
    assert found == in_order(TEN, 2, 3, "ensemble", 1)
    others = [
        (1, 3, "ensemble", 1),
        (2, 4, "ensemble", 1),
        (2, 3, "wide", 1),
        (2, 3, "ensemble", 0),
    ]
    assert all(in_order(TEN, *other) != found for other in others)


def test_every_decoder_comes_first_as_often():
    first = Counter(in_order(TEN, order, 0, "ensemble", 0)[0] for order in range(1, 2001))
    assert set(first) == set(TEN)
    assert all(abs(count - 200) < 4 * (200 * 0.9) ** 0.5 for count in first.values())
