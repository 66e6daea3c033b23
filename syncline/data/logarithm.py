"""A binary logarithm that is the same on every machine: a table, a line between its entries, and no more.

Libraries of mathematics differ in the last digit, and so do their results on unlike processors. Here only
sums, products and quotients are taken, which IEEE 754 rounds correctly. Between two entries the line is off
by 4e-8 at most.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_STEPS = 1 << 11
_BITS = 30
_TABLE = np.ldexp(np.rint(np.ldexp(np.log2(1 + np.arange(_STEPS + 1) / _STEPS), _BITS)), -_BITS)
"""The logarithms of 1 to 2: multiples of ``2**-30``, from which no library's last digit can lead away."""


def log2(values: Floats) -> Floats:
    """Return the binary logarithm (n,) of positive numbers (n,), and 0.0 of all others."""
    positive = values > 0.0
    mantissa, exponent = np.frexp(np.where(positive, values, 1.0))
    reach = (2.0 * mantissa - 1.0) * _STEPS
    place = np.minimum(reach.astype(np.intp), _STEPS - 1)
    low = _TABLE[place]
    found = (exponent - 1) + (low + (_TABLE[place + 1] - low) * (reach - place))
    return np.asarray(np.where(positive, found, 0.0), np.float64)


def exp2(values: Floats) -> Floats:
    """Return two to the power of numbers (n,), the inverse of :func:`log2`."""
    whole = np.floor(values)
    part = values - whole
    place = np.clip(np.searchsorted(_TABLE, part, side="right") - 1, 0, _STEPS - 1)
    low = _TABLE[place]
    mantissa = 1.0 + (place + (part - low) / (_TABLE[place + 1] - low)) / _STEPS
    return np.asarray(np.ldexp(mantissa, np.clip(whole, -1100, 1100).astype(np.int64)), np.float64)
