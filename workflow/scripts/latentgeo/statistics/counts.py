"""How many geodesics are not what they should be: counted wherever geodesics are."""

from __future__ import annotations

import pandas as pd

WRONG = ("segments", "valley")
"""Limits (`certificate.Certificate`) of what is not the lowest geodesic of its own family."""
COUNTS = ["not_converged", "not_lowest"]


def counted(geodesics: pd.DataFrame) -> pd.DataFrame:
    """With a column of booleans for each of `COUNTS`."""
    wrong = geodesics["limit"].isin(WRONG)
    return geodesics.assign(not_converged=~geodesics["converged"], not_lowest=wrong)


def note(geodesics: pd.DataFrame, dotted: str = "") -> str:
    """What a caption or a label says of some geodesics that are counted; "" when there is nothing.

    `dotted` is said of those that did not converge.
    """
    missed = geodesics[COUNTS].sum()
    said = [f"{missed['not_converged']} not converged{dotted}"] * bool(missed["not_converged"])
    said += [f"{missed['not_lowest']} not the lowest"] * bool(missed["not_lowest"])
    return ", ".join(said)
