"""Find where a column's values lie, by asking for rows in ever narrower intervals of keys.

An interval is divided further while it holds at least ``threshold`` rows, because only such an interval can
hold a value that enough persons share, or is too heavy for one bin. After at most ``MAX_ROUNDS`` rounds the
*pieces* are known: disjoint intervals with their counts, single keys among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.gap import Gap, GapLine
from syncline.data.variable import Variable
from syncline.privacy.people_rule import of_enough
from syncline.questions.counts import Counts
from syncline.questions.rank_counts import RankColumn

Ints: TypeAlias = npt.NDArray[np.int64]
Bits: TypeAlias = npt.NDArray[np.uint64]

MAX_ROUNDS = 8
FEW_VALUES = 256
"""Up to so many intervals, each may hold a value that gets a code of its own."""
MAX_COMPARED = 128
"""Suppliers at most whose own rows in each piece are kept, to compare them."""
_PART_BITS = 16
_ALL_BITS = 64


@dataclass(frozen=True, slots=True)
class SearchPieces:
    """Disjoint intervals of offsets (p,), increasing, as wide as powers of two, and what they hold.

    ``each`` holds the rows of every supplier in the order of their names (p, n_suppliers), where several are
    compared; else (p, 0). ``people`` holds their persons, where these are told apart; else (p, 0).
    """

    start: Bits
    width_bits: Ints
    rows: Ints
    masks: Bits
    each: npt.NDArray[np.uint32]
    people: npt.NDArray[np.uint8]

    @classmethod
    def none(cls, compared: int) -> SearchPieces:
        """Return no pieces, of so many suppliers that are compared."""
        zero = np.zeros(0, np.uint64)
        each = np.zeros((0, compared), np.uint32)
        return cls(zero, np.zeros(0, np.int64), np.zeros(0, np.int64), zero, each, each.astype(np.uint8))

    def rows_of_enough(self, min_cell: int) -> Ints:
        """Return each supplier's rows (p, n_suppliers), those of fewer than ``min_cell`` persons as one each.

        What is said of suppliers beside each other rests on people, however many rows one of them has.
        """
        rows = self.each.astype(np.int64)
        return of_enough(rows, self.people.astype(np.int64), min_cell) if self.people.shape[1] else rows

    def only(self, chosen: npt.NDArray[np.bool_]) -> SearchPieces:
        """Return those of the pieces that are chosen (p,)."""
        parts = (getattr(self, f.name)[chosen] for f in fields(self))
        return SearchPieces(*parts)

    def and_more(self, other: SearchPieces) -> SearchPieces:
        """Return both together, in the order of their offsets."""
        if not len(self.rows):
            return other
        parts = [np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)]
        order = np.argsort(parts[0], kind="stable")
        return SearchPieces(*(part[order] for part in parts))


@dataclass(frozen=True, slots=True)
class SearchRows:
    """The answers to one column's question.

    Attributes
    ----------
    dense, masks : the merged counts (cells,) and their person buckets
    each : every supplier's counts of all columns, in which this column's cells begin at ``start``
    """

    dense: Ints
    masks: Bits | None
    each: Sequence[Counts] = ()
    start: int = 0

    def of_each(self, cells: Ints, compared: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8]]:
        """Return rows and persons of each supplier in some of the column's cells (k, n_suppliers)."""
        found = np.zeros((len(cells), compared), np.uint32)
        people = np.zeros((len(cells), compared if self.masks is not None else 0), np.uint8)
        for place, counts in enumerate(self.each[:compared]):
            at = np.minimum(np.searchsorted(counts.index, cells + self.start), max(len(counts.index) - 1, 0))
            if len(counts.index):
                hit = counts.index[at] == cells + self.start
                found[hit, place] = np.minimum(counts.value[at[hit]], np.iinfo(np.uint32).max)
                if counts.masks is not None:
                    people[hit, place] = np.bitwise_count(counts.masks[at[hit]])
        return found, people


