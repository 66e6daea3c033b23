"""What bins of numbers, dates and times are called, and where they lie on an axis.

A bin holds the keys from its least one up to that of the next. The first and the last take what lies beyond
as well; on an axis they are as wide as twice the distance of their synthetic values' median, so that half of
these lie in either half, and no single value tells where they end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from syncline.data.batch import Keys
from syncline.data.blob import Json
from syncline.data.grid import Grid
from syncline.data.kinds import Kind
from syncline.data.variable import Variable
from syncline.questions.growth import ColumnBins

_SCALES = {Kind.DATE: "date", Kind.DATETIME: "date", Kind.TIME: "clock", Kind.DURATION: "duration"}
_SECOND = 1_000_000
_DAY = 86_400
_FEWEST_DIGITS = 4
_ALL_DIGITS = 17
_FARTHEST = 1e307
ANY = "any"
"""What the only bin of a column is called."""


@dataclass(frozen=True, slots=True)
class _Bin:
    """The keys from ``low`` up to ``high``, the latter not among them; None where it has no end."""

    low: int | None
    high: int | None


def bins_of_line(column: ColumnBins, variable: Variable) -> list[_Bin]:
    """Return the bins of a line of keys, ended by what the schema says that no value is beyond."""
    low, high = variable.key_range or (None, None)
    cuts = [None if low is None else int(low), *column.low.tolist(), None if high is None else int(high) + 1]
    return [_Bin(a, b) for a, b in pairwise(cuts)]


def names_of_line(column: ColumnBins, variable: Variable) -> list[str]:
    """Return what each bin of a line of keys is called: a value, a range, or all below or from a value on."""
    grid = variable.grid
    assert grid is not None
    bins = bins_of_line(column, variable)
    if len(bins) == 1 and not _is_value(bins[0]):
        return [ANY]
    written = _writer(grid, column)
    return [_name(place, bins, written, grid) for place in range(len(bins))]


def _is_value(one: _Bin) -> bool:
    return one.low is not None and one.high is not None and one.high == one.low + 1


def _name(place: int, bins: Sequence[_Bin], written: Callable[[int], str], grid: Grid) -> str:
    low, high = bins[place].low, bins[place].high
    if _is_value(bins[place]):
        assert low is not None
        return written(low)
    beside = place > 0 and not grid.is_even and _is_value(bins[place - 1])
    if place == len(bins) - 1:
        assert low is not None
        if beside:
            return f"more than {written(low - 1)}"
        return f"{written(low)} or {'later' if _is_moment(grid) else 'more'}"
    assert high is not None
    if place == 0:
        return f"{'before' if _is_moment(grid) else 'below'} {written(high)}"
    assert low is not None
    if grid.is_even and grid.kind not in (Kind.DATETIME, Kind.TIME, Kind.DURATION):
        return f"{written(low)} to {written(high - 1)}"
    start = f"more than {written(low - 1)}" if beside else written(low)
    return f"{start} to {'before' if _is_moment(grid) else 'below'} {written(high)}"


def _is_moment(grid: Grid) -> bool:
    return grid.kind in (Kind.DATE, Kind.DATETIME, Kind.TIME)


def _writer(grid: Grid, column: ColumnBins) -> Callable[[int], str]:
    """Return how the keys of a column are written, all alike and no longer than telling them apart takes."""

    def value(key: int) -> object:
        return grid.values(np.array([key], np.int64))[0]

    if grid.kind in (Kind.TIME, Kind.DURATION):
        return lambda key: _clock(_seconds(grid, key))
    if grid.kind is Kind.DATETIME:
        moments = [str(value(key)) for key in column.low.tolist()]
        kept = max((len(moment.rstrip("0").rstrip(".")) for moment in moments), default=0)
        length = 10 if all(m[11:] == "00:00:00.000000" for m in moments) else 16 if kept <= 16 else 19
        return lambda key: str(value(key))[:length].replace("T", " ")
    if grid.is_even:
        return lambda key: str(value(key))
    for digits in range(_FEWEST_DIGITS, _ALL_DIGITS + 1):
        texts = {f"{value(key):.{digits}g}" for key in column.low.tolist()}
        if len(texts) == len(column.low):
            break
    return lambda key: f"{value(key):.{digits}g}"


def _clock(seconds: Fraction) -> str:
    """Return a time of the day or a duration, with days and seconds where it has any."""
    whole, part = divmod(abs(seconds), 1)
    days, rest = divmod(int(whole), _DAY)
    text = f"{rest // 3600:02d}:{rest // 60 % 60:02d}"
    if rest % 60 or part:
        text += f":{rest % 60:02d}" + (f"{float(part):.6f}".rstrip("0")[1:] if part else "")
    return ("-" if seconds < 0 else "") + (f"{days} d {text}" if days else text)


def _seconds(grid: Grid, key: int) -> Fraction:
    """Return a date, moment, time or duration in seconds, since 1970 where it has a date."""
    value = grid.values(np.array([key], np.int64))
    moments = value.astype("datetime64[us]") if value.dtype.kind == "M" else value
    return Fraction(int(moments.astype(np.int64)[0]), _SECOND)


def axis_of(column: ColumnBins, variable: Variable, keys: Keys) -> dict[str, Json] | None:
    """Return where the bins of values lie; None where there is only one, or they are categories.

    Named states lie nowhere: their groups stand behind those of values, as that of missing ones does.

    Parameters
    ----------
    keys : the synthetic values (n,)

    Returns
    -------
    ``scale`` is number, date (seconds since 1970), clock or duration (seconds); ``step`` is how far
    neighbouring values are apart, 0 where that is not known; ``edges`` are one more than the bins; ``open``
    tells for the first and the last bin whether values may lie beyond the edge.
    """
    grid = variable.grid
    column = replace(column, low=column.low[variable.are_values(column.low)])
    keys = keys[variable.are_values(keys)]
    if grid is None or not len(column.low) or not len(keys):
        return None
    ends = bins_of_line(column, variable)
    inner = column.low.tolist()
    first, last = keys[keys < inner[0]], keys[keys >= inner[-1]]
    places = _Places.of(grid)
    low = places.mirrored(inner[0], first, ends[0].low, up=False)
    high = places.mirrored(inner[-1], last, ends[-1].high, up=True)
    edges = [low, *(places.at(key) for key in inner), high]
    limits = [None if end is None else places.at(end) for end in (ends[0].low, ends[-1].high)]
    return {
        "scale": _SCALES.get(variable.kind, "number"),
        "unit": variable.unit or "",
        "step": _plain(places.step),
        "edges": [_plain(edge) for edge in edges],
        "open": [low != limits[0], high != limits[1]],
    }


@dataclass(frozen=True, slots=True)
class _Places:
    """Where bins that begin with keys of a grid begin on its axis.

    That is at the value itself; at numbers of an even grid half a ``step`` before it, so that bins of one
    value have it in their middle.
    """

    grid: Grid
    step: float

    @classmethod
    def of(cls, grid: Grid) -> _Places:
        return cls(grid, 0.0 if grid.step is None or grid.kind in _SCALES else float(grid.step))

    def at(self, key: int) -> float:
        if self.grid.kind in _SCALES:
            return float(_seconds(self.grid, key))
        return float(self.grid.values(np.array([key], np.int64))[0]) - self.step / 2

    def mirrored(self, edge: int, keys: Keys, limit: int | None, *, up: bool) -> float:
        """Return the other end of a bin beyond ``edge``: twice as far as the median of ``keys`` in it."""
        start, step = self.at(edge), self.at(edge + 1) - self.at(edge) if self.grid.is_even else 0.0
        end = 2 * self._median(keys, step) - start if len(keys) else start + (step if up else -step)
        if limit is None:
            return end
        return min(end, self.at(limit)) if up else max(end, self.at(limit))

    def _median(self, keys: Keys, step: float) -> float:
        """Return the median of ``keys``, where those that are equal are spread evenly over their ``step``."""
        values, counts = np.unique(keys, return_counts=True)
        before = np.cumsum(counts) - counts
        place = int(np.searchsorted(before, len(keys) / 2, side="right")) - 1
        part = (len(keys) / 2 - before[place]) / counts[place]
        return self.at(int(values[place])) + step * float(part)


def _plain(value: float) -> Json:
    if value.is_integer() and abs(value) < 2**53:
        return int(value)
    return float(f"{min(max(value, -_FARTHEST), _FARTHEST):.12g}")
