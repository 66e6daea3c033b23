"""Where the outermost bin of a column ends: beyond what enough people hold, not where one person stands.

The greatest and the least value of a table are single people's. So an end follows from two edges alone,
beyond which ``min_cell`` and twice as many people lie or more, by what a smooth tail would hold beyond them:

    end = k0 + (k0 - k1) * (logit(1) - logit(m0)) / (logit(m0) - logit(m1)),  logit(m) = log((n - m + 1) / m)

where m0 and m1 of n rows lie beyond k0 and k1. That is the quantile of a logistic distribution through both
edges at which one row is expected (a normal one differs by a tenth). Where the second edge is at least
``LONG`` times as far from the median as the first, the same is done with logarithms of the distances, as of a
log-normal or Pareto tail. The end is rounded outward to a simple number, within the schema's range.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.data.variable import Variable

Ints = npt.NDArray[np.int64]

LONG = 1.3
"""Of an exponential tail of 1,000 rows the ratio is 1.22, of a log-normal one with sigma 1 it is 1.37."""

_DIGITS = 3
"""Significant digits of a factor, so that another processor's logarithm changes nothing."""


@dataclass(frozen=True, slots=True)
class Tail:
    """One end of a line of pieces, ordered from the outermost piece inwards.

    Attributes
    ----------
    keys : the inner end of each piece (p,)
    rows : rows of each piece (p,)
    people : people of each piece and all beyond it together (p,)
    """

    keys: Ints
    rows: Ints
    people: Ints

    def end(self, variable: Variable, min_cell: int) -> int | None:
        """Return the end before it is rounded; None where too few people stand behind two edges."""
        first = int(np.searchsorted(self.people, min_cell))
        second = max(int(np.searchsorted(self.people, 2 * min_cell)), first + 1)
        if second >= len(self.keys):
            return None
        beyond, n = np.cumsum(self.rows), int(self.rows.sum())
        middle = int(np.searchsorted(2 * beyond, n))
        k0, k1, centre = _numbers(variable, self.keys[[first, second, middle]])
        m0, m1 = int(beyond[first]), int(beyond[second])
        outward = _rounded((_logit(1, n) - _logit(m0, n)) / (_logit(m0, n) - _logit(m1, n)))
        near, far = abs(k1 - centre), abs(k0 - centre)
        if second < middle and 0 < LONG * near <= far:
            reach = far * (_rounded((far / near) ** outward) - 1)
        else:
            reach = abs(k0 - k1) * outward
        return _key(variable, k0 + (reach if self.keys[0] >= self.keys[-1] else -reach))

    def edge(self, min_cell: int) -> int:
        """Return the key beyond which enough people lie, or all of them."""
        return int(self.keys[min(int(np.searchsorted(self.people, min_cell)), len(self.keys) - 1)])


def _numbers(variable: Variable, keys: Ints) -> list[float]:
    """Return keys as what distances are taken of: themselves, or the floats whose bits they are."""
    assert variable.grid is not None
    own = keys if variable.grid.is_even else variable.grid.values(keys)
    return [float(number) for number in own.tolist()]


def _key(variable: Variable, number: float) -> int:
    """Return the key of a number, within those that values may have."""
    low, high = variable.value_extent
    assert variable.grid is not None
    if not variable.grid.is_even:
        most = sys.float_info.max
        number = int(variable.grid.keys_from_numbers(np.array([min(max(number, -most), most)]))[0])
    return int(min(max(number, low), high))


def _logit(beyond: int, n: int) -> float:
    return math.log((n - beyond + 1) / beyond)


def _rounded(factor: float) -> float:
    return float(f"{factor:.{_DIGITS}g}")
