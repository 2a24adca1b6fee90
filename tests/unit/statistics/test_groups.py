"""Which groups are compared."""

from latentgeo.statistics.groups import compared

FR, WITHIN = "fisher-rao", "fisher-rao-within"


def test_every_two_groups_that_can_be_told_apart():
    one = ("single", 1, FR, "polynomial")
    long = ("long", 1, FR, "polynomial")
    ten, three = ("ensemble", 10, FR, "polynomial"), ("ensemble", 3, FR, "polynomial")
    own, ten_of = ("ensemble", 10, WITHIN, "polynomial"), ("other", 10, WITHIN, "polynomial")
    spline = ("single", 1, FR, "spline")
    found = compared([one, long, three, ten, own, ten_of, spline])
    assert found == [
        (one, long),  # another training
        (one, three),
        (one, ten),
        (one, own),  # one decoder has the same geodesics under both metrics
        (one, ten_of),
        (long, three),
        (long, ten),
        (long, own),
        (long, ten_of),
        (three, ten),  # another number of decoders
        (ten, own),  # another metric
        (own, ten_of),
    ]
