"""What a level of trees must agree with: the invariants of TreeLevel.

The rows that a split sends to each child follow from its node's histogram, so every child's rows by class
are known before it is counted. A child has in no cell more rows than its node, and where only one child of a
split is counted, the other's histogram is what remains. So all that is kept are the histograms of the nodes
that may be split next, and the classes and persons of each node.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from syncline.data.codebook import Codebook, Coding, ColumnCodes
from syncline.questions.counts import Counts, Ints, Masks
from syncline.questions.known import Histograms, Known, KnownTree, require, summed, united

if TYPE_CHECKING:
    from syncline.questions.tree_level import TreeLevel, TreeStep


def reconcile_level(
    question: TreeLevel, answer: Counts, known: Known, codebook: Codebook, offsets: Ints
) -> Known:
    """Return what is known after an answer; ``offsets`` are the first bins of each place of the order."""
    trees, start, child = dict(known.trees), question.front(), 0
    children = _cells_between(answer, 0, start)
    for step in question.steps:
        column = codebook.column(question.order[step.target])
        lanes = step.lanes(offsets)
        owner = cell_owners(lanes, column.levels(Coding.CLASSES))
        level = _Level(question, step, known, codebook, lanes, column, owner)
        end = start + len(step.counted) * question.width(step, codebook, offsets)
        made = 2 * len(step.split_node)
        cells = _cells_between(answer, start, end)
        fresh = children.between(child, child + made) if question.front() else None
        tree = level.split(trees.get(step.target) or level.root(cells), fresh)
        trees[step.target] = level.counted(tree, cells)
        start, child = end, child + made
    return replace(known, trees=trees)


@dataclass(frozen=True, slots=True)
class _Cells:
    """Filled cells of a part of an answer, from its own first cell on: (k,) each."""

    cell: Ints
    rows: Ints
    masks: Masks

    def between(self, start: int, end: int) -> _Cells:
        """Return the cells from ``start`` to before ``end``."""
        first, last = np.searchsorted(self.cell, [start, end])
        return _Cells(self.cell[first:last] - start, self.rows[first:last], self.masks[first:last])


def _cells_between(answer: Counts, start: int, end: int) -> _Cells:
    first, last = np.searchsorted(answer.index, [start, end])
    masks = np.zeros(0, np.uint64) if answer.masks is None else answer.masks[first:last]
    return _Cells(answer.index[first:last] - start, answer.value[first:last], masks)


@dataclass(frozen=True, slots=True)
class _Level:
    """One tree at one level: its splits, and what is counted of it."""

    question: TreeLevel
    step: TreeStep
    known: Known
    codebook: Codebook
    lanes: Ints
    """First bin of each of the tree's predictors, and the end of the last (p + 1,)."""
    target: ColumnCodes
    owner: Ints
    """Which of the tree's predictors each cell of a node belongs to (wide,)."""

    @property
    def n_classes(self) -> int:
        """Classes of the target."""
        return self.target.levels(Coding.CLASSES)

    @property
    def split_by(self) -> Ints:
        """Which of the tree's predictors makes each split (s,)."""
        return np.searchsorted(self.step.places, self.step.split_predictor)

    @property
    def wide(self) -> int:
        """Cells of a node."""
        return len(self.owner)

    def root(self, cells: _Cells) -> KnownTree:
        """Return the tree before its first level: its rows by class, known before or read from ``cells``."""
        classes = self.known.marginal(self.target.name, Coding.CLASSES, self.codebook)
        sizes = self.known.sizes
        if classes is None and self.question.leaves:
            codes = cells.cell % self.target.n_codes
            classes = summed(self.target.classes[codes].astype(np.int64), cells.rows, self.n_classes)
        if classes is None:
            first = cells.cell < int(self.lanes[1]) * self.n_classes
            classes = summed(cells.cell[first] % self.n_classes, cells.rows[first], self.n_classes)
        if sizes is not None:
            require(int(classes.sum()) == sizes.train, "a tree has not all rows")
        return KnownTree(classes.reshape(1, -1), np.zeros(1, np.uint64))

    def split(self, tree: KnownTree, fresh: _Cells | None) -> KnownTree:
        """Return the tree with the children of this level's splits, whose persons ``fresh`` may tell."""
        step, made = self.step, 2 * len(self.step.split_node)
        if not made:
            return tree
        slot, cell, rows = tree.parents.of_nodes(step.split_node)
        chosen = np.flatnonzero(self.owner[cell] == self.split_by[slot])
        slot, cell, rows = slot[chosen], cell[chosen], rows[chosen]
        place = 2 * slot + 1 - self._goes_left(slot, cell)
        own = summed(place * self.n_classes + cell % self.n_classes, rows, made * self.n_classes)
        by_class = own.reshape(made, self.n_classes)
        before, masks = tree.masks.copy(), np.zeros(made, np.uint64)
        if fresh is not None:
            masks = self._children(by_class.sum(axis=1), before[step.split_node], fresh)
            before[step.split_node] = masks[::2] | masks[1::2]
        return replace(
            tree, classes=np.concatenate([tree.classes, by_class]), masks=np.concatenate([before, masks])
        )

    def _goes_left(self, slot: Ints, cell: Ints) -> Ints:
        """Return 1 for each cell of the split predictor that goes left, else 0."""
        bins = cell // self.n_classes
        own = (bins - self.lanes[self.split_by[slot]]).astype(np.uint64)
        return ((self.step.split_left[slot] >> own) & np.uint64(1)).astype(np.int64)

    def _children(self, rows: Ints, parents: Masks, fresh: _Cells) -> Masks:
        """Check the rows and persons of all new children, and return their persons."""
        told = summed(fresh.cell, fresh.rows, len(rows))
        require((told == rows).all(), "the children of a split have other rows than its node")
        if not len(fresh.masks) and len(fresh.cell):
            return np.zeros(len(rows), np.uint64)
        masks = united(fresh.cell, fresh.masks, len(rows))
        both, told = masks[::2] | masks[1::2], parents != 0
        require(
            (both == parents)[told].all(), "the children of a split are about other persons than its node"
        )
        return masks

    def counted(self, tree: KnownTree, cells: _Cells) -> KnownTree:
        """Return the tree after its nodes were counted."""
        if self.question.leaves:
            self._leaves(tree, cells)
            return KnownTree(tree.classes, tree.masks)
        slot = cells.cell // self.wide
        cell = cells.cell - slot * self.wide
        self._require_totals(tree, slot, cell, cells.rows)
        if self.question.level == 0:
            self._require_bins(cell, cells.rows)
        else:
            self._require_parts(tree, slot, cell, cells.rows)
        own = Histograms.of(self.step.counted, slot, cell, cells.rows)
        return replace(tree, split=self.step.split_node, counted=own)

    def _require_totals(self, tree: KnownTree, slot: Ints, cell: Ints, rows: Ints) -> None:
        """Compare each predictor of a node with the node's rows by class; one not counted has none."""
        n_counted, n_lanes, classes = len(self.step.counted), len(self.lanes) - 1, self.n_classes
        place = (slot * n_lanes + self.owner[cell]) * classes + cell % classes
        totals = summed(place, rows, n_counted * n_lanes * classes).reshape(n_counted, n_lanes, classes)
        expected = tree.classes[self.step.counted][:, None, :] * self.step.alive[:, :, None]
        require((totals == expected).all(), "a node has other rows for one predictor than for another")

    def _require_bins(self, cell: Ints, rows: Ints) -> None:
        """Compare the root with how many rows each predictor had in each bin before."""
        bins = summed(cell // self.n_classes, rows, self.wide // self.n_classes)
        for lane, place in enumerate(self.step.places.tolist()):
            name = self.question.order[place]
            before = self.known.marginal(name, Coding.BINS, self.codebook)
            if before is not None and self.step.alive[:, lane].all():
                now = bins[self.lanes[lane] : self.lanes[lane + 1]]
                require(np.array_equal(now, before), "a column has other rows in a tree than before")

    def _require_parts(self, tree: KnownTree, slot: Ints, cell: Ints, rows: Ints) -> None:
        """Refuse more rows in a cell of the children than in that of their parent, or what the other got."""
        step = self.step
        child = step.counted[slot] - (len(tree.classes) - 2 * len(step.split_node))
        split = child // 2
        parent, held_cell, held = tree.parents.of_nodes(step.split_node)
        keys, own = parent * self.wide + held_cell, split * self.wide + cell
        place = np.minimum(np.searchsorted(keys, own), max(len(keys) - 1, 0))
        require(len(own) == 0 or (len(keys) > 0 and (keys[place] == own).all()), _NOT_OF_PARENT)
        require((summed(place, rows, len(keys)) <= held).all(), "a node has more rows than its parent")
        chosen = np.flatnonzero(self.owner[cell] == self.split_by[split])
        goes = 1 - self._goes_left(split[chosen], cell[chosen])
        require((goes == child[chosen] % 2).all(), "a node has rows that its split sends to its sibling")

    def _leaves(self, tree: KnownTree, cells: _Cells) -> None:
        """Compare leaves with the rows of their nodes, and all of them with those of the column, by code."""
        codes, leaf = cells.cell % self.target.n_codes, cells.cell // self.target.n_codes
        n_leaves, counted = len(self.step.counted), self.step.counted
        place = leaf * self.n_classes + self.target.classes[codes].astype(np.int64)
        told = summed(place, cells.rows, n_leaves * self.n_classes).reshape(n_leaves, self.n_classes)
        require((told == tree.classes[counted]).all(), "a leaf has other rows than its node had")
        fine = self.known.marginals.get((self.target.name, Coding.FINE))
        if fine is not None:
            own = summed(codes, cells.rows, self.target.n_codes)
            require(np.array_equal(own, fine), "the leaves of a tree do not add up to its column")
        if len(cells.masks):
            self._require_persons(tree, united(leaf, cells.masks, n_leaves))

    def _require_persons(self, tree: KnownTree, masks: Masks) -> None:
        """Compare the persons of leaves with those of their nodes, where these were told, and of the root."""
        own = tree.masks[self.step.counted]
        told = own != 0
        require((masks[told] == own[told]).all(), "a leaf is about other persons than its node was")
        whole, root = int(np.bitwise_or.reduce(masks)), int(tree.masks[0])
        require(root in (0, whole), "the leaves of a tree are about other persons than its root")


_NOT_OF_PARENT = "a node has rows where its parent has none"


def cell_owners(lanes: Ints, n_classes: int) -> Ints:
    """Return which of a tree's predictors each cell of a node belongs to."""
    return np.repeat(np.arange(len(lanes) - 1), np.diff(lanes) * n_classes)


def expected_level(question: TreeLevel, known: Known, codebook: Codebook, offsets: Ints) -> Known:
    """Return what is known, of the trees' histograms only what the answer to ``question`` may contradict."""
    trees = {target: KnownTree(tree.classes, tree.masks) for target, tree in known.trees.items()}
    for step in question.steps:
        if step.target in trees and len(step.split_node):
            classes = codebook.column(question.order[step.target]).levels(Coding.CLASSES)
            owner = cell_owners(step.lanes(offsets), classes)
            slot, cell, rows = known.trees[step.target].histograms(step.split_node)
            needed = _needed(step, len(trees[step.target].classes), question.leaves)
            kept = np.flatnonzero(needed[slot, owner[cell]])
            parents = Histograms.of(step.split_node, slot[kept], cell[kept], rows[kept])
            trees[step.target] = replace(trees[step.target], split=step.split_node, parents=parents)
    return replace(known, trees=trees)


def _needed(step: TreeStep, n_nodes: int, leaves: bool) -> npt.NDArray[np.bool_]:
    """Return which predictors of each split node (s, target) its split or a counted child asks about."""
    needed = np.zeros((len(step.split_node), len(step.places)), np.bool_)
    needed[np.arange(len(needed)), np.searchsorted(step.places, step.split_predictor)] = True
    if not leaves:
        np.logical_or.at(needed, (step.counted - n_nodes) // 2, step.alive)
    return needed
