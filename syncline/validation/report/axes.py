"""Axes that people read: round marks, dates by the calendar, and room for long tails.

An axis is straight, or bent: far from zero like a logarithm, near zero straight (the inverse hyperbolic
sine of a value divided by its ``knee``; Johnson 1949, doi:10.1093/biomet/36.1-2.149), so that zero, negative
values and those of several powers of ten have their places on one line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import asinh, ceil, floor, inf, log, log10
from unicodedata import combining, east_asian_width

import numpy as np

_CHARACTER = 7.4
_BROAD, _SLIM = frozenset("%mwMW@…"), frozenset("ijlftr.,:;'|!()[] -")
_GAP = 10.0
_TOO_NARROW = 0.02
_BODY = 0.15
_FINEST = 1e-12
_SEPARATED = 10_000
_ROUND = (1.0, 2.0, 5.0)
_DAY, _MINUTE = 86_400, 60
_MONTH = 30.4375 * _DAY
_MONTHS_FROM = 60
_CLOCK = (
    1,
    2,
    5,
    10,
    15,
    30,
    *(60 * n for n in (1, 2, 5, 10, 15, 30)),
    *(3600 * n for n in (1, 2, 3, 6, 12)),
)
_MONTHS = (1, 3, 6, *(12 * n * 10**k for k in range(4) for n in (1, 2, 5)))
_SPOKEN = {
    -9: "billionths",
    -6: "millionths",
    -3: "thousandths",
    6: "millions",
    9: "billions",
    12: "trillions",
}
_DURATIONS = ((_DAY, "d"), (3600, "h"), (60, "min"), (1, "s"))
_PARTS = ((300, (0, 4)), (28, (0, 7)), (1, (0, 10)), (1 / 1440, (5, 16)), (0, (11, 19)))
"""From so many days between two marks on, which part of a moment in ISO 8601 a mark shows."""

_SPANS = (
    *((365.25 * _DAY, "year"), (_MONTH, "month"), (_DAY, "day")),
    *((3600, "hour"), (60, "minute"), (1, "second")),
)

Marks = tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class PlotAxis:
    """A scale from ``low`` to ``high``, its marks, and what its densities are told by.

    Attributes
    ----------
    knee : 0 of a straight axis, else where it bends
    marks : values within the axis, with their texts
    unit : in what the marks are numbers; may be empty
    measure : the distance along the axis that a density is told by
    per : that distance in words
    """

    low: float
    high: float
    knee: float
    marks: Marks
    unit: str
    measure: float
    per: str

    def at(self, value: float) -> float:
        """Return where a value lies along the axis: 0 at its beginning, 1 at its end."""
        low = self.bent(self.low)
        return (self.bent(value) - low) / ((self.bent(self.high) - low) or 1.0)

    def length(self, low: float, high: float) -> float:
        """Return the distance along the axis, in multiples of its measure."""
        return (self.bent(high) - self.bent(low)) / self.measure

    def bent(self, value: float) -> float:
        """Return the value as the axis bends it."""
        return asinh(value / self.knee) if self.knee else value


def extent(text: str) -> float:
    """Return about how wide a text of a plot is, in its units; letters of East Asia are wide."""
    return _CHARACTER * sum(map(_share_of_character, text))


def _share_of_character(c: str) -> float:
    if combining(c):
        return 0.0
    if c in _BROAD or east_asian_width(c) in "WF":
        return 1.65
    return 0.6 if c in _SLIM else 1.15 if c.isupper() else 1.0


def axis_through(
    edges: Sequence[float], scale: str, unit: str, room: float, least: float = 0.0, *, beside: float = inf
) -> PlotAxis:
    """Return the axis from the first to the last of ``edges``, with as many marks as ``room`` has space for.

    Marks of numbers are at least so far apart as neighbouring values are, which is ``least``. To the right of
    the axis texts reach ``beside`` far, and are moved to the left that would reach farther.
    """
    low, high = edges[0], edges[-1]
    knee = _knee(edges) if scale == "number" else 0.0
    bare = PlotAxis(low, high, knee, (), "", 1.0, "")
    for fewer in range(6, 0, -1):
        step = max((high - low) / fewer, least)
        found = list(_marks(low, high, scale, step, knee))
        marks, words, measure, per = _worded(found, scale, unit, knee)
        kept = _with_room(bare, marks, room, beside)
        if len(kept) == len(marks):
            break
    return PlotAxis(low, high, knee, kept, words, measure or (high - low) or 1.0, per)


def _knee(edges: Sequence[float]) -> float:
    """Return 0 where a straight axis shows the bins, else where it bends: below hardly any edge but zero."""
    widths = np.diff(edges)
    if not np.median(widths) < _TOO_NARROW * (edges[-1] - edges[0]):
        return 0.0
    far = sorted(abs(edge) for edge in edges if abs(edge) > 1e-300)
    return max(far[int(_BODY * len(far))], far[-1] * _FINEST) if far else 0.0


def _with_room(axis: PlotAxis, marks: Marks, room: float, beside: float) -> Marks:
    """Return the marks whose texts do not meet that of the last one before them."""
    kept: list[tuple[float, str]] = []
    end = -_GAP
    for value, text in marks:
        half = extent(text) / 2
        middle = min(axis.at(value) * room, room + beside - half)
        if not kept or middle - half >= end + _GAP:
            kept.append((value, text))
            end = middle + half
    return tuple(kept)


def _marks(low: float, high: float, scale: str, least: float, knee: float) -> Iterator[tuple[float, float]]:
    """Yield round values from ``low`` to ``high``, ``least`` apart, each with the step between them."""
    if knee:
        yield from _powers(low, high, knee, round((high - low) / least))
    elif scale in ("number", "percent"):
        step = round_step(least)
        yield from ((n * step, step) for n in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1))
    elif scale == "date" and high - low > _MONTHS_FROM * _DAY:
        yield from _months(low, high, least)
    else:
        step = next((s for s in _CLOCK if s >= least), 0) or _DAY * max(round_step(least / _DAY), 1)
        yield from ((n * step, step) for n in range(ceil(low / step), floor(high / step) + 1))


def round_step(least: float) -> float:
    """Return the least of 1, 2 and 5 times a power of ten that is no less than ``least``, above 0."""
    power = 10.0 ** floor(log10(max(least, 1e-300)))
    return next((float(f"{n * power:.3g}") for n in _ROUND if n * power >= least * (1 - 1e-9)), 10 * power)


def _powers(low: float, high: float, knee: float, most: int) -> Iterator[tuple[float, float]]:
    """Yield zero and powers of ten, every second or third of them where there are many."""
    first, last = ceil(log10(knee)), ceil(log10(max(abs(low), abs(high))))
    sides = [sign for sign, end in ((-1, -low), (1, high)) if end > 0]
    every = max(ceil((last - first + 1) * len(sides) / most), 1)
    found = [sign * 10.0**power for sign in sides for power in range(first, last + 1, every)]
    yield from ((value, 10.0) for value in sorted([0.0, *found]) if low <= value <= high)


def _months(low: float, high: float, least: float) -> Iterator[tuple[float, float]]:
    """Yield firsts of months from one moment to another; steps are told in seconds."""
    ends = [
        int(np.datetime64(floor(end), "s").astype("datetime64[M]").astype(np.int64)) for end in (low, high)
    ]
    step = next((s for s in _MONTHS if s * _MONTH >= least * 0.99), _MONTHS[-1])
    for month in range(-(-ends[0] // step) * step, ends[1] + 1, step):
        moment = float(np.datetime64(month, "M").astype("datetime64[s]").astype(np.int64))
        if low <= moment <= high:
            yield moment, step * _MONTH


def _worded(
    found: Sequence[tuple[float, float]], scale: str, unit: str, knee: float
) -> tuple[Marks, str, float, str]:
    """Return marks with texts, the unit of these, the measure of densities, and that measure in words."""
    step = found[0][1] if found else 0.0
    if knee:
        return tuple((value, _power_text(value)) for value, _ in found), unit, log(10), "tenfold step"
    if scale == "percent":
        return tuple((value, f"{number_text(value, step)}%") for value, _ in found), unit, step, ""
    if scale == "number":
        return _counted(found, step, unit)
    written, said = _moments(scale, step)
    return tuple((value, written(value)) for value, _ in found), unit, step, said


def _counted(found: Sequence[tuple[float, float]], step: float, unit: str) -> tuple[Marks, str, float, str]:
    """Return the same of numbers, in thousandths or millions where they are so small or so large."""
    power = _power_of_thousand([value for value, _ in found] or [1.0], step)
    size = 10.0**power
    marks = tuple((value, number_text(value / size, step / size)) for value, _ in found)
    steps = number_text(step / size, step / size)
    if not power:
        return marks, unit, step, f"{steps} {unit}" if unit else "unit" if step == 1 else steps
    spoken = _SPOKEN.get(power, f"10^{power}")
    words = f"{spoken} of {unit}" if unit else f"in {spoken}"
    said = f"{steps} {spoken.removesuffix('s') if power > 0 else spoken} {unit}".strip()
    return marks, words, step, said


def _power_of_thousand(values: Sequence[float], step: float) -> int:
    """Return the power of ten that numbers are told in: 0 from a thousandth to 999,999."""
    most = max(map(abs, values))
    return 0 if 1e-3 <= most < 1e6 or step <= 0 else 3 * floor(log10(step) / 3 + 1e-9)


def number_text(value: float, step: float) -> str:
    """Return a number with the digits that a ``step`` between marks needs; thousands apart from 10,000 on."""
    digits = min(max(0, -floor(log10(step) + 1e-9)), 12) if step > 0 else 0
    shown = 0.0 if abs(value) < step / 2 else value
    return f"{shown:,.{digits}f}" if abs(shown) >= _SEPARATED else f"{shown:.{digits}f}"


def _power_text(value: float) -> str:
    if value == 0 or 1e-4 < abs(value) < 1e6:
        return f"{value:,g}" if abs(value) >= _SEPARATED else f"{value:g}"
    digits, _, power = f"{value:.0e}".partition("e")
    return f"{digits}e{int(power)}"


def _moments(scale: str, step: float) -> tuple[Callable[[float], str], str]:
    """Return how moments, times or durations ``step`` seconds apart are written, and the step in words."""
    if scale == "duration":
        size, word = next(unit for unit in _DURATIONS if step >= unit[0] or unit[0] == 1)
        return lambda value: f"{value / size:,.0f} {word}", _span(step)
    if scale == "clock":
        seconds = step < _MINUTE
        return lambda value: _time_of_day(int(value), seconds=seconds), _span(step)
    first, last = next(part for least, part in _PARTS if step >= least * _DAY)
    return lambda value: str(np.datetime64(int(value), "s"))[first:last].replace("T", " "), _span(step)


def _time_of_day(value: int, *, seconds: bool) -> str:
    text = f"{value // 3600:02d}:{value // 60 % 60:02d}"
    return f"{text}:{value % 60:02d}" if seconds else text


def _span(step: float) -> str:
    """Return a number of seconds in the largest unit that it holds."""
    size, word = next(unit for unit in _SPANS if step >= unit[0] or unit[0] == 1)
    number = round(step / size)
    return word if number == 1 else f"{number} {word}s"
