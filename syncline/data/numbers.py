"""Whole numbers, decimal numbers and seconds, read from text or taken from numeric columns.

A number is written in ASCII digits with an optional sign, point and exponent; ``nan`` in any case is
missing. A whole number may be written with zeros after the point or with an exponent (R writes 100000 as
``1e+05``), as long as it is whole. What is infinite, or no number at all, is unknown.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from syncline.data.batch import Status
from syncline.data.scalars import KEY_LIMIT
from syncline.data.values import Values, whole

_NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_SHORT_INTEGER = r"^[+-]?[0-9]{1,18}(\.0*)?$"
_AFTER_POINT = r"\..*$"
_NAN = r"^[+-]?(?i:nan)$"
_EXACT_INTEGERS = 2.0**53
_MOST_DIGITS = len(str(KEY_LIMIT))


def integers_from_text(texts: pa.Array) -> Values:
    """Read whole numbers from distinct ``texts`` (n,)."""
    short = _matches(texts, _SHORT_INTEGER)
    digits = pc.replace_substring_regex(_only(texts, short), _AFTER_POINT, "")
    numbers = pc.replace_substring_regex(digits, r"^\+", "").cast(pa.int64())
    values = Values(numbers.fill_null(0).to_numpy(zero_copy_only=False).copy(), _unread(texts, short))
    for row in np.flatnonzero(~short & _matches(texts, _NUMBER)):
        number = _whole_number(texts[int(row)].as_py())
        if number is not None:
            values.numbers[row], values.status[row] = number, Status.VALID
    return values


def floats_from_text(texts: pa.Array) -> Values:
    """Read finite numbers from distinct ``texts`` (n,)."""
    written = _matches(texts, _NUMBER)
    numbers = _only(texts, written).cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False)
    return _finite(numbers, _unread(texts, written))


def integers_from_array(column: pa.Array) -> Values:
    """Take whole numbers from an integer or float64 ``column`` (n,)."""
    status = _null_status(column)
    if pa.types.is_floating(column.type):
        values = _finite(_filled(column).astype(np.float64), status)
        fractional = (values.status == Status.VALID) & (np.rint(values.numbers) != values.numbers)
        values.status[fractional] = Status.UNKNOWN
        numbers = np.where(fractional, 0.0, values.numbers)
        integers = whole(numbers)
        for row in np.flatnonzero(np.abs(numbers) >= _EXACT_INTEGERS):  # read as their shortest text is
            integers[row] = _whole_number(repr(float(numbers[row]))) or 0
        return Values(integers, values.status)
    if column.type == pa.uint64():
        limited = np.minimum(_filled(column), np.uint64(KEY_LIMIT))
        return Values(limited.astype(np.int64), status)
    return Values(np.clip(_filled(column).astype(np.int64), -KEY_LIMIT, KEY_LIMIT), status)


def floats_from_array(column: pa.Array) -> Values:
    """Take finite numbers from an integer or float64 ``column`` (n,)."""
    return _finite(_filled(column).astype(np.float64), _null_status(column))


def microseconds(seconds: Values) -> Values:
    """Return durations given in seconds as the nearest microseconds."""
    with np.errstate(over="ignore"):
        products = np.rint(seconds.numbers * 1e6)
    return Values(whole(products), seconds.status)


def is_plain_number(kind: pa.DataType) -> bool:
    """Tell whether a column is read as numbers, not as the text of its numbers.

    Narrow floats are left out: the number that was meant is the shortest decimal that has their bits.
    """
    return bool(pa.types.is_integer(kind) or pa.types.is_float64(kind))


def _whole_number(text: str) -> int | None:
    """Return a number written at length or with an exponent, if it is whole; held within ``KEY_LIMIT``."""
    number = Decimal(text)
    if number.is_zero():
        return 0
    if number.adjusted() >= _MOST_DIGITS:
        return KEY_LIMIT if number > 0 else -KEY_LIMIT
    if number.adjusted() < 0 or number != number.to_integral_value():
        return None
    return max(-KEY_LIMIT, min(KEY_LIMIT, int(number)))


def _finite(numbers: npt.NDArray[np.float64], status: npt.NDArray[np.uint8]) -> Values:
    status = np.where(np.isnan(numbers), np.uint8(Status.MISSING), status)
    status = np.where(np.isinf(numbers), np.uint8(Status.UNKNOWN), status)
    return Values(np.where(status == Status.VALID, numbers, 0.0), status)


def _unread(texts: pa.Array, read: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    """Return VALID where ``read``, MISSING for null and ``nan``, else UNKNOWN."""
    status = np.where(read, np.uint8(Status.VALID), np.uint8(Status.UNKNOWN))
    rest = np.flatnonzero(~read)
    left = texts.take(pa.array(rest))
    missing = _matches(left, _NAN) | np.asarray(left.is_null().to_numpy(zero_copy_only=False))
    status[rest[missing]] = Status.MISSING
    return status


def _matches(texts: pa.Array, pattern: str) -> npt.NDArray[np.bool_]:
    found = pc.match_substring_regex(texts, pattern).fill_null(False)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _only(texts: pa.Array, chosen: npt.NDArray[np.bool_]) -> pa.Array:
    return pc.if_else(pa.array(chosen), texts, pa.scalar(None, pa.string()))


def _filled(column: pa.Array) -> npt.NDArray[np.generic]:
    return np.asarray(column.fill_null(0).to_numpy(zero_copy_only=False))


def _null_status(column: pa.Array) -> npt.NDArray[np.uint8]:
    nulls = column.is_null().to_numpy(zero_copy_only=False)
    return np.where(nulls, np.uint8(Status.MISSING), np.uint8(Status.VALID))
