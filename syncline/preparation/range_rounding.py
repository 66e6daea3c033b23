"""Round an edge outward to a simple value of its grid, so that it says little of any exact value."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fractions import Fraction

from syncline.data.grid import Grid
from syncline.data.kinds import Kind
from syncline.data.scalars import Scalar

PARTS = 10
"""A numeric edge moves by less than a simple step (1, 2 or 5 times a power of ten) in a tenth of the span."""

_DAY = 86_400_000_000
_HOUR = 3_600_000_000
_EPOCH = dt.date(1970, 1, 1)
_YEARS, _MONTHS = 730, 60
"""From so many days of span on, edges are whole years or whole months."""


def simple_bounds(grid: Grid, low: int, high: int) -> tuple[Scalar, Scalar]:
    """Return the values of two keys of ``grid``, ``low <= high``, rounded outward."""
    if grid.width is not None:
        grid, low, high = _without_step(grid, low, high)
    match grid.kind:
        case Kind.DATE:
            first, last = _whole_days(low, high)
            return first, last
        case Kind.DATETIME:
            return _moments(grid, low, high)
        case Kind.TIME:
            return _time(low - low % _HOUR), _time(min(-(-high // _HOUR) * _HOUR, _DAY - 1))
        case Kind.INTEGER:
            bottom, top = _numbers(Fraction(low), Fraction(high), Fraction(1))
            return int(bottom), int(top)
        case _:
            return _decimals(grid, low, high)


def _without_step(grid: Grid, low: int, high: int) -> tuple[Grid, int, int]:
    """Return the grid without its step, and two keys on it."""
    import numpy as np

    values, fine = grid.values(np.array([low, high], np.int64)), replace(grid, width=None, origin=0)
    keys = fine.keys_from_numbers(values if values.dtype.kind == "f" else values.astype(np.int64))
    return fine, int(keys[0]), int(keys[1])


def _decimals(grid: Grid, low: int, high: int) -> tuple[float, float]:
    import numpy as np

    if grid.step is not None:
        bottom, top = _numbers(low * grid.step, high * grid.step, grid.step)
    else:
        values = grid.values(np.array([low, high], np.int64)).tolist()
        bottom, top = _numbers(Fraction(values[0]), Fraction(values[1]), Fraction(0))
    return float(bottom), float(top)


def _numbers(low: Fraction, high: Fraction, finest: Fraction) -> tuple[Fraction, Fraction]:
    """Round to a simple step, of at least ``finest``, in a tenth of the span; a span of nothing stays."""
    if low == high:
        return low, high
    step = max(_simple_step((high - low) / PARTS), finest)
    return low // step * step, -(-high // step) * step


def _simple_step(most: Fraction) -> Fraction:
    """Return the greatest of 1, 2 and 5 times a power of ten that is not above ``most``."""
    power = Fraction(1)
    while power > most:
        power /= 10
    while power * 10 <= most:
        power *= 10
    return max(power * factor for factor in (1, 2, 5) if power * factor <= most)


def _whole_days(low: int, high: int) -> tuple[dt.date, dt.date]:
    """Return the first and last day of the years, months or days that two days since 1970 lie in."""
    first, last, span = _day(low), _day(high), high - low
    if span >= _YEARS:
        return dt.date(first.year, 1, 1), dt.date(last.year, 12, 31)
    if span >= _MONTHS:
        following = (last.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
        return first.replace(day=1), following - dt.timedelta(days=1)
    return first, last


def _moments(grid: Grid, low: int, high: int) -> tuple[dt.datetime, dt.datetime]:
    zone = None if grid.zone is None else dt.UTC
    first, last = _whole_days(low // _DAY, high // _DAY)
    return (
        dt.datetime.combine(first, dt.time.min, zone),
        dt.datetime.combine(last, dt.time(23, 59, 59), zone),
    )


def _day(days: int) -> dt.date:
    return _EPOCH + dt.timedelta(days=days)


def _time(microseconds: int) -> dt.time:
    return (dt.datetime.min + dt.timedelta(microseconds=microseconds)).time()
