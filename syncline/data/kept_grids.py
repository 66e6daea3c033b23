"""The grid that a variable's declaration makes, kept: a wide table asks for it a hundred times a column."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from syncline.data.kinds import CATEGORICAL_KINDS, FREE_KINDS, Kind
from syncline.data.step import decimals_of, width_of

if TYPE_CHECKING:
    from syncline.data.grid import Grid


def places_of(kind: Kind, decimals: int | None, step: str | None, origin: str | None) -> int | None:
    """Return the decimals of the grid: those declared, or those of the step and its origin."""
    if kind is Kind.CONTINUOUS and decimals is None and step is not None:
        return max(decimals_of(step), decimals_of(origin or ""))
    return decimals


@lru_cache(maxsize=1024)
def grid_of(
    kind: Kind,
    decimals: int | None,
    digits: int | None,
    zone: str | None,
    step: str | None,
    origin: str | None,
) -> Grid | None:
    """Return the grid of an ordered kind, None for others."""
    if kind in CATEGORICAL_KINDS or kind in FREE_KINDS:
        return None
    from syncline.data.grid import Grid  # which needs NumPy

    places = places_of(kind, decimals, step, origin)
    width, past = (None if size is None else width_of(size, kind, places or 0) for size in (step, origin))
    return Grid(kind, places, zone, width, past or 0, digits)
