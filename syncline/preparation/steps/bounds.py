"""Bounds of numbers or of days, and whether a cell's text lies within them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from syncline.data.section import shown
from syncline.preparation.steps.exact_numbers import read_day, read_decimal

Ordered: TypeAlias = Decimal | dt.date


def _bound(text: str) -> str:
    read_bound(text)
    return text.strip()


BoundText = Annotated[str, AfterValidator(_bound)]
"""The text of a number or of a day like 2026-01-31."""


def read_bound(text: str) -> Ordered:
    """Return the number or the day that a bound writes."""
    value = read_decimal(text)
    found: Ordered | None = read_day(text) if value is None else value
    if found is None:
        raise ValueError(f"must be a number or a day like 2026-01-31, not {shown(text)!r}")
    return found


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and greatest value allowed, both of one kind, None where there is no bound."""

    low: Ordered | None
    high: Ordered | None

    def __post_init__(self) -> None:
        ends = [end for end in (self.low, self.high) if end is not None]
        if not ends:
            raise ValueError("needs low or high")
        if len(ends) == 2 and type(ends[0]) is not type(ends[1]):
            raise ValueError("has one bound that is a number and one that is a day; make both one kind")
        if len(ends) == 2 and ends[0] > ends[1]:  # type: ignore[operator]  # both are of one kind
            raise ValueError("has a low bound above its high bound")

    def hold(self, text: str) -> bool | None:
        """Tell whether ``text`` lies within; None where it cannot be read as the bounds' kind."""
        is_number = isinstance(self.low if self.low is not None else self.high, Decimal)
        value: Ordered | None = read_decimal(text) if is_number else read_day(text)
        if value is None:
            return None
        above = self.low is None or self.low <= value  # type: ignore[operator]  # one kind, as checked
        return above and (self.high is None or value <= self.high)  # type: ignore[operator]


def bounds_of(low: str | None, high: str | None) -> Bounds:
    """Return the bounds that two texts write."""
    ends = [None if text is None else read_bound(text) for text in (low, high)]
    return Bounds(ends[0], ends[1])
