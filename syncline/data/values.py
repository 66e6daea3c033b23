"""The values of one column on their way from text or Arrow to keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.batch import Keys, Status, Statuses
from syncline.data.scalars import KEY_LIMIT

NumberArray: TypeAlias = npt.NDArray[np.int64] | npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Hold one number for each cell (n,), in the kind's own unit, and its status; 0 where not valid.

    Integers are int64, continuous values float64; dates are days, datetimes, times and durations
    microseconds, categories positions in the schema's list. A number too large for its grid is given as
    ``KEY_LIMIT`` with its sign, which is outside any range.
    """

    numbers: NumberArray
    status: Statuses


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Hold the key and the status of each cell (n,); keys are 0 where the cell is not valid."""

    keys: Keys
    status: Statuses

    def joined(self, other: Cells) -> Cells:
        """Return these cells with those of ``other`` behind them."""
        return Cells(np.concatenate([self.keys, other.keys]), np.concatenate([self.status, other.status]))

    def spread(self, positions: npt.NDArray[np.int64]) -> Cells:
        """Return the cells at ``positions`` (m,), with a missing cell where a position is -1."""
        keys = np.append(self.keys, np.int64(0))
        status = np.append(self.status, np.uint8(Status.MISSING))
        return Cells(keys[positions], status[positions])


def multiplied(numbers: npt.NDArray[np.int64], factor: int) -> npt.NDArray[np.int64]:
    """Return ``numbers * factor``, or ``KEY_LIMIT`` with its sign where that is too large."""
    largest = KEY_LIMIT // factor
    products = np.clip(numbers, -largest, largest) * factor
    return np.where(numbers > largest, KEY_LIMIT, np.where(numbers < -largest, -KEY_LIMIT, products))


def whole(numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return finite whole floats as int64, or ``KEY_LIMIT`` with its sign where they are too large."""
    return np.clip(numbers, -float(KEY_LIMIT), float(KEY_LIMIT)).astype(np.int64)
