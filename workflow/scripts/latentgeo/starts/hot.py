"""The geodesics of another metric between the same pairs, in the weights they were solved for."""

from __future__ import annotations

from ..solvers.problem import Problem
from .base import Ingredients, Starts, one_each


def make(problem: Problem, ingredients: Ingredients) -> Starts:
    return one_each(ingredients.weights)
