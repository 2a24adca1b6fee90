"""The graph of landmarks: what decoders say along its edges, and ways through it, by hand."""

import numpy as np
import pytest
import reference
import torch
from latentgeo.likelihoods.continuous_bernoulli import CONTINUOUS_BERNOULLI
from latentgeo.starts.roadmap import ways
from latentgeo.starts.roadmap.fields import PIECES, evaluate_edges
from latentgeo.starts.roadmap.landmarks import choose, near, neighbours
from latentgeo.starts.roadmap.roadmap import make_roadmap
from latentgeo.starts.roadmap.ways import Graph

RNG = np.random.default_rng(0)


def test_what_is_said_of_edges_by_loops_over_decoders():
    decoders = reference.tiny_decoders(3)
    start, end = RNG.normal(size=(2, 5, 2))
    found = evaluate_edges(decoders, CONTINUOUS_BERNOULLI, start, end)
    t = np.linspace(0, 1, PIECES + 1)[:, None]
    for edge in range(5):
        points = torch.from_numpy(start[edge] + t * (end[edge] - start[edge]))
        eta = [f(points).flatten(1).double() for f in decoders]
        eta = [CONTINUOUS_BERNOULLI.link(e) for e in eta]
        mean = [CONTINUOUS_BERNOULLI.mean(e) for e in eta]
        for count in (1, 2, 3):
            pairs = [(k, m) for k in range(count) for m in range(count) if k != m or count == 1]
            for piece in range(PIECES):
                step = slice(piece, piece + 2)

                def product(k, m, mean=mean, eta=eta, step=step):
                    return float((mean[k][step].diff(dim=0) * eta[m][step].diff(dim=0)).sum())

                own = np.mean([product(k, k) for k in range(count)])
                between = np.mean([product(k, m) for k, m in pairs])
                level = np.mean(
                    [
                        float(
                            (mean[k][at] * (eta[k][at] - eta[m][at])).sum()
                            - CONTINUOUS_BERNOULLI.log_normalizer(eta[k][at])
                            + CONTINUOUS_BERNOULLI.log_normalizer(eta[m][at])
                        )
                        for at in (piece, piece + 1)
                        for k, m in pairs
                    ]
                )
                at = count - 1, edge, piece
                assert found.own_length[at] == pytest.approx(own**0.5, rel=1e-6)
                assert found.length[at] == pytest.approx(max(between, 0) ** 0.5, rel=1e-6, abs=1e-9)
                assert found.disagreement[at] == pytest.approx(level, rel=1e-5, abs=1e-9)


def test_landmarks_are_far_from_one_another_and_near_all():
    latents = np.concatenate([RNG.normal(size=(3000, 3)), RNG.normal(8, 0.1, size=(5, 3))])
    chosen = choose(latents, seed=0, count=200).positions
    assert len(np.unique(chosen, axis=0)) == 200 and (chosen > 7).all(1).any()

    def farthest(positions):
        return np.linalg.norm(latents[:, None] - positions, axis=-1).min(1).max()

    drawn = [farthest(latents[RNG.permutation(len(latents))[:200]]) for _ in range(5)]
    assert farthest(chosen) < min(drawn)


def test_neighbours_are_the_nearest():
    positions = RNG.normal(size=(40, 3))
    distances = np.linalg.norm(positions[:, None] - positions, axis=-1)
    np.testing.assert_array_equal(near(positions, positions, 5), distances.argsort(1)[:, :5])
    pairs = {tuple(pair) for pair in neighbours(positions)}
    nearest = distances.argsort(1)[:, 1:13]
    assert pairs == {tuple(sorted((i, j))) for i in range(40) for j in nearest[i]}


def square(above=1.0, below=1.0, level=0.0):
    """Two ways from node 0 to node 3, by 1 above and by 2 below, of four pieces an edge."""
    positions = np.array([[-1.0, 0], [0, 1], [0, -1], [1, 0]])
    edges = np.array([[0, 1], [0, 2], [1, 3], [2, 3]])
    length = np.array([above, below, above, below])[:, None] / 4 * np.ones(4)
    levels = np.array([level, 0, level, 0])[:, None] * np.ones(4)
    return Graph(positions, edges, length, levels)


def middles(found):
    return [way(np.array([0.5]))[0].tolist() for way in found]


def test_the_shorter_way_comes_first_and_a_detour_is_no_way():
    assert middles(square(1.0, 1.2).ways(0, 3, 32)) == [[0, 1], [0, -1]]
    assert middles(square(1.2, 1.0).ways(0, 3, 32)) == [[0, -1], [0, 1]]
    detour = 1 + 1.1 * ways.DETOUR
    assert middles(square(1.0, detour).ways(0, 3, 32)) == [[0, 1]]
    found = square(1.0, 1.2).ways(0, 3, 32)[0]
    np.testing.assert_allclose(found(np.array([0.0, 1.0])), [[-1, 0], [1, 0]])


def test_disagreement_makes_a_way_longer():
    assert middles(square(1.0, 1.2, level=0.05).ways(0, 3, 32))[0] == [0, -1]


def test_a_way_takes_as_long_as_it_is_where_nothing_disagrees():
    positions = np.array([[0.0, 0], [1, 0], [2, 0]])
    length = np.array([[0.25] * 4, [0.75] * 4])
    graph = Graph(positions, np.array([[0, 1], [1, 2]]), length, np.zeros((2, 4)))
    [way] = graph.ways(0, 2, 16)
    np.testing.assert_allclose(way(np.array([0.125, 0.25, 0.625]))[:, 0], [0.5, 1.0, 1.5])


@pytest.mark.parametrize("own", [False, True])
def test_ways_between_further_points_begin_and_end_there(own):
    decoders = [f.double() for f in reference.tiny_decoders(2)]
    latents = RNG.normal(size=(60, 2))
    roadmap = make_roadmap(decoders, CONTINUOUS_BERNOULLI, latents, count=30)
    start, end = RNG.normal(size=(2, 3, 2))
    found = roadmap.ways(decoders, CONTINUOUS_BERNOULLI, own, start, end, 32)
    for first, last, each in zip(start, end, found, strict=True):
        for way in each:
            np.testing.assert_allclose(way(np.array([0.0, 1.0])), [first, last], atol=1e-12)
