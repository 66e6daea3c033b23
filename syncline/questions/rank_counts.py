"""RankCounts: rows in intervals between keys, the step of a federated search for quantiles and shared values.

A column's keys are offsets from ``base``. At ``shift`` an interval holds the offsets with one prefix
``offset >> (shift + bits)``; each interval asked for is divided into ``2**bits`` equal parts. Cell 0 of a
column counts its missing values, then come the parts of each interval in turn. Categorical columns are
asked in the same way: their keys are the positions of the schema's categories.

The gap between two columns (:mod:`syncline.data.gap`) is asked for like a column.

Size: one cell a column and ``2**bits`` for each interval. Sensitivity: a person changes one cell of a
column for each of their rows. Disclosure: the hub may refine where enough rows lie; see
docs/threat-model.md. Permission: ``rank_counts``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from syncline.data.batch import Batch
from syncline.data.buckets import Buckets, joined_buckets, scope_of
from syncline.data.codebook import Codebook
from syncline.data.gap import Gap, with_gaps
from syncline.data.schema import Schema
from syncline.errors import ProtocolError
from syncline.questions.counts import Counts, Ints, Masks
from syncline.questions.gap_scope import require_gap
from syncline.questions.known import Filled, Intervals, Known, require, summed, united
from syncline.questions.question import Context, TableQuestion
from syncline.questions.sensitivity import Sensitivity
from syncline.questions.workspace import Workspace

if TYPE_CHECKING:
    from syncline.questions.asked import Asked

MAX_PARTS = 1 << 17
"""Most parts that one column may be divided into in one round."""

_LACKING = "the rows without a value of a column changed"


@dataclass(frozen=True, slots=True)
class RankColumn:
    """Intervals of a column or gap: each of ``prefixes`` cut into ``2**bits`` parts of ``2**shift`` keys."""

    name: str
    base: int
    shift: int
    bits: int
    prefixes: tuple[int, ...]
    gap: Gap | None = None

    def __post_init__(self) -> None:
        where = f"rank counts, column {self.name!r}"
        if not (0 <= self.shift <= 63 and 0 <= self.bits <= 17 and self.shift + self.bits <= 64):
            raise ValueError(f"{where}: shift and bits are out of bounds")
        if not self.prefixes or len(self.prefixes) << self.bits > MAX_PARTS:
            raise ValueError(f"{where}: between 1 and {MAX_PARTS} parts can be asked at a time")
        if (
            any(a >= b for a, b in zip(self.prefixes, self.prefixes[1:], strict=False))
            or self.prefixes[0] < 0
        ):
            raise ValueError(f"{where}: prefixes must increase")
        if self.prefixes[-1] >> max(64 - self.shift - self.bits, 0):
            raise ValueError(f"{where}: a prefix is beyond the 64 bits of a key")

    @property
    def size(self) -> int:
        """Cells of this column: missing, then the parts of each interval."""
        return 1 + (len(self.prefixes) << self.bits)

    def require_follows(self, before: RankColumn | None) -> None:
        """Raise ProtocolError unless these intervals are parts of those that were asked about ``before``.

        A search begins with one interval and narrows, so its answers are those of one halving of the column,
        and each interval is divided once.
        """
        where = f"rank_counts: column {self.name!r}"
        if before is None:
            if self.prefixes != (0,):
                raise ProtocolError(f"{where} is searched from one interval on")
            return
        follows = self.gap == before.gap and self.base == before.base
        if not follows or self.shift + self.bits != before.shift or not self.bits:
            raise ProtocolError(f"{where} is divided otherwise than the round before left it")
        above = np.array(self.prefixes, np.uint64) >> np.uint64(before.bits)
        if not np.isin(above, np.array(before.prefixes, np.uint64)).all():
            raise ProtocolError(f"{where}: an interval is no part of one that was divided before")

    def require_searched(self, schema: Schema) -> None:
        """Raise ProtocolError unless it is searched over the keys that its variable may have."""
        if self.gap is not None:
            if self.gap.name != self.name:
                raise ProtocolError("rank_counts: a gap is named otherwise than it is searched")
            half = require_gap(self.gap, schema).bits
            first, bits = -(2**half), half + 1
        else:
            ends = schema.variable(self.name).searched_keys
            first, bits = (-(2**63), 64) if ends is None else (ends[0], (ends[1] - ends[0]).bit_length())
        reach = self.shift + self.bits
        beyond = reach <= bits and self.prefixes[-1] and self.prefixes[-1] >> (bits - reach)
        if self.base != first or reach > bits or beyond:
            raise ProtocolError(f"rank_counts: column {self.name!r} is not searched over its own range")

    def cells(self, keys: npt.NDArray[np.int64], status: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Return the cell of each row that lies in an interval or is missing, and -1 for the others."""
        with np.errstate(over="ignore"):
            offsets = keys.view(np.uint64) - np.uint64(self.base % 2**64)
        parts = offsets >> np.uint64(self.shift)
        mask = np.uint64((1 << self.bits) - 1)
        prefixes = np.array(self.prefixes, np.uint64)
        wanted = parts >> np.uint64(self.bits)
        place = np.minimum(np.searchsorted(prefixes, wanted), len(prefixes) - 1)
        cells = 1 + (place.astype(np.int64) << self.bits) + (parts & mask).astype(np.int64)
        cells[(prefixes[place] != wanted) | (status != 0)] = -1
        cells[status == 1] = 0
        return cells