@dataclass(frozen=True, slots=True)
class ColumnSearch:
    """How far the search in one column has come.

    Attributes
    ----------
    name, base : the column, and the key at offset 0
    shift : intervals in ``prefixes`` hold offsets with one ``offset >> shift``
    prefixes : intervals still to be divided; empty once the search is over
    pieces : what is known
    missing, missing_mask : rows without a value, and their person buckets
    gap : where it is not a column that is searched but the gap between two
    """

    name: str
    base: int
    shift: int
    prefixes: tuple[int, ...]
    pieces: SearchPieces
    missing: int = 0
    missing_mask: int = 0
    gap: Gap | None = None

    @classmethod
    def begin_gap(cls, line: GapLine, suppliers: int = 1) -> ColumnSearch:
        """Begin over the whole line of a gap, which is halved where gaps begin; suppliers as in ``begin``."""
        none = SearchPieces.none(suppliers if 1 < suppliers <= MAX_COMPARED else 0)
        return cls(line.gap.name, -(2**line.bits), line.bits + 1, (0,), none, gap=line.gap)

    @classmethod
    def begin(cls, variable: Variable, suppliers: int = 1) -> ColumnSearch:
        """Begin over the cells that the schema declares, or over all keys; several suppliers are compared."""
        none = SearchPieces.none(suppliers if 1 < suppliers <= MAX_COMPARED else 0)
        bounds = variable.searched_keys
        if bounds is None:
            return cls(variable.name, -(2**63), _ALL_BITS, (0,), none)
        low, high = bounds
        return cls(variable.name, low, (high - low).bit_length(), (0,), none)

    @property
    def done(self) -> bool:
        """Whether nothing is left to divide."""
        return not self.prefixes

    def question(self) -> RankColumn:
        """Return what to ask next."""
        bits = min(self.shift, max(_PART_BITS - (len(self.prefixes) - 1).bit_length(), 1))
        return RankColumn(self.name, self.base, self.shift - bits, bits, self.prefixes, self.gap)

    def absorb(self, answer: SearchRows, min_cell: int, threshold: int, *, last: bool) -> ColumnSearch:
        """Take in the answers to :meth:`question`; ``last`` ends the search.

        An interval is divided on from ``threshold`` rows, or from ``min_cell`` while there are few intervals.
        """
        asked, rows, masks = self.question(), answer.dense, answer.masks
        filled = np.flatnonzero(rows[1:])
        count = rows[1:][filled]
        seen = masks[1:][filled] if masks is not None else np.zeros(len(filled), np.uint64)
        prefixes = np.array(self.prefixes, np.uint64)[filled >> asked.bits]
        parts = (prefixes << np.uint64(asked.bits)) | (filled & ((1 << asked.bits) - 1)).astype(np.uint64)
        few = len(filled) + len(self.pieces.rows) <= FEW_VALUES
        heavy = (count >= (min_cell if few else threshold)) & (asked.shift > 0)
        if last or int(heavy.sum()) > 1 << (_PART_BITS - 1):
            heavy[:] = False
        found = SearchPieces(
            (parts << np.uint64(asked.shift))[~heavy],
            np.full(int((~heavy).sum()), asked.shift, np.int64),
            count[~heavy],
            seen[~heavy],
            *answer.of_each(filled[~heavy] + 1, self.pieces.each.shape[1]),
        )
        return replace(
            self,
            shift=asked.shift,
            prefixes=tuple(int(p) for p in parts[heavy]),
            pieces=self.pieces.and_more(found),
            missing=int(rows[0]),
            missing_mask=int(masks[0]) if masks is not None else 0,
        )

    def bounds(self) -> tuple[Ints, Ints]:
        """Return the first and last key of each piece (p,), both inclusive."""
        with np.errstate(over="ignore"):
            base = np.uint64(self.base % 2**64)
            first = self.pieces.start + base
            width = (np.uint64(1) << self.pieces.width_bits.astype(np.uint64)) - np.uint64(1)
            return first.view(np.int64), (first + width).view(np.int64)
