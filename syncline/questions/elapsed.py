"""How much time lies between two days or times of a row: ages, lengths of stay, hours of a shift.

All is counted in microseconds, exactly: days begin at midnight (in UTC where there is a zone), and a year is
over on the day of the same number in the same month, that of 29 February on 1 March.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.constraint import Formula
from syncline.data.kinds import Kind
from syncline.data.step import UNITS

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

_UNITS = {Formula.DAYS: UNITS["d"], Formula.HOURS: UNITS["h"], Formula.MINUTES: UNITS["min"]}
_MONTHS = 12


def elapsed(formula: Formula, until: Ints, since: Ints, *, whole: bool) -> Floats:
    """Return the time (n,) from ``since`` (n,) to ``until`` (n,), both in microseconds since 1970.

    ``whole`` cuts days, hours and minutes off to whole ones; nights and years always are.
    """
    if formula is Formula.NIGHTS:
        return (until // UNITS["d"] - since // UNITS["d"]).astype(np.float64)
    if formula is Formula.YEARS:
        return (_months(until, since) // _MONTHS).astype(np.float64)
    unit = _UNITS[formula]
    return ((until - since) // unit).astype(np.float64) if whole else (until - since) / np.float64(unit)


def microseconds(values: Floats, kind: Kind) -> Ints:
    """Return days or times (n,) of a kind, as whole numbers of its unit, in microseconds since 1970."""
    return values.astype(np.int64) * (UNITS["d"] if kind is Kind.DATE else 1)


def _months(until: Ints, since: Ints) -> Ints:
    """Return the months (n,) that are over between two times."""
    (last, last_day), (first, first_day) = _month_and_day(until), _month_and_day(since)
    return last - first - (last_day < first_day)


def _month_and_day(moments: Ints) -> tuple[Ints, Ints]:
    days = (moments // UNITS["d"]).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    return months.astype(np.int64), (days - months.astype("datetime64[D]")).astype(np.int64)
