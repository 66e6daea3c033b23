"""Dates, datetimes, times of day and durations, read from text or taken from typed columns.

Text is ISO 8601: ``2026-01-31``, ``2026-01-31T09:30:00`` with an offset or ``Z`` where the variable has a
zone, ``09:30`` or ``09:30:00.25``; or the same in digits alone, as 20260131, 20260131093000, 093000 and 930,
and 202601 or 2026 where a date has a step of months or years. A duration is ``P1DT2H30M``,
``26:30:00``, ``1 day 02:30:00`` or a number of seconds. A datetime at midnight passes for a date, because
many systems know no other dates. What is finer than a microsecond is cut off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from syncline.data.batch import Status
from syncline.data.grid import EXTENTS
from syncline.data.kinds import Kind
from syncline.data.numbers import floats_from_array, floats_from_text, is_plain_number, microseconds
from syncline.data.scalars import KEY_LIMIT, read_scalar, scalar_key
from syncline.data.values import Values, multiplied
from syncline.data.variable import Variable

_MIDNIGHT = r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]00:00(:00(\.0+)?)?$"
_DIGITS = {
    Kind.DATE: ((r"^([0-9]{4})([0-9]{2})([0-9]{2})(\.0)?$", r"\1-\2-\3"),),
    Kind.DATETIME: (
        (r"^([0-9]{4})([0-9]{2})([0-9]{2})(\.0)?$", r"\1-\2-\3"),
        (r"^([0-9]{4})([0-9]{2})([0-9]{2})[T ]?([0-9]{2})([0-9]{2})(\.0)?$", r"\1-\2-\3T\4:\5"),
        (
            r"^([0-9]{4})([0-9]{2})([0-9]{2})[T ]?([0-9]{2})([0-9]{2})([0-9]{2})(\.0)?$",
            r"\1-\2-\3T\4:\5:\6",
        ),
    ),
    Kind.TIME: (
        (r"^([0-9]{2})([0-9]{2})([0-9]{2})(\.0)?$", r"\1:\2:\3"),
        (r"^([0-9]{2})([0-9]{2})(\.0)?$", r"\1:\2"),
        (r"^([0-9])([0-9]{2})(\.0)?$", r"0\1:\2"),
        (r"^([0-9]{2})(\.0)?$", r"00:\1"),
        (r"^([0-9])(\.0)?$", r"00:0\1"),
    ),
}
"""Days and times in digits alone, as claims files and registries write them, and their form in ISO 8601."""

_COARSE_DIGITS = (
    (r"^([0-9]{4})-?(0[1-9]|1[0-2])(\.0)?$", r"\1-\2-01"),
    (r"^([0-9]{4})(\.0)?$", r"\1-01-01"),
)
"""Months and years, which are dates only where the variable has such a step."""

_FINER = r"(:[0-9]{2}\.[0-9]{6})[0-9]{1,3}"
_MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}
_DAY_MILLISECONDS = 86_400_000


def calendar_from_text(texts: pa.Array, variable: Variable) -> Values:
    """Read distinct ``texts`` (n,) as values of a variable of date, datetime, time or duration."""
    if variable.kind is Kind.DURATION:
        return _durations_from_text(texts, variable)
    if variable.kind is Kind.DATE:
        texts = pc.replace_substring_regex(texts, _MIDNIGHT, r"\1")
    coarse = _COARSE_DIGITS if variable.kind is Kind.DATE and variable.step is not None else ()
    for digits, iso in (*_DIGITS[variable.kind], *coarse):
        texts = pc.replace_substring_regex(texts, digits, iso)
    return _scalars(pc.replace_substring_regex(texts, _FINER, r"\1"), variable)


def calendar_from_array(column: pa.Array, variable: Variable) -> Values:
    """Take the values of a typed ``column`` (n,) for which :func:`is_natural_calendar` holds."""
    if is_plain_number(column.type):
        return microseconds(floats_from_array(column))
    numbers = _in_units(column)
    status = np.full(len(numbers), Status.VALID, np.uint8)
    if variable.kind in EXTENTS:  # a typed value beyond them is as unknown as nonsense
        first, last = EXTENTS[variable.kind]
        status[(numbers < first) | (numbers > last)] = Status.UNKNOWN
    status[column.is_null().to_numpy(zero_copy_only=False)] = Status.MISSING
    return Values(np.where(status == Status.VALID, numbers, 0), status)


def is_natural_calendar(kind: pa.DataType, variable: Variable) -> bool:
    """Tell whether a column of this type is taken as it is by ``variable``, not read as its text."""
    return _NATURAL[variable.kind](kind, variable)


def _natural_datetime(kind: pa.DataType, variable: Variable) -> bool:
    """Tell whether both or neither have a zone; a wall clock in a zone is read as text, as in a file."""
    return pa.types.is_timestamp(kind) and (kind.tz is None) == (variable.zone is None)


_NATURAL: Mapping[Kind, Callable[[pa.DataType, Variable], bool]] = {
    Kind.DATE: lambda kind, _: pa.types.is_date(kind),
    Kind.DATETIME: _natural_datetime,
    Kind.TIME: lambda kind, _: pa.types.is_time(kind),
    Kind.DURATION: lambda kind, _: pa.types.is_duration(kind) or is_plain_number(kind),
}


def _in_units(column: pa.Array) -> npt.NDArray[np.int64]:
    """Return days of a date column, microseconds of any other."""
    width = pa.int32() if column.type.bit_width == 32 else pa.int64()
    filled = column.cast(width).cast(pa.int64()).fill_null(0)
    raw = np.asarray(filled.to_numpy(zero_copy_only=False), dtype=np.int64)
    if pa.types.is_date(column.type):
        return raw if pa.types.is_date32(column.type) else raw // _DAY_MILLISECONDS
    if column.type.unit == "ns":
        return raw // 1_000
    return multiplied(raw, _MICROSECONDS[column.type.unit])


def _durations_from_text(texts: pa.Array, variable: Variable) -> Values:
    seconds = microseconds(floats_from_text(texts))
    rest = np.flatnonzero(seconds.status == Status.UNKNOWN)
    written = _scalars(texts.take(pa.array(rest)), variable)
    seconds.numbers[rest], seconds.status[rest] = written.numbers, written.status
    return seconds


def _scalars(texts: pa.Array, variable: Variable) -> Values:
    numbers = np.zeros(len(texts), np.int64)
    status = np.full(len(texts), Status.VALID, np.uint8)
    for row, text in enumerate(texts.to_pylist()):
        try:
            key = scalar_key(read_scalar(text or "", variable.kind, variable.zone))
            numbers[row] = max(-KEY_LIMIT, min(KEY_LIMIT, key))
        except ValueError:
            status[row] = Status.UNKNOWN if text else Status.MISSING
    return Values(numbers, status)
