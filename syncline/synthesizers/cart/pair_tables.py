"""Tables of two columns each, for factors: groups of a predictor beside the classes of a tree's target.

The histogram of a tree's root holds them. Only where rows belong to persons they are asked for, in the round
of the roots, since histograms tell rows alone. A table is read after the small-count rule: cells of fewer
than ``min_cell`` persons are told together, group by group, and not at all where they are of too few even so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.data.codebook import Coding
from syncline.questions.counts import Counts
from syncline.questions.marginals import Axis, Marginals
from syncline.synthesizers.binning import group_frequent, group_in_order
from syncline.synthesizers.cart.layout import TreeLayout
from syncline.synthesizers.cart.tree import GrowingTree
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.dependencies import tables
from syncline.synthesizers.structure import Plan

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]

GROUPS = 16
"""Groups of a predictor at most, beside one for missing values and one for each named state."""
GROUP_ALONE = 0.02
"""Share of the rows from which on a bin of a numeric predictor is a group of its own."""


@dataclass(frozen=True, slots=True)
class PairCells:
    """Rows of the bins of the column at ``place`` and the classes of that at ``target`` (bins, classes).

    ``masks`` are their person buckets, None where every row is a person.
    """

    target: int
    place: int
    rows: Ints
    masks: Bits | None


@dataclass(frozen=True, slots=True)
class PairTable:
    """Rows of the groups of one column and the classes of one that is drawn after it.

    Attributes
    ----------
    target, place : places of both in the visit order, the later one first
    group : group of each bin of the earlier one (bins,)
    rows : rows of each group and class (groups, classes)
    shown : which of these cells hold ``min_cell`` persons (groups, classes)
    pooled : of which groups the other cells may be told together: they hold nobody, or as many (groups,)
    """

    target: int
    place: int
    group: npt.NDArray[np.uint8]
    rows: Ints
    shown: Mask
    pooled: Mask

    @classmethod
    def of(cls, cells: PairCells, group: npt.NDArray[np.uint8], min_cell: int) -> PairTable:
        """Return the table of cells whose bins fall into groups (bins,)."""
        masks = cells.masks
        grouped = np.zeros((int(group.max()) + 1, cells.rows.shape[1]), np.int64)
        np.add.at(grouped, group, cells.rows)
        seen = np.zeros(grouped.shape, np.uint64)
        persons = grouped
        if masks is not None:
            np.bitwise_or.at(seen, group, masks)
            persons = np.bitwise_count(seen).astype(np.int64)
        shown = persons >= min_cell
        hidden = np.where(shown, 0, persons).sum(axis=1)
        if masks is not None:
            united = np.bitwise_or.reduce(np.where(shown, np.uint64(0), seen), axis=1)
            hidden = np.bitwise_count(united).astype(np.int64)
        return cls(cells.target, cells.place, group, grouped, shown, (hidden == 0) | (hidden >= min_cell))


def counted_pairs(plan: Plan, trees: Sequence[GrowingTree]) -> Marginals:
    """Ask for the persons of the bins of each tree's predictors beside the classes of its target."""
    sets = [
        (Axis(plan.order[place], Coding.BINS), Axis(plan.order[tree.target], Coding.CLASSES))
        for tree in trees
        for place in raked_places(plan, tree)
    ]
    return Marginals(tuple(sets), holdout=False, persons=True)


def raked_places(plan: Plan, tree: GrowingTree) -> list[int]:
    """Return the places of the columns beside which a tree's target has a table of pairs.

    Gaps are left out: a gap and a column are three columns together. So are columns that never vary.
    """
    gaps = {column.codes.name for column in plan.book.gaps}
    target = plan.order[tree.target]
    if target in gaps or plan.book.column(target).codes.levels(Coding.CLASSES) < 2:
        return []
    names = ((place, plan.order[place]) for place in tree.places.tolist())
    several = ((place, name) for place, name in names if plan.book.column(name).codes.levels(Coding.BINS) > 1)
    return [place for place, name in several if name not in gaps]


def tables_of_roots(plan: Plan, tree: GrowingTree, layout: TreeLayout, root: Ints) -> Iterator[PairCells]:
    """Yield the tables of a tree's pairs from the histogram of its root (bins, classes)."""
    own = {place: i for i, place in enumerate(tree.places.tolist())}
    for place in raked_places(plan, tree):
        first = int(layout.start[own[place]])
        yield PairCells(tree.target, place, root[first : first + int(layout.size[own[place]])], None)


def tables_of_pairs(plan: Plan, asked: Marginals, counts: Counts) -> Iterator[PairCells]:
    """Yield the tables of an answer to :func:`counted_pairs`."""
    book, masks = plan.book.codebook(), counts.dense_masks()
    seen = {} if masks is None else tables(book, asked, masks)
    places = {name: place for place, name in enumerate(plan.order)}
    for (a, b), rows in tables(book, asked, counts.dense()).items():
        yield PairCells(places[b], places[a], rows, seen.get((a, b)))


def read_pairs(plan: Plan, cells: Iterable[PairCells], min_cell: int) -> tuple[PairTable, ...]:
    """Return tables after the small-count rule, in the order in which they come."""
    groups: dict[int, npt.NDArray[np.uint8]] = {}
    found = []
    for one in cells:
        if one.place not in groups:
            groups[one.place] = _groups(plan.book.column(plan.order[one.place]))
        found.append(PairTable.of(one, groups[one.place], min_cell))
    return tuple(found)


def _groups(column: CodedColumn) -> npt.NDArray[np.uint8]:
    """Return the group of each bin (bins,): of about equal rows; missing and each state one of its own."""
    codes, values = column.codes, column.values
    rows = np.bincount(codes.bins, values.rows, codes.levels(Coding.BINS)).astype(np.int64)
    apart = np.zeros(len(rows), np.bool_)
    if codes.numeric:
        apart[codes.bins[values.span_code[values.is_state]]] = True
    if codes.keeps_missing:
        apart[-1] = True
    together, most = rows[~apart], 0
    group = np.zeros(len(rows), np.uint8)
    if len(together):
        alike = (
            group_in_order(together, GROUPS, GROUP_ALONE)
            if codes.numeric
            else group_frequent(together, GROUPS)
        )
        group[~apart], most = alike, int(alike.max()) + 1
    group[apart] = most + np.arange(apart.sum())
    return group
