"""How close rows of a synthetic table are to a person, in bits of surprise.

For a person's row r and a synthetic row s, with P the share of the synthetic rows,

    bits(r, s) = sum over columns of -log2 P(a value at least as close to r's as s's is).

In a column of categories only an equal value is close; any other adds nothing. In a column of numbers values
are compared by their ranks in the synthetic table, so a unit or a long tail makes no difference. Missing is
a category of its own. A close value that many synthetic rows have says little, one that few have says much.
All is counted in integers of 1/64 bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.data.batch import Keys
from syncline.validation.cell_table import CellTable

UNITS = 64
"""Units of a bit."""

EXACT_STEPS_BITS = (0, 2, 5, 10)
"""Least isolation, in bits, of the exact matches of each step of the series ``xgap``."""

MAX_LEVELS = 1024
"""A column of more distinct synthetic values is compared without a table of all pairs of values."""

MAX_COMBINATIONS = 2048
"""Columns are scored together as long as they have no more distinct combinations in the synthetic table."""

UnsignedInts = npt.NDArray[np.unsignedinteger]
RowPlaces = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]


class Closeness:
    """Score rows of real persons against a synthetic table of at least one row."""

    def __init__(self, synthetic: CellTable) -> None:
        self.n_synthetic = synthetic.n_rows
        self._levels = [_Levels.of(synthetic, place) for place in range(len(synthetic.keys))]
        most = sum(int(levels.own().max()) for levels in self._levels)
        self._dtype = np.uint16 if most <= np.iinfo(np.uint16).max else np.uint32
        small = [_Tabled.of(levels) for levels in self._levels if len(levels.keys) <= MAX_LEVELS]
        fine = [_Direct.of(levels) for levels in self._levels if len(levels.keys) > MAX_LEVELS]
        self._parts: list[_Group | _Direct] = [*_grouped(small), *fine]

    def places(self, real: CellTable) -> RowPlaces:
        """Return where each cell of ``real`` lies among the synthetic values, (n_rows, n_columns)."""
        columns = [levels.places(real) for levels in self._levels]
        return np.column_stack(columns).astype(np.int32)

    def own(self, places: RowPlaces) -> Ints:
        """Return the bits (n,) that a synthetic row equal to each row of ``places`` would have, in 1/64.

        A value that no synthetic row has counts as one that a single row has.
        """
        found = [levels.own()[places[:, levels.place]] for levels in self._levels]
        own: Ints = np.sum(found, axis=0, dtype=np.int64)
        return own

    def equal(self, places: RowPlaces, rows: npt.NDArray[np.intp]) -> Ints:
        """Return in how many columns each row of ``places`` (n, n_columns) equals a synthetic row (n,)."""
        same = [places[:, levels.place] == 2 * levels.codes[rows] + 1 for levels in self._levels]
        equal: Ints = np.sum(same, axis=0, dtype=np.int64)
        return equal

    def bits(self, places: RowPlaces) -> UnsignedInts:
        """Return the bits (n_synthetic, n) of some rows of :meth:`places` (n, n_columns), in 1/64."""
        total = np.zeros((self.n_synthetic, len(places)), self._dtype)
        for part in self._parts:
            total += part.bits(places, self._dtype)
        return total


@dataclass(frozen=True, slots=True, eq=False)
class _Levels:
    """A column of the synthetic table: its distinct values and what each of its rows holds.

    ``keys`` are the distinct ones in increasing order, ``counts`` how many rows hold each, ``codes`` (n,)
    each row's place among them, or ``len(keys)`` where the cell is missing; ``surprise`` (n + 1,) are the
    bits of being among a given number of rows.
    """

    place: int
    numeric: bool
    keys: Keys
    counts: Ints
    codes: Ints
    surprise: UnsignedInts

    @classmethod
    def of(cls, synthetic: CellTable, place: int) -> _Levels:
        valid = synthetic.valid(place)
        keys, inverse, counts = np.unique(
            synthetic.keys[place][valid], return_inverse=True, return_counts=True
        )
        codes = np.full(synthetic.n_rows, len(keys), np.int64)
        codes[valid] = inverse
        numeric = synthetic.schema.modelled[place].grid is not None
        return cls(place, numeric, keys, counts.astype(np.int64), codes, _surprise(synthetic.n_rows))

    def places(self, real: CellTable) -> Ints:
        """Return for each cell (n,): 2i+1 at level i, 2i below it, ``2 * len(keys) + 1`` where missing."""
        keys = real.keys[self.place]
        place = np.searchsorted(self.keys, keys, side="left") + np.searchsorted(self.keys, keys, side="right")
        return np.where(real.valid(self.place), place, 2 * len(self.keys) + 1)

    @property
    def missing(self) -> int:
        """How many rows have no value."""
        return len(self.codes) - int(self.counts.sum())

    def own(self) -> UnsignedInts:
        """Return the bits of an equal cell at every place, missing included (2 * len(keys) + 2,)."""
        counts = np.ones(2 * len(self.keys) + 2, np.int64)
        counts[1:-1:2] = self.counts
        counts[-1] = max(self.missing, 1)
        return self.surprise[counts]

    def ranks(self) -> Ints:
        """Return the doubled mid-rank of every place but missing (2 * len(keys) + 1,)."""
        upto: Ints = np.concatenate([[0], np.cumsum(self.counts)])
        place = np.arange(2 * len(self.keys) + 1)
        return upto[place // 2] + upto[(place + 1) // 2]

    def bands(self) -> _Bands:
        """Return the ranks by which a column of numbers is compared."""
        ranks = self.ranks()
        within = np.zeros(2 * int(self.counts.sum()) + 2, np.int64)
        np.add.at(within, ranks[1::2] + 1, self.counts)
        return _Bands(ranks, ranks[1::2], np.cumsum(within))


class _Bands:
    """The rows of a column of numbers within equal distances of a place, by rank.

    ``ranks`` are the doubled mid-ranks of all places but missing, ``levels`` (m,) those of the distinct
    values; ``below`` says how many rows have a doubled mid-rank below 0, 1, 2, ...
    """

    def __init__(self, ranks: Ints, levels: Ints, below: Ints) -> None:
        self._ranks, self._levels, self._below = ranks, levels, below
        self._to, self._through = below[levels], below[levels + 1]

    def among(self, place: int) -> Ints:
        """Return how many rows lie no farther from ``place`` than each level (m,)."""
        own = int(self._ranks[place])
        mirrored, lower = 2 * own - self._levels, int(self._levels.searchsorted(own))
        among = np.empty(len(self._levels), np.int64)
        np.subtract(self._below.take(mirrored[:lower] + 1, mode="clip"), self._to[:lower], out=among[:lower])
        np.subtract(self._through[lower:], self._below.take(mirrored[lower:], mode="clip"), out=among[lower:])
        return among


@dataclass(frozen=True, slots=True, eq=False)
class _Tabled:
    """A column of few values: the bits (places, levels and missing) of every pair of them."""

    levels: _Levels
    table: UnsignedInts

    @classmethod
    def of(cls, levels: _Levels) -> _Tabled:
        n_levels = len(levels.keys)
        table = np.zeros((2 * n_levels + 2, n_levels + 1), np.uint16)
        if levels.numeric:
            bands = levels.bands()
            for place in range(2 * n_levels + 1):
                table[place, :-1] = levels.surprise[bands.among(place)]
        else:
            level = np.arange(n_levels)
            table[2 * level + 1, level] = levels.surprise[levels.counts]
        table[-1, -1] = levels.surprise[levels.missing]
        return cls(levels, table)


@dataclass(frozen=True, slots=True, eq=False)
class _Direct:
    """A column of many values, whose bits are computed for each person."""

    levels: _Levels
    bands: _Bands

    @classmethod
    def of(cls, levels: _Levels) -> _Direct:
        return cls(levels, levels.bands())

    def bits(self, places: RowPlaces, dtype: type[np.unsignedinteger]) -> UnsignedInts:
        """Return the bits (n_synthetic, n) of rows (n, n_columns)."""
        place, back = np.unique(places[:, self.levels.place], return_inverse=True)
        surprise, n_levels = self.levels.surprise.astype(dtype), len(self.levels.keys)
        found = np.zeros((len(place), n_levels + 1), dtype)
        for row, at in enumerate(place.tolist()):
            if at == 2 * n_levels + 1:
                found[row, -1] = surprise[self.levels.missing]
            elif self.levels.numeric:
                surprise.take(self.bands.among(at), out=found[row, :-1], mode="clip")
            elif at % 2:
                found[row, at // 2] = surprise[self.levels.counts[at // 2]]
        return found.T.take(back, axis=1).take(self.levels.codes, axis=0)


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """Columns whose values occur in few combinations; ``members`` (n_combinations,) are a column's codes."""

    columns: tuple[_Tabled, ...]
    members: tuple[Ints, ...]
    rows: Ints

    def bits(self, places: RowPlaces, dtype: type[np.unsignedinteger]) -> UnsignedInts:
        """Return the columns' bits together, (n_synthetic, n)."""
        together = np.zeros((len(self.members[0]), len(places)), dtype)
        for column, members in zip(self.columns, self.members, strict=True):
            own = column.table[places[:, column.levels.place]]
            together += np.ascontiguousarray(own.T).take(members, axis=0)
        return together.take(self.rows, axis=0)


def _surprise(n_rows: int) -> UnsignedInts:
    among = np.arange(1, n_rows + 1)
    return np.concatenate([[0], np.rint(UNITS * np.log2(n_rows / among))]).astype(np.uint16)


def _grouped(columns: Sequence[_Tabled]) -> list[_Group]:
    """Put columns together, those of few levels first, as long as their combinations stay few."""
    groups: list[_Group] = []
    for column in sorted(columns, key=lambda each: len(each.levels.keys)):
        alone = _joined(None, column)
        joined = _joined(groups[-1], column) if groups else alone
        if groups and len(joined.members[0]) <= MAX_COMBINATIONS:
            groups[-1] = joined
        else:
            groups.append(alone)
    return groups


def _joined(group: _Group | None, column: _Tabled) -> _Group:
    codes = column.levels.codes
    before = np.zeros(len(codes), np.int64) if group is None else group.rows
    combined = before * (len(column.levels.keys) + 1) + codes
    _, first, rows = np.unique(combined, return_index=True, return_inverse=True)
    columns = (column,) if group is None else (*group.columns, column)
    return _Group(columns, tuple(each.levels.codes[first] for each in columns), rows)
