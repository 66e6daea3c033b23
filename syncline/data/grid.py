"""The grid of a variable: every modelled value is an int64 key, counted and compared as an integer.

==========================  ======================================================================
kind                        key
==========================  ======================================================================
integer                     the integer
continuous with decimals d  ``rint(value * 10**d)``
continuous with digits      the number's place among those of so many significant digits
continuous without either   the float64 bits, made to order as the floats do; -0.0 becomes 0.0
date                        days since 1970-01-01
datetime                    microseconds since 1970-01-01T00:00 (UTC, or the wall clock)
time, duration              microseconds
with a step                 the number of steps from the origin: of the above, or of months for a date
==========================  ======================================================================

Keys order as the values do, and a value on the grid comes back unchanged. Keys of evenly spaced grids stay
below ``KEY_LIMIT``: a number too large for its grid is given ``KEY_LIMIT`` with its sign, outside any range
that a schema can declare. Decoding a decimal divides two exactly represented floats, which IEEE 754 rounds
correctly where ``decimals <= 15`` and ``|key| <= 2**53``; larger keys go through exact integers.
"""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.digits import digit_extent, keys_of_digits, numbers_of_digits
from syncline.data.kinds import Kind
from syncline.data.scalars import KEY_LIMIT, float_bits_key, scalar_key

Keys: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]

_FLIP = np.int64(0x7FFFFFFFFFFFFFFF)
_EXACT_QUOTIENT = 2**53
_EXACT_PRODUCT = 2.0**50  # below this, rint(value * 10**d) recovers the key of every decoded value

_DTYPES = {
    Kind.INTEGER: "int64",
    Kind.CONTINUOUS: "float64",
    Kind.DATE: "datetime64[D]",
    Kind.DATETIME: "datetime64[us]",
    Kind.TIME: "timedelta64[us]",
    Kind.DURATION: "timedelta64[us]",
}
_ARROW = {
    Kind.INTEGER: "int64",
    Kind.CONTINUOUS: "double",
    Kind.DATE: "date32[day]",
    Kind.DATETIME: "timestamp[us]",
    Kind.TIME: "time64[us]",
    Kind.DURATION: "duration[us]",
}


