"""Orders of decoders: the first few of each are others."""

from itertools import pairwise

import pytest
from latentgeo.study.orders import in_order


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6, 9, 10, 30])
def test_an_order_has_every_decoder_once_and_another_one_first(count):
    orders = [in_order(list(range(count)), order) for order in range(count)]
    assert orders[0] == list(range(count))
    assert all(sorted(order) == orders[0] for order in orders)
    assert sorted(order[0] for order in orders) == orders[0]
    for few in range(1, count):
        assert len({frozenset(order[:few]) for order in orders}) == count


def test_the_first_orders_have_little_in_common():
    orders = [set(in_order(list(range(10)), order)[:3]) for order in range(4)]
    assert all(not first & second for first, second in pairwise(orders))
