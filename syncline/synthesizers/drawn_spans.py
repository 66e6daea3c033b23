"""The ranges of keys that a code is drawn from and their weights: even in a bin, thinning out in a tail.

The outermost bin of a column with a long tail reaches from the last value that is near the others to the
last one of all, often many times as far. Its few rows lie mostly near its inner end. So it is cut where the
distance from the middle of the column grows by a quarter of an octave, and the density falls with a power of
that distance, as the tails of incomes, costs and waiting times about do (Pareto's law). The power is that by
which the rows thin out over the two octaves before the bin, so it rests on codes that many people share. One
row of the bin lies in the outermost octave, since the bin would not reach so far without it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.variable import Variable

Ints: TypeAlias = npt.NDArray[np.int64]
Bits: TypeAlias = npt.NDArray[np.uint64]
Floats: TypeAlias = npt.NDArray[np.float64]

LONG = 2
"""An outermost bin is a tail if its outer end is so many times as far from the middle as its inner one."""

QUARTER_OCTAVE = 2.0**0.25
"""By how much the distance from the middle grows within one part of a tail."""
KEPT_AT_LEAST, KEPT_AT_MOST = 1 / 8, 3 / 4
"""Between these is the share of a tail's rows that lies at least twice as far as all of them do."""

_UNIT = 1 << 20
_REACH = 4.0
_FARTHEST = 1e307  # a quarter of an octave beyond it is a number still

Part: TypeAlias = tuple[int, int, int]
"""The least and greatest key of a part of a tail, and its weight, at least 1."""


@dataclass(frozen=True, slots=True)
class DrawnSpans:
    """Ranges of keys, both ends inclusive, grouped by code; ``weight`` is relative within a code, at least 1.

    ``tails`` are the codes of which a span was cut into octaves.
    """

    code: Ints
    low: Ints
    high: Ints
    weight: Bits
    tails: tuple[int, ...] = ()

    @classmethod
    def weighted(cls, variable: Variable, code: Ints, low: Ints, high: Ints) -> DrawnSpans:
        """Weigh the spans (r,) of each code by their width, in at most 24 bits; categories weigh the same."""
        if variable.is_categorical:
            return cls(code, low, high, np.ones(len(code), np.uint64))
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

    def with_tails(self, variable: Variable, rows: Ints) -> DrawnSpans:
        """Cut the outermost spans into parts where they are tails; ``rows`` (k,) are those of the codes."""
        values = np.flatnonzero(variable.are_values(self.low))
        if variable.is_categorical or len(values) < 2:
            return self
        middle = self._middle(values, rows)
        upper, lower = int(values[self.high[values].argmax()]), int(values[self.low[values].argmin()])
        cut = {
            place: parts
            for place, inner, outer in ((lower, self.high, self.low), (upper, self.low, self.high))
            if (parts := self._parts(variable, rows, middle, values, place, inner, outer))
        }
        return self._cut(cut) if cut else self

    def _parts(
        self,
        variable: Variable,
        rows: Ints,
        middle: int,
        values: npt.NDArray[np.intp],
        place: int,
        inner: Ints,
        outer: Ints,
    ) -> list[Part]:
        """Return the parts of the span at ``place``, none where it is no tail.

        ``inner`` and ``outer`` (r,) are the ends of all spans that are nearer to the middle and farther.
        """
        sign = 1 if outer is self.high else -1
        own = np.array([inner[place], outer[place]], np.int64)
        start, end = (sign * _distances(variable, middle, own)).tolist()
        if start < (1.0 if _is_even(variable) else 1e-300) or start >= end or end / LONG < start:
            return []
        near, far = (sign * _distances(variable, middle, ends[values]) for ends in (inner, outer))
        held = int(rows[self.code[place]])
        kept = _kept(near, far, rows[self.code[values]], start, held)
        edges, weights = _thinning(start, end, kept, held)
        keys = [int(inner[place])]
        keys += [_key(variable, middle, sign * edge) for edge in edges[1:-1]] + [int(outer[place])]
        if sign < 0:
            keys, weights = keys[::-1], weights[::-1]
        ends = [*(key - 1 for key in keys[1:-1]), keys[-1]]
        parts = zip(keys[:-1], ends, weights, strict=True)
        return [(low, high, weight) for low, high, weight in parts if low <= high]

    def _cut(self, cut: Mapping[int, list[Part]]) -> DrawnSpans:
        """Put parts, of which each has its share of the weight, in the place of some spans."""
        parts = [
            cut.get(at) or [(low, high, 1)]
            for at, (low, high) in enumerate(zip(self.low.tolist(), self.high.tolist(), strict=True))
        ]
        sizes = [len(own) for own in parts]
        low, high, share = (np.array([part[i] for own in parts for part in own], np.int64) for i in range(3))
        total = np.repeat(np.array([sum(part[2] for part in own) for own in parts], np.int64), sizes)
        weight = np.repeat(self.weight, sizes) * share.astype(np.uint64) // total.astype(np.uint64)
        tails = tuple(sorted({int(self.code[place]) for place in cut}))
        return DrawnSpans(np.repeat(self.code, sizes), low, high, np.maximum(weight, np.uint64(1)), tails)

    def _middle(self, values: npt.NDArray[np.intp], rows: Ints) -> int:
        """Return the least key of the code that holds the median row of the values."""
        held = np.zeros(len(rows), np.int64)
        held[self.code[values]] = rows[self.code[values]]
        code = int(np.searchsorted(2 * np.cumsum(held), int(held.sum())))
        return int(self.low[values][self.code[values] == code].min())