EXTENTS = {
    Kind.DATE: (scalar_key(dt.date.min), scalar_key(dt.date.max)),
    Kind.DATETIME: (scalar_key(dt.datetime.min), scalar_key(dt.datetime.max)),
    Kind.TIME: (scalar_key(dt.time.min), scalar_key(dt.time.max)),
}
"""What ISO 8601 can write, as keys: a value beyond it has no text."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Map the values of one ordered variable to int64 keys and back, whole columns at a time.

    ``width`` is the step between neighbouring values in units of the kind's own grid: 10**-decimals,
    microseconds or, for dates, months; None where every value of the kind has a key. ``origin`` is the value
    of key 0 in the same units, and less than the width.
    """

    kind: Kind
    decimals: int | None = None
    zone: str | None = None
    width: int | None = None
    origin: int = 0
    digits: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in _DTYPES:
            raise ValueError(f"kind {self.kind} has no grid")

    @property
    def is_even(self) -> bool:
        """Whether neighbouring keys are equally far apart; false only for numbers without decimals."""
        return self.kind is not Kind.CONTINUOUS or self.decimals is not None

    @property
    def step(self) -> Fraction | None:
        """Distance between neighbouring values in the kind's own unit; None where it differs."""
        if not self.is_even or (self.width is not None and self.kind is Kind.DATE):
            return None
        return Fraction(self.width or 1, 10 ** (self.decimals or 0))

    @property
    def extent(self) -> tuple[int, int]:
        """The least and the greatest key of a value: finite, below ``KEY_LIMIT``, with a text in ISO 8601."""
        if self.digits is not None:
            return digit_extent(self.digits)
        if not self.is_even:
            return float_bits_key(-sys.float_info.max), float_bits_key(sys.float_info.max)
        low, high = EXTENTS.get(self.kind, (1 - KEY_LIMIT, KEY_LIMIT - 1))
        if self.width is None:
            return low, high
        if self.kind is Kind.DATE:
            low, high = (int(month) for month in _months(np.array([low, high], np.int64)))
        return -((self.origin - low) // self.width), (high - self.origin) // self.width

    def keys_from_numbers(self, values: npt.NDArray[np.float64] | npt.NDArray[np.int64]) -> Keys:
        """Return the key nearest to each finite number (n,); halves go to the even key.

        Dates, datetimes, times and durations are given as whole days or microseconds.
        """
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise ValueError("a value without a place on the grid: replace missing values first")
        if self.digits is not None:
            return keys_of_digits(values.astype(np.float64), self.digits)
        if not self.is_even:
            return _keys_from_bits(values.astype(np.float64))
        if values.dtype.kind == "f":
            keys = _scaled(values.astype(np.float64), self.decimals or 0)
        else:
            keys = _multiplied(values.astype(np.int64), 10 ** (self.decimals or 0))
        if self.width is None:
            return keys
        return (
            _months(keys) // self.width if self.kind is Kind.DATE else _stepped(keys, self.width, self.origin)
        )

    def values(self, keys: Keys) -> npt.NDArray[Any]:  # Any: the type follows from the kind
        """Return the values of ``keys`` (n,) as int64, float64, datetime64[D] or [us], or timedelta64[us]."""
        if self.digits is not None:
            return numbers_of_digits(keys, self.digits)
        if not self.is_even:
            return _floats_from_bits(keys)
        if self.width is not None:
            keys = keys * np.int64(self.width) + np.int64(self.origin)
            if self.kind is Kind.DATE:
                return keys.astype("datetime64[M]").astype(_DTYPES[self.kind])
        if self.kind is Kind.CONTINUOUS:
            return _divided(keys, 10 ** (self.decimals or 0))
        return keys.astype(_DTYPES[self.kind])

    def holds(self, values: npt.NDArray[np.float64] | npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Tell for each finite number (n,) whether it lies on the grid exactly."""
        decoded = self.values(self.keys_from_numbers(values))
        numbers = decoded if decoded.dtype.kind == "f" else decoded.astype(np.int64)
        return np.asarray(numbers == values, dtype=np.bool_)

    def to_arrow_type(self) -> str:
        """Return the name of the Arrow type of released values, as Arrow itself prints it."""
        name = _ARROW[self.kind]
        return name if self.zone is None else f"timestamp[us, tz={self.zone}]"


def _keys_from_bits(values: Floats) -> Keys:
    bits = (values + 0.0).view(np.int64)
    return np.where(bits >= 0, bits, bits ^ _FLIP)


def _floats_from_bits(keys: Keys) -> Floats:
    return np.where(keys >= 0, keys, keys ^ _FLIP).view(np.float64)


def _scaled(values: Floats, decimals: int) -> Keys:
    with np.errstate(over="ignore"):
        products = np.rint(values * 10.0**decimals)
    keys = np.clip(products, -KEY_LIMIT, KEY_LIMIT).astype(np.int64)
    for row in np.flatnonzero((np.abs(products) >= _EXACT_PRODUCT) & (np.abs(products) < KEY_LIMIT)):
        keys[row] = round(Fraction(float(values[row])) * 10**decimals)
    return keys


def _stepped(keys: Keys, width: int, origin: int) -> Keys:
    """Return the nearest step of each key, of two the even one; what is beyond ``KEY_LIMIT`` stays there."""
    steps, rest = (keys - origin) // width, (keys - origin) % width
    up = (2 * rest > width) | ((2 * rest == width) & (steps % 2 == 1))
    return np.where(np.abs(keys) >= KEY_LIMIT, keys, steps + up)


def _months(days: Keys) -> Keys:
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _multiplied(values: Keys, factor: int) -> Keys:
    largest = KEY_LIMIT // factor
    return np.where(np.abs(values) <= largest, values * factor, np.sign(values) * KEY_LIMIT)


def _divided(keys: Keys, divisor: int) -> Floats:
    quotients = keys / np.float64(divisor)
    for row in np.flatnonzero(np.abs(keys) > _EXACT_QUOTIENT):
        quotients[row] = int(keys[row]) / divisor  # Python's division of integers rounds correctly
    return np.asarray(quotients, dtype=np.float64)
