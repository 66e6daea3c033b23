"""PairCounts: coarse tables of all pairs of columns at once, for tables with many columns.

Each column is read in a few *groups* of its codes, three at most, which the question names. All columns'
groups lie side by side on one line; the answer is the triangle above the diagonal of its table with itself:
for each group of a column, the rows that it shares with each group of every column behind that one. So a
table of n columns costs one product of matrices and no work a pair in Python.

Size: about 9 n**2 / 2 cells. Sensitivity: a person changes one cell a pair for each of their rows.
Disclosure: coarse contingency tables of two columns, less than the marginals of these tell.
Permission: ``marginals``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from syncline.data.codebook import Codebook, CodedBatch, Coding
from syncline.data.equality import equal_fields
from syncline.data.schema import Schema
from syncline.errors import ProtocolError
from syncline.questions.counts import Counts, Ints
from syncline.questions.known import Known, grouped, require, summed
from syncline.questions.question import Context, TableQuestion, agreed
from syncline.questions.sensitivity import Sensitivity
from syncline.questions.workspace import Workspace

MOST_GROUPS = 3
"""Groups of a column at most."""

_BLOCK_ROWS = 1 << 12
_STRIP_CELLS = 1 << 21

Groups = npt.NDArray[np.uint8]
SmallFloats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class PairCounts(TableQuestion[Counts]):
    """Count the training rows of each two groups of different columns.

    ``groups`` holds for each of ``names`` the group of each of its codes (n_codes,), from 0 on without a gap.
    """

    names: tuple[str, ...]
    groups: tuple[Groups, ...]
    kind: ClassVar[str] = "pair_counts"

    def __post_init__(self) -> None:
        if len(self.names) != len(self.groups) or len(set(self.names)) < len(self.names):
            raise ValueError("pair_counts: each column is named once, with its groups")
        if any(not len(own) or int(own.max()) >= MOST_GROUPS for own in self.groups):
            raise ValueError(f"pair_counts: a column has 1 to {MOST_GROUPS} groups")

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns whose values the answer depends on."""
        return self.names

    @property
    def marginal_order(self) -> int:
        """Largest number of columns that are counted together."""
        return 2

    @property
    def layout(self) -> PairLayout:
        """How the cells of the answer lie."""
        return PairLayout.of([int(own.max()) + 1 for own in self.groups])

    def size(self, codebook: Codebook | None = None) -> int:
        """Return the number of cells of the answer."""
        return self.layout.size

    def sensitivity(self, context: Context) -> Sensitivity:
        """Return by how much one person can move the answer: a row is in one cell of a pair."""
        return Sensitivity.of_cells(len(self.names) * (len(self.names) - 1) // 2)

    def require_fits(self, schema: Schema, codebook: Codebook | None) -> None:
        """Raise ProtocolError unless each column's groups are those of the codes that are agreed."""
        book, pairs = agreed(codebook), zip(self.names, self.groups, strict=True)
        if any(len(groups) != book.column(name).n_codes for name, groups in pairs):
            raise ProtocolError("pair_counts: the groups of a column are not those of its codes")

    def answer(self, table: Workspace, context: Context) -> Counts:
        """Return the counts of this table."""
        codebook = context.codebook
        layout = self.layout
        coded = table.coded(codebook, holdout=False)
        places = [codebook.place(name) for name in self.names]
        parts = [self._strip(coded, places, layout, strip) for strip in layout.strips()]
        index = np.concatenate([np.zeros(0, np.int64), *(cells for cells, _ in parts)])
        value = np.concatenate([np.zeros(0, np.int64), *(rows for _, rows in parts)])
        persons = np.zeros(0, np.uint64) if table.has_persons else None
        return Counts(layout.size, index, value, persons)

    def _strip(
        self, coded: list[CodedBatch], places: list[int], layout: PairLayout, strip: slice
    ) -> tuple[Ints, Ints]:
        """Return the filled cells, and their rows, of some columns with all behind them."""
        first, last = int(layout.start[strip.start]), int(layout.start[strip.stop])
        table = np.zeros((last - first, layout.wide - first), np.int64)
        for batch in coded:
            for row in range(0, len(batch.codes), _BLOCK_ROWS):
                block = batch.codes[row : row + _BLOCK_ROWS]
                held = self._held(block, places, layout, strip.start)
                table += np.rint(held[:, : last - first].T @ held).astype(np.int64)
        behind = layout.start[layout.owner[first:last] + 1] - first
        table[np.arange(layout.wide - first) < behind[:, None]] = 0
        rows, columns = np.nonzero(table)
        return layout.cell(rows + first, columns + first), table[rows, columns]

    def _held(
        self, codes: npt.NDArray[np.uint16], places: list[int], layout: PairLayout, first: int
    ) -> SmallFloats:
        """Return 1 where a row (n,) is in a group, of the columns from ``first`` on.

        Sums of at most ``_BLOCK_ROWS`` ones are exact in single precision, in whatever order they are added.
        """
        begin = int(layout.start[first])
        held = np.zeros((len(codes), layout.wide - begin), np.float32)
        rows = np.arange(len(codes))
        for column in range(first, len(places)):
            group = self.groups[column][codes[:, places[column]]].astype(np.int64)
            held[rows, group + (int(layout.start[column]) - begin)] = 1
        return held

    def reconcile(self, answer: Counts, known: Known, context: Context) -> Known:
        """Return what is known after ``answer``; raise InvariantBroken where it contradicts that.

        A column has the same rows in each group whichever other column it is counted with.
        """
        layout = self.layout
        if known.sizes is None or len(self.names) < 2:
            return known
        row, column = layout.place(answer.index)
        n, wide = len(self.names), layout.wide
        ahead = summed(row * n + layout.owner[column], answer.value, wide * n).reshape(wide, n)
        behind = summed(column * n + layout.owner[row], answer.value, wide * n).reshape(wide, n)
        both = ahead + behind
        both[np.arange(wide), layout.owner] = both[np.arange(wide), (layout.owner + 1) % n]
        require((both == both[:, :1]).all(), "a column has other rows beside one column than beside another")
        whole = np.add.reduceat(both[:, 0], layout.start[:-1])
        require((whole == known.sizes.train).all(), "a pair of columns has not all rows")
        for place, name in enumerate(self.names):
            fine = known.marginals.get((name, Coding.FINE))
            if fine is not None:
                own = slice(int(layout.start[place]), int(layout.start[place + 1]))
                before = grouped(fine, self.groups[place].astype(np.uint16), own.stop - own.start)
                require(np.array_equal(before, both[own, 0]), "a column has other rows in pairs than before")
        return known


@dataclass(frozen=True, slots=True)
class PairLayout:
    """How the groups of columns lie side by side, and the cells of their pairs.

    Attributes
    ----------
    start : first group of each column (n + 1,), the end of the last one included
    owner : the column of each group (wide,)
    before : cells that stand before the row of each group (wide + 1,)
    """

    start: Ints
    owner: Ints
    before: Ints

    @classmethod
    def of(cls, groups: list[int]) -> PairLayout:
        """Return the layout of columns with so many groups each."""
        start = np.concatenate([[0], np.cumsum(groups)]).astype(np.int64)
        owner = np.repeat(np.arange(len(groups)), groups)
        lengths = start[-1] - start[owner + 1]
        return cls(start, owner, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))

    @property
    def wide(self) -> int:
        """Groups of all columns."""
        return len(self.owner)

    @property
    def size(self) -> int:
        """Cells of all pairs."""
        return int(self.before[-1])

    def cell(self, row: Ints, column: Ints) -> Ints:
        """Return the cells (k,) of a group and one of a column behind its own."""
        return self.before[row] + column - self.start[self.owner[row] + 1]

    def place(self, cell: Ints) -> tuple[Ints, Ints]:
        """Return the two groups of each cell (k,)."""
        row = np.searchsorted(self.before, cell, side="right") - 1
        return row, cell - self.before[row] + self.start[self.owner[row] + 1]

    def strips(self) -> Iterator[slice]:
        """Yield runs of columns whose rows of cells fit the memory."""
        columns = max(_STRIP_CELLS // (MOST_GROUPS * max(self.wide, 1)), 1)
        for first in range(0, len(self.start) - 1, columns):
            yield slice(first, min(first + columns, len(self.start) - 1))
