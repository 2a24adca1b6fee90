"""Distances between all of some points."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from tqdm import tqdm

from ..errors import StudyError
from .geodesics import Geodesics

PAIRS_AT_ONCE = 100
"""Pairs that are solved together."""
MEASURES = ("length", "energy")


def matrix(
    solve: Callable[[Tensor, Tensor], Geodesics], points: Tensor, measure: str, progress: bool
) -> Tensor:
    """A measure of geodesics between all points (n, d): (n, n); see `Model.distance_matrix`."""
    if measure not in MEASURES:
        raise StudyError(f"measure: there is no {measure!r}; there are {', '.join(MEASURES)}")
    first, second = torch.triu_indices(len(points), len(points), 1)
    symmetric = measure == "length"
    rows, columns = (first, second) if symmetric else _both_ways(first, second)
    found = torch.zeros(len(points), len(points), dtype=torch.float64)
    if len(points) < 2:
        return found
    values = []
    with tqdm(total=len(rows), unit=" pairs", disable=not progress) as bar:
        for pairs in torch.stack([rows, columns]).split(PAIRS_AT_ONCE, dim=1):
            solved = solve(*points[pairs])
            values.append(torch.where(solved.converged, getattr(solved, measure), torch.nan))
            bar.update(pairs.shape[1])
    found[rows, columns] = torch.cat(values)
    return found + found.T if symmetric else found


def _both_ways(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    return torch.cat([first, second]), torch.cat([second, first])