@dataclass(frozen=True, slots=True)
class RankCounts(TableQuestion[Counts]):
    """Count the training rows of each column's intervals; the columns' cells lie one after another."""

    ranked: tuple[RankColumn, ...]
    kind: ClassVar[str] = "rank_counts"

    def size(self, codebook: Codebook | None = None) -> int:
        """Return the number of cells of the answer."""
        return sum(column.size for column in self.ranked)

    def masked(self, codebook: Codebook | None = None) -> int:
        """Return how many leading cells carry person buckets: all."""
        return self.size()

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns whose values the answer depends on."""
        names = [(c.name,) if c.gap is None else (c.gap.of, c.gap.base) for c in self.ranked]
        return tuple(dict.fromkeys(name for both in names for name in both))

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The gaps among what is ranked."""
        return tuple(column.gap for column in self.ranked if column.gap is not None)

    @property
    def marginal_order(self) -> int:
        """Largest number of columns that are counted together."""
        return 2 if self.gaps else 1

    def sensitivity(self, context: Context) -> Sensitivity:
        """Return by how much one person can move the answer: a row is in one interval of a column."""
        return Sensitivity.of_cells(len(self.ranked))

    def require_fits(self, schema: Schema, codebook: Codebook | None) -> None:
        """Raise ProtocolError unless each column is named once, and searched over its own range."""
        names = [column.name for column in self.ranked]
        if len(set(names)) < len(names):
            raise ProtocolError("rank_counts: a column is named twice")
        if not self.ranked:
            raise ProtocolError("rank_counts: no column is named")
        for column in self.ranked:
            column.require_searched(schema)

    def after(self, asked: Asked) -> Asked:
        """Return what is remembered after it; raise ProtocolError where a search does not narrow."""
        if asked.codebook is not None:
            raise ProtocolError("rank_counts: a codebook is agreed, after which nothing is searched")
        for column in self.ranked:
            column.require_follows(asked.searched.get(column.name))
        searched = {column.name: column for column in self.ranked}
        return replace(asked, searched={**asked.searched, **searched})

    def answer(self, table: Workspace, context: Context) -> Counts:
        """Return the counts of this table."""
        names = [variable.name for variable in table.schema.modelled]
        places = {name: i for i, name in enumerate([*names, *(gap.name for gap in self.gaps)])}
        batches = (with_gaps(batch, self.gaps, table.schema) for batch in table.training())
        return table.count(self._cells(batches, places), self.size(), self.size())

    def _cells(
        self, batches: Iterator[Batch], places: dict[str, int]
    ) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8] | None]]:
        for batch in batches:
            found, people, offset = list[Ints](), list[Buckets | None](), 0
            for column in self.ranked:
                place = places[column.name]
                cells = column.cells(batch.keys[place], batch.status[place])
                inside = cells >= 0
                found.append(cells[inside] + offset)
                buckets = batch.buckets(scope_of("columns", column.name))
                people.append(None if buckets is None else buckets[inside])
                offset += column.size
            yield np.concatenate(found), joined_buckets(people)

    def reconcile(self, answer: Counts, known: Known, context: Context) -> Known:
        """Return what is known after ``answer``; raise InvariantBroken where it contradicts that.

        The parts of an interval hold together what the interval held, and rows without a value stay as many.
        A gap has a value in no more rows than its column, and counts a row by itself only without its base.
        """
        filled, intervals, start = dict(known.filled), dict(known.intervals), 0
        for column in self.ranked:
            own = _Parts.of(answer, column, start)
            before = intervals.get(column.name)
            if before is None:
                filled[column.name] = own.first(known)
            else:
                own.follow(before, filled[column.name])
            intervals[column.name] = own.intervals()
            start += column.size
        return replace(known, filled=filled, intervals=intervals)

    def expects(self, known: Known, context: Context) -> Known:
        """Return what is known, of the intervals only those that this question divides."""
        kept = {
            column.name: known.intervals[column.name].only(column.prefixes)
            for column in self.ranked
            if column.name in known.intervals
        }
        return replace(known, intervals=kept)


