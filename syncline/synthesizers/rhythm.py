"""How values heap within a bin: on round numbers, at hours of the day, on days of the week.

A bin is a stretch of keys that few people share each, so nothing is known of single keys in it. But over all
bins together it is known how many rows lie on multiples of 10 or 100, or at each hour. Those counts make a
density that repeats along the line, by which keys are drawn within a bin: people round a blood pressure to
tens wherever it lies. A class of keys has a density of its own only where at least ``min_cell`` people are in
it, over all bins; a column where nothing heaps beyond chance is drawn evenly. Where persons have several rows
nobody's weigh more than others', and a heap must be seen without the few who heap most: see
:mod:`~syncline.synthesizers.bucket_weights`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.kinds import NUMERIC_KINDS, Kind
from syncline.data.step import UNITS
from syncline.data.variable import Variable
from syncline.synthesizers.bucket_weights import Floats, weights_by_bucket, without_heaviest
from syncline.synthesizers.wall_clock import WallClock

Ints: TypeAlias = npt.NDArray[np.int64]
Bits: TypeAlias = npt.NDArray[np.uint64]
Mask: TypeAlias = npt.NDArray[np.bool_]

LEVELS = tuple(factor * 10**power for power in range(5) for factor in (5, 10))
"""Round numbers that are looked for, in keys: each is a multiple of the one before."""

DEVIATIONS = 5.0
"""Standard deviations by which rows on round numbers, or in parts of a cycle, exceed chance at least."""

CYCLES = {Kind.DATE: (7, 7), Kind.DATETIME: (UNITS["d"], 24), Kind.TIME: (UNITS["h"], 60)}
"""The cycle of kinds that have one, in their own units, and how many parts of it are told apart: days by the
clocks of the zone, where there is one.
"""

_SCALE = 1 << 10
_DENSEST = 1 << 22
_MOST = 1 << 62


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A density that repeats every ``cycle`` keys from key 0: ``density`` (p,) from each ``start`` (p,)."""

    cycle: int
    start: Ints
    density: Ints

    def fits(self) -> bool:
        """Tell whether the parts belong together: they begin at 0, increase, and none is empty."""
        arrays = self.start.ndim == self.density.ndim == 1 and len(self.start) == len(self.density) > 0
        return (
            arrays
            and self.start.dtype == self.density.dtype == np.dtype(np.int64)
            and int(self.start[0]) == 0
            and bool((np.diff(self.start) > 0).all())
            and int(self.start[-1]) < self.cycle <= _MOST // _DENSEST
            and int(self.density.min()) >= 1
            and int(self.density.max()) <= _DENSEST
        )

    @property
    def above(self) -> Ints:
        """The measure of a cycle up to each part (p + 1,)."""
        return np.append(0, np.cumsum(np.diff(self.start, append=self.cycle) * self.density))

    def measures(self, low: Ints, high: Ints) -> tuple[Ints, Ints]:
        """Return the measures (n,) up to both ends, inclusive, from the cycle in which ``low`` (n,) lies."""
        base = low // self.cycle * self.cycle
        return self._upto(low - base), self._upto(high - base + 1)

    def keys(self, low: Ints, measure: Ints) -> Ints:
        """Return the key (n,) at each measure from the cycle in which ``low`` (n,) lies."""
        above = self.above
        turns, rest = np.divmod(measure, above[-1])
        part = np.searchsorted(above, rest, side="right") - 1
        within = self.start[part] + (rest - above[part]) // self.density[part]
        return (low // self.cycle + turns) * self.cycle + within

    def _upto(self, keys: Ints) -> Ints:
        turns, rest = np.divmod(keys, self.cycle)
        part = np.searchsorted(self.start, rest, side="right") - 1
        above = self.above
        measure: Ints = turns * above[-1] + above[part] + (rest - self.start[part]) * self.density[part]
        return measure


@dataclass(frozen=True, slots=True)
class Binned:
    """Pieces of a line that lie in bins: first and last keys (p,), the bin's ends (p,), and what is in each.

    ``rows`` (p,) are what they weigh; where persons have several rows, ``masks`` are the buckets of persons
    and ``by_bucket`` (buckets, p) what each of these adds to the weight.
    """

    low: Ints
    high: Ints
    rows: Floats
    masks: Bits | None
    by_bucket: Floats | None
    bin_low: Ints
    bin_high: Ints

    @classmethod
    def of(
        cls,
        low: Ints,
        high: Ints,
        rows: Ints,
        masks: Bits | None,
        spans: tuple[Ints, Ints],
        min_cell: int,
    ) -> Binned:
        """Choose the pieces that lie in spans (r,) of more than one key."""
        order = np.argsort(spans[0], kind="stable")
        span_low, span_high = spans[0][order], spans[1][order]
        place = np.searchsorted(span_low, low, side="right") - 1
        safe = np.maximum(place, 0)
        own = (place >= 0) & (high <= span_high[safe]) & (span_low[safe] < span_high[safe])
        at = safe[own]
        ends = span_low[at], span_high[at]
        if masks is None:
            return cls(low[own], high[own], rows[own].astype(np.float64), None, None, *ends)
        by_bucket = weights_by_bucket(masks[own], rows[own], min_cell)
        return cls(low[own], high[own], by_bucket.sum(axis=0), masks[own], by_bucket, *ends)

    def people(self, chosen: Mask) -> int:
        """Return how many people are known to be in the chosen pieces together."""
        if self.masks is None:
            return int(self.rows[chosen].sum())
        return int(np.bitwise_or.reduce(self.masks[chosen], initial=np.uint64(0))).bit_count()

    @property
    def width(self) -> int:
        """The keys of the widest piece."""
        return int((self.high - self.low).max()) + 1

    def only(self, chosen: Mask) -> Binned:
        """Return the chosen pieces (p,)."""
        masks = None if self.masks is None else self.masks[chosen]
        by_bucket = None if self.by_bucket is None else self.by_bucket[:, chosen]
        low, high, rows = self.low[chosen], self.high[chosen], self.rows[chosen]
        return Binned(low, high, rows, masks, by_bucket, self.bin_low[chosen], self.bin_high[chosen])

    def shown_by(self, clock: WallClock) -> Binned:
        """Return the pieces where a clock shows them, each as wide as it is."""
        away = clock.shown(self.low) - self.low
        ends = self.bin_low + away, self.bin_high + away
        return Binned(self.low + away, self.high + away, self.rows, self.masks, self.by_bucket, *ends)

    def without(self, chosen: Mask, min_cell: int) -> Floats:
        """Return the weights (p,) without the few people whose rows lie most in the chosen pieces (p,)."""
        return self.rows if self.by_bucket is None else without_heaviest(self.by_bucket, chosen, min_cell)


def find_rhythm(variable: Variable, binned: Binned, min_cell: int) -> Rhythm | None:
    """Return how values heap within bins; None where they do not, or too little is known of it."""
    grid = variable.grid
    if grid is None or not grid.is_even or not len(binned.low):
        return None
    if variable.kind in NUMERIC_KINDS:
        return _of_levels(binned, min_cell) if grid.width is None else None
    if variable.kind not in CYCLES or (variable.kind is Kind.DATE and grid.width is not None):
        return None
    cycle, parts = CYCLES[variable.kind]
    width = grid.width or 1
    if cycle % (parts * width):
        return None
    return _of_cycle(binned.shown_by(WallClock.of(variable)), cycle // width, parts, min_cell)


def _of_levels(binned: Binned, min_cell: int) -> Rhythm | None:
    """Return the density of round numbers, from the pieces in which one lies."""
    width, rows = binned.width, binned.rows
    levels = [level for level in LEVELS if level >= 2 * width]
    holds = [_multiples(binned.low, binned.high, level) > 0 for level in levels]
    shares = [_multiples(binned.bin_low, binned.bin_high, level) * width for level in levels]
    size = (binned.bin_high - binned.bin_low + 1).astype(np.float64)
    density, below, used = [], np.ones(len(rows), np.bool_), []
    even = size.copy()
    for level, hold, share in zip(levels, holds, shares, strict=True):
        likely, usually = np.minimum(share / size, 1.0), np.minimum(even / size, 1.0)
        crowded = binned.people(hold) >= min_cell and binned.people(below & ~hold) >= min_cell
        if not (
            crowded
            and all(
                _exceed(weights, hold, below, likely, usually)
                for weights in (rows, binned.without(hold, min_cell))
            )
        ):
            continue
        expected, last = float(np.sum(rows * likely)), float(np.sum(rows * usually))
        density.append(float(rows[below & ~hold].sum()) / max(last - expected, 1.0))
        used.append(level)
        below, even = hold, share.astype(np.float64)
    if not used:
        return None
    density.append(float(rows[below].sum()) / max(float(np.sum(rows * np.minimum(even / size, 1.0))), 1.0))
    per_key = [density[0], *(max(width * own - (width - 1) * density[0], own) for own in density[1:])]
    return _on_multiples(used, [_scaled(own) for own in per_key])


def _exceed(rows: Floats, hold: Mask, below: Mask, likely: Floats, usually: Floats) -> bool:
    """Tell whether more rows than by chance lie in the pieces that ``hold`` a number of a level.

    ``likely`` and ``usually`` (p,) are the shares of a bin in which a number of this level and of the one
    before lies; those ``below`` heap on the one before.
    """
    last = float(np.sum(rows * usually))
    usual = float(np.sum(rows * likely)) * (float(rows[below].sum()) / last if last else 1.0)
    return float(rows[hold].sum()) - usual > DEVIATIONS * math.sqrt(max(usual, 1.0))


def _multiples(low: Ints, high: Ints, level: int) -> Ints:
    return high // level - (low - 1) // level


def _on_multiples(levels: list[int], density: list[int]) -> Rhythm:
    """Return the rhythm in which multiples of ``levels`` (p,) have a density each, behind the rest's."""
    cycle = levels[-1]
    marks = np.arange(0, cycle, levels[0], dtype=np.int64)
    own = np.full(len(marks), density[1], np.int64)
    for level, denser in zip(levels[1:], density[2:], strict=True):
        own[marks % level == 0] = denser
    start = np.stack([marks, marks + 1], axis=1).ravel()
    return Rhythm(cycle, start, np.stack([own, np.full(len(marks), density[0], np.int64)], axis=1).ravel())


def _of_cycle(binned: Binned, cycle: int, parts: int, min_cell: int) -> Rhythm | None:
    """Return the density of the parts of a cycle, from pieces of at most two of them."""
    part = cycle // parts
    binned = binned.only(
        (binned.high - binned.low < 2 * part) & (binned.bin_high - binned.bin_low + 1 >= cycle)
    )
    if not binned.rows.sum():
        return None
    held, people, inside = [], [], []
    for number in range(parts):
        first = (binned.low - number * part) % cycle
        # what of a piece lies in the part: its own stretch, and what reaches over the end of the cycle
        size = binned.high - binned.low + 1
        keys = np.clip(part - first, 0, size) + np.clip(first + size - cycle, 0, part)
        inside.append(keys / size)
        held.append(float(np.sum(binned.rows * inside[-1])))
        people.append(binned.people(keys > 0))
    even = float(binned.rows.sum()) / parts
    full = np.logical_or.reduce([own > 0 for own, rows in zip(inside, held, strict=True) if rows > even])
    if not all(_are_uneven(rows, inside) for rows in (binned.rows, binned.without(full, min_cell))):
        return None
    few = [own < min_cell for own in people]
    # people are counted where a piece lies in such parts alone: one that reaches out of them may hold others
    common = [own > 0 for own, rare in zip(inside, few, strict=True) if not rare]
    reaches_out = np.logical_or.reduce([np.zeros(len(binned.rows), np.bool_), *common])
    rest = sum(own for own, rare in zip(held, few, strict=True) if rare)
    spread = rest / max(sum(few), 1) if binned.people(~reaches_out) >= min_cell else 0.0
    density = [_scaled((spread if rare else own) / even) for own, rare in zip(held, few, strict=True)]
    return Rhythm(cycle, part * np.arange(parts, dtype=np.int64), np.array(density, np.int64))


def _are_uneven(rows: Floats, inside: list[Floats]) -> bool:
    """Tell whether rows (p,) lie in the parts of a cycle, of which each holds a share (p,), beyond chance."""
    parts, even = len(inside), float(rows.sum()) / len(inside)
    if even <= 0:
        return False
    excess = sum((float(np.sum(rows * own)) - even) ** 2 / even for own in inside)
    return excess > parts + DEVIATIONS * math.sqrt(2.0 * parts)


def _scaled(density: float) -> int:
    """Return a density as a whole number, in few enough digits that another processor's is the same."""
    return min(max(round(float(f"{density:.3g}") * _SCALE), 1), _DENSEST)


def measure_fits(rhythm: Rhythm, low: Ints, high: Ints) -> bool:
    """Tell whether spans (r,) are short enough that their measure is counted in 62 bits."""
    longest = int((high.astype(object) - low.astype(object)).max()) if len(low) else 0
    return (longest // rhythm.cycle + 2) * int(rhythm.above[-1]) < _MOST
