"""The ranges of keys that a code is drawn from and their weights: even in a bin, thinning out in a tail.

The outermost bin of a column with a long tail reaches from the last value that is near the others to the
last one of all, often many times as far. Its few rows lie mostly near its inner end. So it is cut where the
distance from the middle of the column doubles, and each octave is drawn half as often as the one before: the
density falls with the square of the distance, as the tails of incomes, costs and waiting times about do
(Pareto's law with exponent 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.variable import Variable

Ints: TypeAlias = npt.NDArray[np.int64]
Bits: TypeAlias = npt.NDArray[np.uint64]

LONG = 4
"""An outermost bin is a tail if its outer end is so many times as far from the middle as its inner one."""

_OCTAVE = 1 << 20

Octave: TypeAlias = tuple[int, int, int]
"""The least and greatest key, and the share of the draws in units of ``1 / _OCTAVE`` of the first one."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Ranges of keys, both ends inclusive, grouped by code; ``weight`` is relative within a code, at least 1.

    ``tails`` are the codes of which a span was cut into octaves.
    """

    code: Ints
    low: Ints
    high: Ints
    weight: Bits
    tails: tuple[int, ...] = ()

    @classmethod
    def weighted(cls, variable: Variable, code: Ints, low: Ints, high: Ints) -> Spans:
        """Weigh the spans (r,) of each code by their width, in at most 24 bits."""
        grid = variable.grid
        if grid is None or grid.is_even:
            width = (high - low).astype(np.float64) + 1.0
        else:
            values = variable.are_values(low)
            ends = [grid.values(np.where(values, keys, 0)).astype(np.float64) for keys in (low, high)]
            width = np.where(low == high, 0.0, ends[1] - ends[0])
        most = np.zeros(int(code.max(initial=-1)) + 1)
        np.maximum.at(most, code, width)
        share = width / np.where(most > 0, most, 1.0)[code]
        return cls(code, low, high, np.maximum(np.rint(share * 2.0**24), 1.0).astype(np.uint64))

    def with_tails(self, variable: Variable, rows: Ints) -> Spans:
        """Cut the outermost spans into octaves where they are tails; ``rows`` (k,) are those of the codes."""
        values = np.flatnonzero(variable.are_values(self.low))
        if variable.is_categorical or len(values) < 2:
            return self
        middle = self._middle(values, rows)
        upper, lower = int(values[self.high[values].argmax()]), int(values[self.low[values].argmin()])
        cut = {
            lower: _octaves(variable, middle, int(self.high[lower]), int(self.low[lower])),
            upper: _octaves(variable, middle, int(self.low[upper]), int(self.high[upper])),
        }
        cut = {place: octaves for place, octaves in cut.items() if len(octaves) > 1}
        return self._cut(cut) if cut else self

    def _cut(self, cut: Mapping[int, list[Octave]]) -> Spans:
        """Put octaves, of which each has its share of the weight, in the place of some spans."""
        parts = [
            cut.get(at) or [(low, high, 1)]
            for at, (low, high) in enumerate(zip(self.low.tolist(), self.high.tolist(), strict=True))
        ]
        sizes = [len(own) for own in parts]
        low, high, share = (np.array([part[i] for own in parts for part in own], np.int64) for i in range(3))
        total = np.repeat(np.array([sum(part[2] for part in own) for own in parts], np.int64), sizes)
        weight = np.repeat(self.weight, sizes) * share.astype(np.uint64) // total.astype(np.uint64)
        tails = tuple(sorted({int(self.code[place]) for place in cut}))
        return Spans(np.repeat(self.code, sizes), low, high, np.maximum(weight, np.uint64(1)), tails)

    def _middle(self, values: npt.NDArray[np.intp], rows: Ints) -> int:
        """Return the least key of the code that holds the median row of the values."""
        held = np.zeros(len(rows), np.int64)
        held[self.code[values]] = rows[self.code[values]]
        code = int(np.searchsorted(2 * np.cumsum(held), int(held.sum())))
        return int(self.low[values][self.code[values] == code].min())


def _octaves(variable: Variable, middle: int, inner: int, outer: int) -> list[Octave]:
    """Return the octaves of a span whose end ``inner`` is nearer to ``middle``; none where it is no tail."""
    grid = variable.grid
    assert grid is not None
    if grid.is_even:
        start, near, far = middle, abs(inner - middle), abs(outer - middle)
    else:
        m, i, o = grid.values(np.array([middle, inner, outer], np.int64)).astype(np.float64).tolist()
        start, near, far = m, abs(i - m), abs(o - m)
    if near < (1 if grid.is_even else 1e-300) or (inner - middle) * (outer - inner) <= 0 or far / LONG < near:
        return []
    sign, edges, first = (1 if outer > inner else -1), [inner], near
    shares: list[int] = []
    while near < far:
        after = min(2 * near, far)
        shares.append(max(int(_OCTAVE * (first / near) * ((after - near) / after)), 1))
        edges.append(outer if after == far else _key(variable, start + sign * after))
        near = after
    if sign < 0:
        edges, shares = edges[::-1], shares[::-1]
    ends = [*(edge - 1 for edge in edges[1:-1]), edges[-1]]
    spans = zip(edges[:-1], ends, shares, strict=True)
    return [(low, high, share) for low, high, share in spans if low <= high]


def _key(variable: Variable, value: float) -> int:
    grid = variable.grid
    assert grid is not None
    if grid.is_even:
        return int(value)
    return int(grid.keys_from_numbers(np.array([value], np.float64))[0])