@dataclass(frozen=True, slots=True)
class _Parts:
    """The filled parts of one column's intervals, (k,) each, and the rows without a value."""

    column: RankColumn
    place: Ints
    rows: Ints
    masks: Masks | None
    missing: int
    missing_mask: int

    @classmethod
    def of(cls, answer: Counts, column: RankColumn, start: int) -> _Parts:
        """Return the part of an answer that begins at cell ``start``."""
        first, last = np.searchsorted(answer.index, [start, start + column.size])
        cell, rows = answer.index[first:last] - start, answer.value[first:last]
        masks = None if answer.masks is None else answer.masks[first:last]
        lacks = len(cell) > 0 and int(cell[0]) == 0
        missing = int(rows[0]) if lacks else 0
        mask = int(masks[0]) if lacks and masks is not None else 0
        masks = None if masks is None else masks[int(lacks) :]
        return cls(column, cell[int(lacks) :] - 1, rows[int(lacks) :], masks, missing, mask)

    def first(self, known: Known) -> Filled:
        """Check the first parts of a column against the rows and their profile."""
        valid = int(self.rows.sum())
        seen = None if self.masks is None else int(np.bitwise_or.reduce(self.masks, initial=np.uint64(0)))
        people = valid if seen is None else seen.bit_count()
        filled = Filled(valid, self.missing, self.missing_mask, people)
        if known.sizes is None:
            return filled
        train, holdout = known.sizes.train, known.sizes.holdout
        require(valid + self.missing <= train, "a column has more values than rows")
        statuses = known.statuses.get(self.column.name)
        if statuses is not None:
            other = train - valid - self.missing
            trained = (valid, self.missing, other)
            every = (statuses[0], statuses[1], statuses[2] + statuses[3])
            fits = all(0 <= a - t <= holdout for a, t in zip(every, trained, strict=True))
            require(fits, "the values of a column are not as many as its profile says")
        if self.column.gap is not None:
            self._require_gap(self.column.gap, known)
        whole = known.buckets.get(self.column.name)
        if seen is not None and whole is not None:
            require(seen | self.missing_mask | whole == whole, "a column is about other persons")
        return filled

    def _require_gap(self, gap: Gap, known: Known) -> None:
        """Compare the rows of a gap with those that hold its two columns."""
        of, base = known.filled.get(gap.of), known.filled.get(gap.base)
        if of is None or base is None:
            return
        valid, rows = int(self.rows.sum()), of.valid + of.missing
        require(valid <= of.valid, "a gap has a value in more rows than its column")
        require(self.missing + valid <= rows, "a gap has more values than its column has rows")
        below = self.place < (1 << self.column.bits) // 2  # a line is halved first where gaps begin
        alone = int(self.rows[below].sum())
        require(alone <= base.missing, "a gap lacks its base in more rows than this lacks a value")
        require(valid - alone <= base.valid, "a gap has a base in more rows than this has a value")

    def follow(self, before: Intervals, filled: Filled) -> None:
        """Check that the parts are those of the intervals ``before``."""
        column = self.column
        require((self.missing, self.missing_mask) == (filled.missing, filled.missing_mask), _LACKING)
        asked = before.only(column.prefixes)
        interval = self.place >> column.bits
        held = summed(interval, self.rows, len(column.prefixes))
        require((held == asked.rows).all(), "the parts of an interval do not add up to it")
        if self.masks is not None and asked.masks is not None:
            seen = united(interval, self.masks, len(column.prefixes))
            require((seen == asked.masks).all(), "the parts of an interval are about other persons")

    def intervals(self) -> Intervals:
        """Return the filled parts as intervals."""
        bits = self.column.bits
        above = np.array(self.column.prefixes, np.uint64)[self.place >> bits] << np.uint64(bits)
        prefix = above | (self.place & ((1 << bits) - 1)).astype(np.uint64)
        return Intervals(self.column.shift, prefix, self.rows, self.masks)
