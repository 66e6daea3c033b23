"""How a column is drawn in the leaves of a tree over the columns before it, after the small-count rule."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from syncline.privacy.small_counts import CodeTree, restore
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.draws import ColumnDraw, weights_of
from syncline.synthesizers.nodes import Nodes
from syncline.synthesizers.settings import FitSettings

Ints = npt.NDArray[np.int64]
Masks = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

RAKING_SWEEPS = 8


def leaf_rows(rows: int, settings: FitSettings) -> int:
    """Return the fewest rows of a leaf in a table of ``rows`` training rows.

    Where it is not set, a table has some forty leaves, of 20 to 50 rows; from 10,000 rows on leaves grow with
    it up to 150, since many small ones remember who was learnt. Where rows belong to persons, who have
    several, a leaf has twice as many.
    """
    by_size = max(min(max(rows // 40, 20), 50), min(rows // 200, 150))
    return settings.own("min_leaf") or by_size * (2 if settings.persons else 1)


def leaf_draw(
    column: CodedColumn, nodes: Nodes, counts: Ints, masks: Masks | None, min_cell: int
) -> ColumnDraw:
    """Return the draw of a column from the rows of its codes in each leaf (leaves, codes).

    ``masks`` are the person buckets of the same cells, None where a row is a person.
    """
    every = _with_parents(nodes, counts)
    seen = None if masks is None else _union_upwards(nodes, masks)
    tree = code_tree(column, every[0])
    shares = restore(every, seen, nodes.parent, min_cell, tree)
    raked = raked_shares(shares[nodes.leaves], counts.sum(axis=1).astype(np.float64), shares[0])
    return ColumnDraw(column.codes.name, weights_of(raked), nodes if len(nodes) > 1 else None)


def raked_shares(shares: Floats, sizes: Floats, whole: Floats) -> Floats:
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
