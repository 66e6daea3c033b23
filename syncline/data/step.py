"""The step of a grid that is coarser than its kind: halves, doses of 25, quarters of an hour, months.

A step is written as text and has one canonical form: a number without needless zeros (``0.5``, ``25``), a
span of time in the largest unit that divides it (``15min``, ``1d``) or, for dates, ``month``, ``quarter`` or
``year``. Values are multiples of the step from 0, from midnight or from 1970-01-01T00:00, or lie all an
*origin* past such multiples (a quarter past the hour, 3, 10, 17, ...); dates are the first days
of their months.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from fractions import Fraction

from syncline.data.kinds import Kind
from syncline.data.scalars import Scalar, read_scalar, scalar_key

MONTHS = {"month": 1, "quarter": 3, "year": 12}
"""Steps of dates, in months."""

UNITS = {
    "d": 86_400_000_000,
    "h": 3_600_000_000,
    "min": 60_000_000,
    "s": 1_000_000,
    "ms": 1_000,
    "us": 1,
}
"""Units of steps of time, in microseconds, the largest first."""

STEPPED_KINDS = frozenset({Kind.INTEGER, Kind.CONTINUOUS, Kind.DATE, Kind.DATETIME, Kind.TIME, Kind.DURATION})
"""Kinds whose grid may have a step."""

_NUMBER = re.compile(r"[0-9]{1,18}(\.[0-9]{1,15})?")
_SPAN = re.compile(rf"([0-9]{{1,15}}) ?({'|'.join(UNITS)})")
_MICROSECOND = dt.timedelta(microseconds=1)


def canonical_step(text: str, kind: Kind) -> str:
    """Return the canonical form of a step of ``kind``; a ValueError says what was expected."""
    text = text.strip()
    if kind is Kind.DATE:
        word = text.removeprefix("1").strip()
        if word not in MONTHS:
            raise ValueError("must be month, quarter or year for a date")
        return word
    if kind in (Kind.INTEGER, Kind.CONTINUOUS):
        return _canonical_number(text, kind)
    return span_text(_microseconds(text, kind))


def canonical_origin(text: str, kind: Kind, step: str) -> str | None:
    """Return how far values lie past multiples of a canonical step, None where they are multiples.

    It is written as the step is, and less than that; a ValueError says what was expected.
    """
    text = text.strip()
    if kind is Kind.DATE:
        raise ValueError("does not apply to a date, whose steps begin with the month")
    if kind in (Kind.INTEGER, Kind.CONTINUOUS):
        if _NUMBER.fullmatch(text) and not Decimal(text):
            return None
        rest = Decimal(_canonical_number(text, kind)) % Decimal(step)
        return format(rest.normalize(), "f") if rest else None
    if text in ("0", "PT0S"):
        return None
    past = _microseconds(text, kind) % _microseconds(step, kind)
    return span_text(past) if past else None


def width_of(step: str, kind: Kind, decimals: int) -> int:
    """Return a canonical step in units of the kind's grid: 10**-decimals, microseconds, or months."""
    if kind is Kind.DATE:
        return MONTHS[step]
    if kind in (Kind.INTEGER, Kind.CONTINUOUS):
        return int(Decimal(step).scaleb(decimals))
    return _microseconds(step, kind)


def decimals_of(step: str) -> int:
    """Return the decimals that a canonical step of numbers has."""
    return len(step.partition(".")[2])


def span_text(microseconds: int) -> str:
    """Return a span of time in the largest unit that divides it."""
    unit, size = next((unit, size) for unit, size in UNITS.items() if microseconds % size == 0)
    return f"{microseconds // size}{unit}"


def exact_key(value: Scalar, decimals: int | None, width: int | None, origin: int = 0) -> Fraction:
    """Return the place of a value among the steps from an origin; a whole number where it is one of them."""
    if width is None:
        return Fraction(scalar_key(value, decimals))
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        months = 12 * (value.year - 1970) + value.month - 1
        part = Fraction(value.day - 1, 31) + months % width
        return months // width + part / width
    return Fraction(scalar_key(value, decimals) - origin, width)


def rounded_key(value: Scalar, decimals: int | None, width: int | None, origin: int = 0) -> int:
    """Return the key of the step that a value belongs to: the nearest one, of a day that of its month."""
    exact = exact_key(value, decimals, width, origin)
    is_day = isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    return exact.__floor__() if is_day else round(exact)


def _canonical_number(text: str, kind: Kind) -> str:
    if _NUMBER.fullmatch(text) is None or Decimal(text) <= 0:
        raise ValueError("must be a number above 0, as in 0.5 or 25")
    number = format(Decimal(text).normalize(), "f")
    if kind is Kind.INTEGER and "." in number:
        raise ValueError("must be a whole number for kind integer")
    return number


def _microseconds(text: str, kind: Kind) -> int:
    span = _SPAN.fullmatch(text)
    if span:
        size = int(span[1]) * UNITS[span[2]]
    else:
        try:
            duration = read_scalar(text, Kind.DURATION)
        except ValueError:
            duration = dt.timedelta(0)
        assert isinstance(duration, dt.timedelta)
        size = duration // _MICROSECOND
    if not 0 < size < (UNITS["d"] if kind is Kind.TIME else 1 << 62):
        raise ValueError("must be a span of time, as in 15min, 1h or 1d, and less than a day for a time")
    return size
