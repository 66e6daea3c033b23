"""How values heap within a bin: on round numbers, at hours of the day, on days of the week.

A bin is a stretch of keys that few people share each, so nothing is known of single keys in it. But over all
bins together it is known how many rows lie on multiples of 10 or 100, or at each hour. Those counts make a
density that repeats along the line, by which keys are drawn within a bin: people round a blood pressure to
tens wherever it lies. A class of keys has a density of its own only where at least ``min_cell`` people are in
it, over all bins; a column where nothing heaps beyond chance is drawn evenly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.kinds import NUMERIC_KINDS, Kind
from syncline.data.step import UNITS
from syncline.data.variable import Variable

Ints: TypeAlias = npt.NDArray[np.int64]
Bits: TypeAlias = npt.NDArray[np.uint64]
Mask: TypeAlias = npt.NDArray[np.bool_]

LEVELS = tuple(factor * 10**power for power in range(5) for factor in (5, 10))
"""Round numbers that are looked for, in keys: each is a multiple of the one before."""

DEVIATIONS = 5.0
"""Standard deviations by which rows on round numbers, or in parts of a cycle, exceed chance at least."""

CYCLES = {Kind.DATE: (7, 7), Kind.DATETIME: (UNITS["d"], 24), Kind.TIME: (UNITS["h"], 60)}
"""The cycle of kinds that have one, in their own units, and how many parts of it are told apart."""

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
    """Pieces of a line that lie in bins: first and last keys (p,), rows, and the bin's ends and rows (p,)."""

    low: Ints
    high: Ints
    rows: Ints
    masks: Bits | None
    bin_low: Ints
    bin_high: Ints

    @classmethod
    def of(cls, low: Ints, high: Ints, rows: Ints, masks: Bits | None, spans: tuple[Ints, Ints]) -> Binned:
        """Choose the pieces that lie in spans (r,) of more than one key."""
        order = np.argsort(spans[0], kind="stable")
        span_low, span_high = spans[0][order], spans[1][order]
        place = np.searchsorted(span_low, low, side="right") - 1
        safe = np.maximum(place, 0)
        own = (place >= 0) & (high <= span_high[safe]) & (span_low[safe] < span_high[safe])
        at = safe[own]
        return cls(
            low[own],
            high[own],
            rows[own],
            None if masks is None else masks[own],
            span_low[at],
            span_high[at],
        )

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
        low, high, rows = self.low[chosen], self.high[chosen], self.rows[chosen]
        return Binned(low, high, rows, masks, self.bin_low[chosen], self.bin_high[chosen])


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
    return None if cycle % (parts * width) else _of_cycle(binned, cycle // width, parts, min_cell)


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
        expected = float(np.sum(rows * np.minimum(share / size, 1.0)))
        found, rest = int(rows[hold].sum()), int(rows[below & ~hold].sum())
        crowded = binned.people(hold) >= min_cell and binned.people(below & ~hold) >= min_cell
        last = float(np.sum(rows * np.minimum(even / size, 1.0)))
        usual = expected * (int(rows[below].sum()) / last if last else 1.0)
        if not (crowded and found - usual > DEVIATIONS * max(usual, 1.0) ** 0.5):
            continue
        density.append(rest / max(last - expected, 1.0))
        used.append(level)
        below, even = hold, share.astype(np.float64)
    if not used:
        return None
    density.append(int(rows[below].sum()) / max(float(np.sum(rows * np.minimum(even / size, 1.0))), 1.0))
    per_key = [density[0], *(max(width * own - (width - 1) * density[0], own) for own in density[1:])]
    return _on_multiples(used, [_scaled(own) for own in per_key])


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
    total = int(binned.rows.sum())
    if not total:
        return None
    held, people = [], []
    for number in range(parts):
        first = (binned.low - number * part) % cycle
        # what of a piece lies in the part: its own stretch, and what reaches over the end of the cycle
        size = binned.high - binned.low + 1
        inside = np.clip(part - first, 0, size) + np.clip(first + size - cycle, 0, part)
        held.append(float(np.sum(binned.rows * inside / size)))
        people.append(binned.people(inside > 0))
    even = total / parts
    excess = sum((own - even) ** 2 / even for own in held)
    if excess <= parts + DEVIATIONS * (2.0 * parts) ** 0.5:
        return None
    few = [own < min_cell for own in people]
    spread = sum(own for own, rare in zip(held, few, strict=True) if rare) / max(sum(few), 1)
    density = [_scaled((spread if rare else own) / even) for own, rare in zip(held, few, strict=True)]
    return Rhythm(cycle, part * np.arange(parts, dtype=np.int64), np.array(density, np.int64))


def _scaled(density: float) -> int:
    """Return a density as a whole number, in few enough digits that another processor's is the same."""
    return min(max(round(float(f"{density:.3g}") * _SCALE), 1), _DENSEST)


def measure_fits(rhythm: Rhythm, low: Ints, high: Ints) -> bool:
    """Tell whether spans (r,) are short enough that their measure is counted in 62 bits."""
    longest = int((high.astype(object) - low.astype(object)).max()) if len(low) else 0
    return (longest // rhythm.cycle + 2) * int(rhythm.above[-1]) < _MOST
