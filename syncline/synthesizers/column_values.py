"""What a code stands for: the hub's half of the codebook, from which released values are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.variable import Variable

Ints: TypeAlias = npt.NDArray[np.int64]
Bits: TypeAlias = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class ColumnValues:
    """The keys that each code may become.

    Attributes
    ----------
    variable : the variable; a categorical one gains the category "(other)" where rare ones were merged
    span_code, span_low, span_high : key ranges (r,), both ends inclusive, grouped by increasing code
    rows : training rows of each code (n_codes,), the code for missing last where it is kept
    masks : their person buckets (n_codes,), all zero without persons
    keeps_missing : whether the last code means missing
    merged : categories that were merged into "(other)"
    """

    variable: Variable
    span_code: Ints
    span_low: Ints
    span_high: Ints
    rows: Ints
    masks: Bits
    keeps_missing: bool
    merged: tuple[str, ...] = ()

    @property
    def n_codes(self) -> int:
        """Number of codes, the one for missing included."""
        return len(self.rows)

    def decode(self, codes: npt.NDArray[np.integer], random: Bits) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """Return keys (n,) drawn by uniform bits (n,) from each code's spans, and which are missing."""
        missing = (codes == self.n_codes - 1) & self.keeps_missing
        first = np.searchsorted(self.span_code, np.arange(self.n_codes + 1))
        spans = len(self.span_code)
        if spans == 0:
            return np.zeros(len(codes), np.int64), np.ones(len(codes), np.bool_)
        weight = _span_weights(self)
        above = np.concatenate([np.zeros(1, np.uint64), np.cumsum(weight)]).astype(np.uint64)
        safe = np.where(missing, 0, codes).astype(np.int64)
        begin, end = above[first[safe]], above[first[safe + 1]]
        target = begin + _scaled(random >> np.uint64(32), end - begin)
        place = np.minimum(np.searchsorted(above, target, side="right") - 1, spans - 1)
        keys = self._within(place, random)
        return np.where(missing, 0, keys), missing

    def _within(self, place: Ints, random: Bits) -> Ints:
        low, high = self.span_low[place], self.span_high[place]
        grid = self.variable.grid
        fresh = _mixed(random)
        if grid is None or grid.is_even:
            width = (high - low).astype(np.uint64) + np.uint64(1)
            return low + _modulo_free(fresh, width).astype(np.int64)
        lows, highs = grid.values(low).astype(np.float64), grid.values(high).astype(np.float64)
        share = (fresh >> np.uint64(11)).astype(np.float64) * 2.0**-53
        values = np.where(low == high, lows, lows + (highs - lows) * share)
        return np.clip(grid.keys_from_numbers(values), low, high)


def _span_weights(values: ColumnValues) -> Bits:
    """Weigh the spans of a code by their width, in at most 24 bits."""
    grid = values.variable.grid
    if grid is None or grid.is_even:
        width = (values.span_high - values.span_low).astype(np.float64) + 1.0
    else:
        ends = [grid.values(keys).astype(np.float64) for keys in (values.span_low, values.span_high)]
        width = np.where(values.span_low == values.span_high, 0.0, ends[1] - ends[0])
    most = np.zeros(values.n_codes)
    np.maximum.at(most, values.span_code, width)
    share = width / np.where(most > 0, most, 1.0)[values.span_code]
    return np.maximum(np.rint(share * 2.0**24), 1.0).astype(np.uint64)


def _scaled(high: Bits, bound: Bits) -> Bits:
    """Map 32 uniform bits to ``0 .. bound - 1`` for bounds below 2**32."""
    return (high * bound) >> np.uint64(32)


def _modulo_free(bits: Bits, width: Bits) -> Bits:
    """Map 64 uniform bits to ``0 .. width - 1`` by the high word of their product."""
    low32 = np.uint64(0xFFFFFFFF)
    a_high, a_low = bits >> np.uint64(32), bits & low32
    b_high, b_low = width >> np.uint64(32), width & low32
    with np.errstate(over="ignore"):
        middle = a_high * b_low + ((a_low * b_low) >> np.uint64(32))
        cross = a_low * b_high + (middle & low32)
        high: Bits = a_high * b_high + (middle >> np.uint64(32)) + (cross >> np.uint64(32))
        return high


def _mixed(bits: Bits) -> Bits:
    """Derive a second word from a uniform one (SplitMix64's finalizer; Steele, Lea, Flood 2014, fig. 17)."""
    with np.errstate(over="ignore"):
        z = bits + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))
