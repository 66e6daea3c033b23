"""Grow one tree by a level: from the merged counts of the children to the next splits.

Only the smaller child of a split is counted at the suppliers; the other is the parent less it. A predictor
without an admissible split in a node can have none below it, so it is counted there no more. Nothing is
lost by either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.questions.tree_level import TreeStep
from syncline.synthesizers.cart.layout import TreeLayout
from syncline.synthesizers.cart.splits import BestSplits, best_splits, impurity
from syncline.synthesizers.cart.tree import GrowingTree, Pending

Ints: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]

_CHUNK_CELLS = 1 << 21


@dataclass(frozen=True, slots=True)
class GrowthRule:
    """When a node is split.

    Attributes
    ----------
    min_leaf : rows that each child must have
    max_depth : depth of the deepest leaf, the root's being 0
    min_gain : least decrease of impurity, as a share of the root's impurity
    min_cell : persons that a node must hold to be opened
    """

    min_leaf: int
    max_depth: int
    min_gain: float
    min_cell: int


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Nodes whose histograms are known and which may be split."""

    node: Ints
    histograms: Ints
    alive: Mask


def first_step(tree: GrowingTree) -> TreeStep:
    """Return the step that counts the root of a tree."""
    none, alive = np.zeros(0, np.int64), np.ones((1, len(tree.places)), np.bool_)
    return TreeStep(
        tree.target, none, none, np.zeros(0, np.uint64), np.zeros(1, np.int64), alive, tree.predictors
    )


def plant(tree: GrowingTree, counts: Ints, layout: TreeLayout, rule: GrowthRule) -> GrowingTree:
    """Return the tree after its root was counted: ``counts`` (width * classes,)."""
    histograms = counts.reshape(1, layout.width, layout.classes)
    classes = histograms[:, : int(layout.size[0])].sum(axis=1)
    tree = replace(tree, root_impurity=float(impurity(classes, layout)[0]))
    root = _Candidates(np.zeros(1, np.int64), histograms, np.ones((1, len(tree.places)), np.bool_))
    return _split(tree, root, layout, rule, depth=0)


def next_step(tree: GrowingTree) -> TreeStep:
    """Return the question for the pending splits: which children to count, in which predictors."""
    pending = tree.pending
    first = _first_children(tree)
    smaller = np.where(pending.small_left, first, first + 1)
    return TreeStep(
        tree.target,
        pending.node,
        pending.predictor,
        pending.left,
        smaller[pending.counted],
        pending.alive[pending.counted],
        tree.predictors,
    )


def grow(
    tree: GrowingTree, counts: Ints, persons: Ints | None, layout: TreeLayout, rule: GrowthRule, depth: int
) -> GrowingTree:
    """Return the tree after its pending children, now at ``depth``, were counted.

    ``counts`` are the smaller children's cells (c * width * classes,), ``persons`` those of all children
    (2s,), or None where every row is a person.
    """
    children = _children(tree, counts, persons, layout, rule)
    return _split(replace(tree, pending=Pending()), children, layout, rule, depth)


def _first_children(tree: GrowingTree) -> Ints:
    made = 2 * len(tree.pending.node)
    return len(tree.nodes) - made + 2 * np.arange(len(tree.pending.node), dtype=np.int64)


def _children(
    tree: GrowingTree, counts: Ints, persons: Ints | None, layout: TreeLayout, rule: GrowthRule
) -> _Candidates:
    pending = tree.pending
    places = np.flatnonzero(pending.counted)
    small = counts.reshape(len(places), layout.width, layout.classes)
    parents = _dense(pending, layout)[places]
    parents *= pending.alive[places][:, layout.owner()][:, :, None]
    both = np.stack([small, parents - small], axis=1)
    swap = ~pending.small_left[places]
    both[swap] = both[swap][:, ::-1]
    first = _first_children(tree)[places]
    node = np.stack([first, first + 1], axis=1).ravel()
    rows = np.stack([pending.rows_left[places], pending.rows_right[places]], axis=1).ravel()
    opened = rows >= 2 * rule.min_leaf
    if persons is not None:
        held = persons.reshape(-1, 2)[places].ravel()
        opened &= held >= rule.min_cell
    histograms = both.reshape(-1, layout.width, layout.classes)[opened]
    return _Candidates(node[opened], histograms, np.repeat(pending.alive[places], 2, axis=0)[opened])


def _dense(pending: Pending, layout: TreeLayout) -> Ints:
    dense = np.zeros(len(pending.node) * layout.width * layout.classes, np.int64)
    dense[pending.cell] = pending.rows
    return dense.reshape(-1, layout.width, layout.classes)


def _split(
    tree: GrowingTree, found: _Candidates, layout: TreeLayout, rule: GrowthRule, depth: int
) -> GrowingTree:
    if not len(found.node):
        return tree
    choice = _choices(found, layout, rule)
    needed = max(rule.min_gain * tree.root_impurity, 0.0)
    taken = np.flatnonzero((choice.gain > needed) & (choice.gain > 0))
    if not len(taken):
        return tree
    histograms = found.histograms[taken]
    total = _rows(histograms, layout)
    left_rows = choice.left_rows[taken]
    right_rows = total - left_rows
    deeper = depth + 1 < rule.max_depth
    counted = (np.maximum(left_rows, right_rows) >= 2 * rule.min_leaf) & deeper
    flat = histograms.reshape(-1)
    keep = np.repeat(counted, layout.width * layout.classes)
    cells = np.flatnonzero((flat > 0) & keep)
    pending = Pending(
        found.node[taken],
        tree.places[choice.predictor[taken]],
        choice.left[taken],
        left_rows,
        right_rows,
        left_rows <= right_rows,
        counted,
        choice.alive[taken] & found.alive[taken],
        cells,
        flat[cells],
    )
    nodes = tree.nodes.split(pending.node, pending.predictor, pending.left)
    return replace(tree, nodes=nodes, pending=pending)


def _rows(histograms: Ints, layout: TreeLayout) -> Ints:
    """Return the rows of each node: the total of any predictor that is still counted."""
    by_bin = histograms.sum(axis=2)
    return np.asarray(np.add.reduceat(by_bin, layout.start, axis=1).max(axis=1), np.int64)


def _choices(found: _Candidates, layout: TreeLayout, rule: GrowthRule) -> BestSplits:
    chunk = max(_CHUNK_CELLS // max(layout.width * layout.classes, 1), 1)
    parts = [
        best_splits(found.histograms[i : i + chunk], layout, rule.min_leaf)
        for i in range(0, len(found.node), chunk)
    ]
    return BestSplits(
        np.concatenate([p.gain for p in parts]),
        np.concatenate([p.predictor for p in parts]),
        np.concatenate([p.left for p in parts]),
        np.concatenate([p.left_rows for p in parts]),
        np.concatenate([p.alive for p in parts]),
    )
