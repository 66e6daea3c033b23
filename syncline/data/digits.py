"""Numbers with a few significant digits, as instruments write them: 1.23e-05, 0.456, 78.9, 12300.

Each number of ``digits`` significant digits has a key of its own, and the keys order as the numbers do: 0 is
that of 0, and those of 1.00e-300, 1.01e-300, ... follow. A number is read as the nearest of them and comes
back as Python reads its text, so that no digit is released that no source has.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.scalars import Scalar

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]

_LEAST, _MOST = -300, 300
"""Powers of ten between which numbers have all their digits; what is beyond counts as the outermost."""
_POWERS = np.array([float(f"1e{power}") for power in range(_LEAST, _MOST + 2)])
_EXACT = 22
"""Powers of ten up to this one are floats without rounding (Clinger, 1990, doi:10.1145/93542.93557)."""


def digit_extent(digits: int) -> tuple[int, int]:
    """Return the least and the greatest key."""
    most = (_MOST - _LEAST + 1) * 9 * 10 ** (digits - 1)
    return -most, most


def keys_of_digits(values: Floats, digits: int) -> Ints:
    """Return the keys (n,) of the numbers nearest to ``values`` (n,)."""
    size = np.clip(np.abs(values), 0.0, np.nextafter(_POWERS[-1], 0.0))
    power = np.maximum(np.searchsorted(_POWERS, size, side="right") - 1, 0) + _LEAST
    mantissa = _scaled(size, digits - 1 - power)
    lowest = 10 ** (digits - 1)
    mantissa, power = (
        np.where(mantissa >= 10 * lowest, lowest, mantissa),
        power + (mantissa >= 10 * lowest),
    )
    most = digit_extent(digits)[1]
    keys = np.minimum((power - _LEAST) * 9 * lowest + mantissa - lowest + 1, most)
    keys = np.where(size < _POWERS[0], np.where(size * 2 >= _POWERS[0], 1, 0), keys)
    return np.where(values < 0, -keys, keys).astype(np.int64)


def numbers_of_digits(keys: Ints, digits: int) -> Floats:
    """Return the numbers (n,) of keys (n,)."""
    lowest = 10 ** (digits - 1)
    place = np.maximum(np.abs(keys) - 1, 0)
    power, mantissa = place // (9 * lowest) + _LEAST - (digits - 1), place % (9 * lowest) + lowest
    numbers = _times_power(mantissa.astype(np.float64), power)
    for row in np.flatnonzero((np.abs(power) > _EXACT) & (keys != 0)):
        numbers[row] = float(f"{int(mantissa[row])}e{int(power[row])}")
    return np.where(keys == 0, 0.0, np.where(keys < 0, -numbers, numbers))


def place_of_number(number: Scalar, digits: int) -> Fraction:
    """Return the key of a number, and a third more or less where it lies above or below that of the key."""
    if not isinstance(number, int | float):
        raise TypeError("only numbers have significant digits")
    keys = keys_of_digits(np.array([number], np.float64), digits)
    nearest = float(numbers_of_digits(keys, digits)[0])
    return int(keys[0]) + Fraction((number > nearest) - (number < nearest), 3)


def _scaled(size: Floats, power: Ints) -> Ints:
    """Return sizes (n,) times powers of ten (n,) as the nearest whole numbers."""
    inner = np.clip(power, -_MOST, _MOST)
    return np.rint(_times_power(_times_power(size, inner), power - inner)).astype(np.int64)


@np.errstate(over="ignore", under="ignore")  # in the half of the two that is not chosen
def _times_power(numbers: Floats, power: Ints) -> Floats:
    factors = _POWERS[np.clip(np.abs(power), 0, _MOST) - _LEAST]
    moved: Floats = np.where(power < 0, numbers / factors, numbers * factors)
    return moved
