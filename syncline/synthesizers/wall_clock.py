"""What the clocks of a zone show at instants: people come at eight by the clock on the wall, not in UTC.

Instants and what is shown are keys of a ``datetime`` column. A clock that is set back shows an hour twice,
and one that is set forward leaves an hour out; there the instant that is found for what is shown may be an
hour away, so whoever draws holds it within the ends that were drawn from.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from syncline.data.kinds import Kind
from syncline.data.step import UNITS
from syncline.data.variable import Variable

Ints: TypeAlias = npt.NDArray[np.int64]

FIRST_YEAR, LAST_YEAR = 1900, 2100
"""Before and after these years clocks are taken to stay as they are then."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_WEEK = dt.timedelta(weeks=1)
_SECOND = dt.timedelta(seconds=1)


@dataclass(frozen=True, slots=True, eq=False)
class WallClock:
    """Clocks that are set at instants ``since`` (k,), with an ``offset`` (k + 1,) before and after each."""

    since: Ints
    offset: Ints

    @classmethod
    def of(cls, variable: Variable) -> WallClock:
        """Return the clocks of a variable's zone; of other variables those that show the keys themselves."""
        grid = variable.grid
        if variable.kind is not Kind.DATETIME or variable.zone in (None, "UTC") or grid is None:
            return _PLAIN
        return _clock(str(variable.zone), grid.width or 1)

    def shown(self, instants: Ints) -> Ints:
        """Return what the clocks show at instants (n,)."""
        return instants + self._at(instants)

    def instants(self, shown: Ints) -> Ints:
        """Return instants (n,) at which the clocks show something."""
        return shown - self._at(shown - self._at(shown))

    def _at(self, instants: Ints) -> Ints:
        return self.offset[np.searchsorted(self.since, instants, side="right")]


_PLAIN = WallClock(np.zeros(0, np.int64), np.zeros(1, np.int64))


@lru_cache(maxsize=64)
def _clock(zone: str, width: int) -> WallClock:
    """Return the clocks of a zone in keys of ``width`` microseconds."""
    own = ZoneInfo(zone)
    last = dt.datetime(LAST_YEAR, 1, 1, tzinfo=dt.UTC)
    weeks = [dt.datetime(FIRST_YEAR, 1, 1, tzinfo=dt.UTC)]
    while weeks[-1] < last:
        weeks.append(weeks[-1] + _WEEK)
    offsets = [_offset(week, own) for week in weeks]
    ends = zip(pairwise(weeks), pairwise(offsets), strict=True)
    since = [_change(*week, own) for week, (before, behind) in ends if before != behind]
    kept = [offsets[0], *(_offset(instant, own) for instant in since)]
    return WallClock(
        np.array([(instant - _EPOCH) // _SECOND * UNITS["s"] // width for instant in since], np.int64),
        np.array([offset // _SECOND * UNITS["s"] // width for offset in kept], np.int64),
    )


def _change(low: dt.datetime, high: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """Return the second from which on the clocks differ from those at ``low``, at most at ``high``."""
    before = _offset(low, zone)
    while high - low > _SECOND:
        middle = low + (high - low) // _SECOND // 2 * _SECOND
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    return high


def _offset(instant: dt.datetime, zone: ZoneInfo) -> dt.timedelta:
    return instant.astimezone(zone).utcoffset() or dt.timedelta(0)
