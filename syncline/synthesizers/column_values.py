"""What a code stands for: the hub's half of the codebook, from which released values are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.grid import Grid
from syncline.data.variable import Variable
from syncline.synthesizers.drawn_spans import DrawnSpans
from syncline.synthesizers.rhythm import Rhythm
from syncline.synthesizers.streams import mixed
from syncline.synthesizers.systematic import systematic_shares
from syncline.synthesizers.wall_clock import WallClock

Ints: TypeAlias = npt.NDArray[np.int64]
Bits: TypeAlias = npt.NDArray[np.uint64]
DecodedCells: TypeAlias = tuple[Ints, npt.NDArray[np.bool_]]
"""Keys (n,), and which cells are missing."""


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
    merged : categories that were merged into "(other)", or into the most frequent where they are too few
    rhythm : how values heap within a span of several keys, None where they lie evenly
    """

    variable: Variable
    span_code: Ints
    span_low: Ints
    span_high: Ints
    rows: Ints
    masks: Bits
    keeps_missing: bool
    merged: tuple[str, ...] = ()
    rhythm: Rhythm | None = None

    @property
    def n_codes(self) -> int:
        """Number of codes, the one for missing included."""
        return len(self.rows)

    @property
    def is_state(self) -> npt.NDArray[np.bool_]:
        """Tell which spans (r,) are those of named states, not of values."""
        return ~self.variable.are_values(self.span_low)

    @property
    def extent(self) -> tuple[int, int]:
        """The least and the greatest key of a value."""
        numbers = ~self.is_state
        return int(self.span_low[numbers].min()), int(self.span_high[numbers].max())

    @property
    def groups(self) -> tuple[Ints, ...]:
        """The categories of each code that stands for several, as keys."""
        if not self.variable.is_categorical or len(self.span_code) < 2:
            return ()
        ends = np.flatnonzero(np.diff(self.span_code)) + 1
        return tuple(keys for keys in np.split(self.span_low, ends) if len(keys) > 1)

    def decode(self, codes: npt.NDArray[np.integer], random: Bits) -> DecodedCells:
        """Return keys (n,) drawn by uniform bits (n,) from each code's spans, and which are missing."""
        return ColumnDecoder.of(self).decode(codes, random)


@dataclass(frozen=True, slots=True)
class ColumnDecoder:
    """What the decoding of a column needs, reckoned once for however many draws.

    Attributes
    ----------
    spans : the ranges of keys and their weights, tails cut into octaves
    first : where the spans of each code begin (k + 1,)
    above : the weights of all spans before each (r + 1,)
    grid : the grid of the column's keys
    """

    values: ColumnValues
    spans: DrawnSpans
    first: npt.NDArray[np.intp]
    above: Bits
    grid: Grid | None

    @classmethod
    def of(cls, values: ColumnValues) -> ColumnDecoder:
        """Return the decoder of a column."""
        spans = DrawnSpans.weighted(values.variable, values.span_code, values.span_low, values.span_high)
        if len(values.span_code):
            spans = spans.with_tails(values.variable, values.rows)
        first = np.searchsorted(spans.code, np.arange(values.n_codes + 1))
        above = np.concatenate([np.zeros(1, np.uint64), np.cumsum(spans.weight)]).astype(np.uint64)
        return cls(values, spans, first, above, values.variable.grid)

    def decode(self, codes: npt.NDArray[np.integer], random: Bits) -> DecodedCells:
        """Return keys (n,) drawn by uniform bits (n,) from each code's spans, and which are missing."""
        spans, above = self.spans, self.above
        if len(spans.code) == 0:
            return np.zeros(len(codes), np.int64), np.ones(len(codes), np.bool_)
        missing = (codes == self.values.n_codes - 1) & self.values.keeps_missing
        safe = np.where(missing, 0, codes).astype(np.int64)
        begin, end = above[self.first[safe]], above[self.first[safe + 1]]
        chosen = random >> np.uint64(32)
        for code in spans.tails:
            own = np.flatnonzero((codes == code) & ~missing)
            chosen[own] = systematic_shares(np.zeros(len(own), np.int64), random[own])
        target = begin + _scaled(chosen, end - begin)
        place = np.minimum(np.searchsorted(above, target, side="right") - 1, len(spans.code) - 1)
        keys = self._within(spans.low[place], spans.high[place], random)
        return np.where(missing, 0, keys), missing

    def _within(self, low: Ints, high: Ints, random: Bits) -> Ints:
        grid, variable = self.grid, self.values.variable
        fresh = mixed(random)
        if grid is None or grid.is_even:
            if self.values.rhythm is not None:
                clock = WallClock.of(variable)
                keys = _by_rhythm(self.values.rhythm, clock, low, high, fresh)
                return np.where(variable.are_values(low), keys, low)
            width = (high - low).astype(np.uint64) + np.uint64(1)
            return low + _modulo_free(fresh, width).astype(np.int64)
        values = variable.are_values(low)
        ends = (grid.values(np.where(values, keys, 0)).astype(np.float64) for keys in (low, high))
        lows, highs = ends
        share = (fresh >> np.uint64(11)).astype(np.float64) * 2.0**-53
        drawn = np.where(low == high, lows, lows + (highs - lows) * share)
        return np.where(values, np.clip(grid.keys_from_numbers(drawn), low, high), low)


def _by_rhythm(rhythm: Rhythm, clock: WallClock, low: Ints, high: Ints, random: Bits) -> Ints:
    """Return keys (n,) between two ends (n,), drawn by uniform bits (n,) as values heap by the clock."""
    begin = clock.shown(low)
    first, last = rhythm.measures(begin, np.maximum(clock.shown(high), begin))
    drawn = _modulo_free(random, (last - first).astype(np.uint64)).astype(np.int64)
    return np.clip(clock.instants(rhythm.keys(begin, first + drawn)), low, high)


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