def _is_even(variable: Variable) -> bool:
    return variable.grid is not None and variable.grid.is_even


def _distances(variable: Variable, middle: int, keys: Ints) -> Floats:
    """Return how far keys (n,) lie above one of them: in keys of an even grid, else in values."""
    grid = variable.grid
    assert grid is not None
    if grid.is_even:
        return keys.astype(np.float64) - float(middle)
    with np.errstate(over="ignore"):
        away = grid.values(keys).astype(np.float64) - float(grid.values(np.array([middle], np.int64))[0])
    return np.clip(away, -_FARTHEST, _FARTHEST)


def _key(variable: Variable, middle: int, distance: float) -> int:
    grid = variable.grid
    assert grid is not None
    if grid.is_even:
        return middle + int(distance)
    value = float(grid.values(np.array([middle], np.int64))[0]) + distance
    return int(grid.keys_from_numbers(np.array([value], np.float64))[0])


def _kept(near: Floats, far: Floats, rows: Ints, start: float, held: int) -> float:
    """Return the share of the rows beyond a distance that lie beyond twice that distance.

    It is what remains on average of two doublings, up to the tail that begins at ``start`` and holds ``held``
    rows. ``near`` and ``far`` (r,) are the distances of the ends of spans that hold ``rows`` (r,), evenly.
    """
    least = start / _REACH
    beyond = [
        count * (1.0 if low >= least else (high - least) / (high - low))
        for low, high, count in zip(near.tolist(), far.tolist(), rows.tolist(), strict=True)
        if high > least
    ]
    return min(max(math.sqrt(held / max(math.fsum(beyond), 1.0)), KEPT_AT_LEAST), KEPT_AT_MOST)


def _thinning(start: float, end: float, kept: float, held: int) -> tuple[list[float], list[int]]:
    """Return edges (p + 1,) from ``start`` to ``end`` and weights (p,) of the parts between them."""
    left = math.sqrt(math.sqrt(kept))  # of the rows beyond a part's start, beyond its end
    edges, widths = [start], []
    while edges[-1] < end:
        after = edges[-1] * QUARTER_OCTAVE
        widths.append(min((end - edges[-1]) / (after - edges[-1]), 1.0))
        edges.append(min(after, end))
    shares = _falling(widths, left)
    octave = next(i for i, edge in enumerate(edges[:-1]) if 2.0 * edge >= end)
    inner, outer = math.fsum(shares[:octave]), _falling(widths[octave:], left)
    one = inner / max(held - 1, 1)  # the share of one row
    times = max(one, math.fsum(shares[octave:])) / math.fsum(outer)
    shares[octave:] = [own * times for own in outer]
    total = math.fsum(shares)
    return edges, [max(int(_UNIT * own / total), 1) for own in shares]


def _falling(widths: Sequence[float], left: float) -> list[float]:
    """Return shares (p,) of parts of which each holds ``left`` of the one before, times its width."""
    shares, share = [], 1.0
    for width in widths:
        shares.append(share * width)
        share *= left
    return shares
