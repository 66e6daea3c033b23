"""The rule of wide tables: which columns are looked at together, where all pairs would be too many.

A table of up to ``FULL_COLUMNS`` modelled columns is searched whole: every pair for formulas and
dependencies, every earlier column as a predictor. In a wider one each column has *neighbours*, the
``NEIGHBOURS`` others to which it is most related, and only these are looked at with it. So the cost of a
column hardly grows with the number of the others. The rule is what synthpop's users write by hand as a
predictor matrix, as ``quickpred`` of mice finds it (van Buuren, Boshuizen, Knook 1999).

The measure is Pearson's ``phi**2`` of the table of two columns in a few groups each, less what chance alone
gives, ``(r - 1)(s - 1) / n``. The groups are of about equal size in an ordered column; a column of names has
its most frequent categories as such, and missing is a group of its own. It follows from exact sums of counts
and is rounded to integers term by term, so it does not depend on how the rows are split among suppliers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.data.note import Deed, Note
from syncline.questions.counts import Counts
from syncline.questions.pair_counts import MOST_GROUPS, Groups, PairCounts
from syncline.synthesizers import wide
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.registry import card_of

NEIGHBOURS = 24
"""Columns that are looked at together with each column of a wider table."""

_SCORE_BITS = 24

Ints = npt.NDArray[np.int64]
PairScores = npt.NDArray[np.int32]


def wide_notes(method: str, columns: int) -> tuple[Note, ...]:
    """Return what is told of a model of so many columns: a note where it was searched among neighbours."""
    if not card_of(method).relates or not wide.is_wide(columns):
        return ()
    what = f"all but the {NEIGHBOURS} columns most related to a column, as its predictors and in formulas"
    why = f"{columns} columns are more than the {wide.FULL_COLUMNS} that are searched whole"
    remedy = "declare a formula that must hold in the schema, or leave out columns that nobody needs"
    return (Note("", Deed.LEFT_OUT, what, why, remedy),)


def pair_counts(columns: Sequence[CodedColumn]) -> PairCounts:
    """Ask for coarse tables of all pairs of columns."""
    return PairCounts(tuple(c.codes.name for c in columns), tuple(_groups(column) for column in columns))


def _groups(column: CodedColumn) -> Groups:
    """Return the group of each code of a column (n_codes,)."""
    rows = column.values.rows.astype(np.int64)
    missing = column.values.keeps_missing
    present = rows[: len(rows) - 1] if missing and len(rows) > 1 else rows
    most = MOST_GROUPS - (len(present) < len(rows))
    own = _in_order(present, most) if column.codes.numeric else _by_size(present, most)
    every = np.concatenate([own, np.full(len(rows) - len(present), own.max(initial=0) + 1)])
    return every.astype(np.uint8)


def _in_order(rows: Ints, most: int) -> Ints:
    """Return groups (k,) of codes in their order, of about equal rows and without a gap between them."""
    if len(rows) <= most:
        return np.arange(len(rows))
    middle = 2 * np.cumsum(rows) - rows
    coarse = np.minimum(middle * most // max(2 * int(rows.sum()), 1), most - 1)
    return np.unique(coarse, return_inverse=True)[1]


def _by_size(rows: Ints, most: int) -> Ints:
    """Return groups (k,) of codes: the most frequent ones each alone, the others together."""
    rank = np.empty(len(rows), np.int64)
    rank[np.argsort(-rows, kind="stable")] = np.arange(len(rows))
    return np.minimum(rank, most - 1)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The neighbours of every column of a table, in schema order.

    Attributes
    ----------
    names : the columns
    score : how related each two of them are (n, n), symmetric, in ``2**-24``; a column to itself is last
    """

    names: tuple[str, ...]
    score: PairScores

    @classmethod
    def of(cls, question: PairCounts, counts: Counts) -> Neighbours:
        """Return the neighbours that merged counts show."""
        layout, n = question.layout, len(question.columns)
        row, column = layout.place(counts.index)
        rows = _rows_of_groups(row, column, counts.value, layout.wide, n - 1)
        total = max(int(rows[: int(layout.start[1])].sum()), 1)
        cell = counts.value.astype(np.float64)
        share = np.rint(cell * cell / (rows[row] * rows[column]).astype(np.float64) * 2.0**_SCORE_BITS)
        pair = layout.owner[row] * n + layout.owner[column]
        terms = np.bincount(pair, share, n * n).reshape(n, n)  # integers far below 2**53: exact
        freedom = np.add.reduceat((rows > 0).astype(np.int64), layout.start[:-1]) - 1
        chance = (np.outer(freedom, freedom) << _SCORE_BITS) // total
        score = terms + terms.T - (1 << _SCORE_BITS) - chance
        np.fill_diagonal(score, -(1 << 30))
        return cls(question.columns, np.clip(score, -(1 << 30), 1 << 30).astype(np.int32))

    def nearest(self, place: int, most: int | None = None) -> Ints:
        """Return the places of the neighbours of the column at ``place``, increasing, or the ``most`` near.

        Of columns that are related alike they are the first.
        """
        among = np.delete(np.arange(len(self.names)), place)
        best = np.argsort(-self.score[place, among].astype(np.int64), kind="stable")[: most or NEIGHBOURS]
        return np.sort(among[best])

    def pairs(self, most: int | None = None) -> Iterator[tuple[str, str]]:
        """Yield each column with its neighbours, or the ``most`` near, and those with it, in schema order."""
        near = np.zeros(self.score.shape, np.bool_)
        for place in range(len(self.names)):
            near[place, self.nearest(place, most)] = True
        for a, b in np.argwhere(near | near.T).tolist():
            yield self.names[a], self.names[b]

    def predictors(self, order: Sequence[str], place: int) -> Ints:
        """Return the places in the visit order of the predictors of the tree at ``place``, increasing.

        They are the most related of the columns that are drawn before it.
        """
        own = {name: i for i, name in enumerate(self.names)}
        places = np.array([own[name] for name in order[: place + 1]], np.int64)
        best = np.argsort(-self.score[places[-1], places[:-1]].astype(np.int64), kind="stable")[:NEIGHBOURS]
        return np.sort(best)


def _rows_of_groups(row: Ints, column: Ints, value: Ints, wide: int, others: int) -> Ints:
    """Return the rows of each group (wide,): it shares all of them with every other column."""
    told = np.bincount(row, value, wide) + np.bincount(column, value, wide)
    return told.astype(np.int64) // max(others, 1)
