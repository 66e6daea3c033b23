"""Where bins end outwards: beyond what enough people hold, and not where one person stands.

The greatest and the least value of a table are single people's, and so are those beside a value that many
share. So an end follows from two edges alone, beyond which ``min_cell`` and twice as many people lie or more,
by what a smooth tail would hold beyond them:

    end = k0 + (k0 - k1) * (logit(1) - logit(m0)) / (logit(m0) - logit(m1)),  logit(m) = log((n - m + 1) / m)

where m0 and m1 of n rows lie beyond k0 and k1. That is the quantile of a logistic distribution through both
edges at which one row is expected; a normal one of 35 to 1,000 rows differs by less than a tenth. Where both
edges are in a tail and the first is at least ``LONG`` times as far from the median as the second, the same
is done with logarithms of the distances, as of a log-normal or Pareto tail. The end is rounded outward to a
simple number.
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

IN_TAIL = 20
"""Both edges are in a tail where at most one in so many rows lies beyond: nearer to the median their
distances from it say nothing of its length."""

_DIGITS = 3
"""Significant digits of a factor, so that another processor's logarithm changes nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """Pieces of a line (p,) between two shared values, or a shared value and an end of the line.

    ``masks`` are their person buckets, None where every row is a person; ``walls`` the least and the greatest
    key that the run may reach.
    """

    low: Ints
    high: Ints
    rows: Ints
    masks: npt.NDArray[np.uint64] | None
    walls: tuple[int, int]

    def ends(self, variable: Variable, min_cell: int, base: int) -> tuple[int, int]:
        """Return the ends; at ``min_cell`` 1 they are the outermost values where the schema has a range."""
        sides = self._side(upper=False), self._side(upper=True)
        if int(sides[0].people[-1]) < min_cell:
            low, high = int(self.low[0]), int(self.high[-1])
            return simplest(self.walls[0], low, base), -simplest(-self.walls[1], -high, base)
        if min_cell == 1:
            low, high = int(self.low[0]), int(self.high[-1])
            if variable.key_range is not None:
                return low, high
            inner = low, high
            reach = [abs(key) // 10 for key in inner]
        else:
            edges = [side.edge(min_cell) for side in sides]
            found = [side.end(variable, min_cell) for side in sides]
            inner = min(edges), max(edges)
            width = max(inner[1] - inner[0], 1)
            low = inner[0] - width if found[0] is None else found[0]
            high = inner[1] + width if found[1] is None else found[1]
            reach = [max((inner[0] - low) // 2, width // 100), max((high - inner[1]) // 2, width // 100)]
        if base == 2:
            reach = [1 << 48, 1 << 48]
        least, most = -simplest(-low, -low + reach[0], base), simplest(high, high + reach[1], base)
        return max(least, self.walls[0]), min(most, self.walls[1])

    def _side(self, *, upper: bool) -> EndPieces:
        """Return the pieces from one end inwards."""
        ways = slice(None, None, -1 if upper else 1)
        rows = self.rows[ways]
        people = np.cumsum(rows)
        if self.masks is not None:
            people = np.bitwise_count(np.bitwise_or.accumulate(self.masks[ways])).astype(np.int64)
        return EndPieces((self.low if upper else self.high)[ways], rows, people, 1 if upper else -1)


@dataclass(frozen=True, slots=True)
class EndPieces:
    """Pieces (p,) from one end of a run inwards.

    ``keys`` are their inner ends, ``people`` those of each piece and all beyond it together, ``sign`` is 1
    for the upper side.
    """

    keys: Ints
    rows: Ints
    people: Ints
    sign: int

    def edge(self, min_cell: int) -> int:
        """Return the key beyond which enough people lie."""
        return int(self.keys[np.searchsorted(self.people, min_cell)])

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
        if IN_TAIL * m1 <= n and 0 < LONG * near <= far:
            reach = far * (_rounded(min((far / near) ** outward, 1e9)) - 1)
        else:
            reach = abs(k0 - k1) * outward
        return _key(variable, k0 + self.sign * reach)


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


def simplest(low: int, high: int, base: int) -> int:
    """Return the lowest multiple of the highest power of ``base`` that has one in ``low .. high``."""
    if low >= high:
        return high
    power = 1
    while -(-low // (power * base)) * power * base <= high and power < 1 << 62:
        power *= base
    return -(-low // power) * power
