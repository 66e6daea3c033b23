"""Turn counted leaves into a model, after the small-count rule."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from syncline.privacy.small_counts import CodeTree, restore
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.draws import ColumnDraw, weights_of
from syncline.synthesizers.nodes import Nodes
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Plan
from syncline.synthesizers.tabular_model import TabularModel

Ints = npt.NDArray[np.int64]
Masks = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

RAKING_SWEEPS = 8


def cart_model(
    plan: Plan, settings: FitSettings, trees: Mapping[int, Nodes], counts: Ints, masks: Masks | None
) -> TabularModel:
    """Return the model; ``counts`` and ``masks`` hold ``[leaf, code]``, one tree after another."""
    draws, start = list[ColumnDraw](), 0
    for place, name in enumerate(plan.order):
        dependent = plan.dependent_draw(name)
        if dependent is not None:
            draws.append(dependent)
            continue
        column, nodes = plan.book.column(name), trees[place]
        k = column.values.n_codes
        size = len(nodes.leaves) * k
        leaf_counts = counts[start : start + size].reshape(-1, k)
        leaf_masks = None if masks is None else masks[start : start + size].reshape(-1, k)
        draws.append(_tree_draw(name, nodes, leaf_counts, leaf_masks, column, settings.min_cell))
        start += size
    return plan.model(settings, tuple(draws))


def _tree_draw(
    name: str, nodes: Nodes, counts: Ints, masks: Masks | None, column: CodedColumn, min_cell: int
) -> ColumnDraw:
    every = _with_parents(nodes, counts)
    seen = None if masks is None else _union_upwards(nodes, masks)
    tree = code_tree(column, every[0])
    shares = restore(every, seen, nodes.parent, min_cell, tree)
    raked = _raked(shares[nodes.leaves], counts.sum(axis=1).astype(np.float64), shares[0])
    return ColumnDraw(name, weights_of(raked), nodes if len(nodes) > 1 else None)


def _raked(shares: Floats, sizes: Floats, whole: Floats) -> Floats:
    """Return shares (leaves, codes) with which the leaves together have those of the root (codes,).

    A code that is hidden in some leaves backs off there to what is shown further up, of which other leaves
    have their part already, so it would be drawn too often. All leaves' shares of a code change by one
    factor (iterative proportional fitting; Deming and Stephan 1940, doi:10.1214/aoms/1177731829).
    """
    wanted = whole * sizes.sum()
    for _ in range(RAKING_SWEEPS):
        drawn = (shares * sizes[:, None]).sum(axis=0)
        shares = shares * np.where(drawn > 0, wanted / np.where(drawn > 0, drawn, 1.0), 1.0)
        shares = shares / shares.sum(axis=1, keepdims=True)
    return shares


def code_tree(column: CodedColumn, counts: Ints) -> CodeTree:
    """Return the binary tree over a column's codes by which small counts back off."""
    if column.codes.numeric:
        return CodeTree.halves(counts, column.codes.keeps_missing)
    return CodeTree.chain(counts)


def _with_parents(nodes: Nodes, leaves: Ints) -> Ints:
    every = np.zeros((len(nodes), leaves.shape[1]), np.int64)
    every[nodes.leaves] = leaves
    for node in range(len(nodes) - 1, 0, -1):
        every[nodes.parent[node]] += every[node]
    return every


def _union_upwards(nodes: Nodes, leaves: Masks) -> Masks:
    every = np.zeros((len(nodes), leaves.shape[1]), np.uint64)
    every[nodes.leaves] = leaves
    for node in range(len(nodes) - 1, 0, -1):
        every[nodes.parent[node]] |= every[node]
    return every
