"""The contexts of a column: a tree over the bins of its parents, with a distribution in each leaf.

A combination of bins is a context of its own as long as it holds enough rows; others share one with their
neighbours. A context is cut where its halves differ most, whatever that is worth: the graph has said already
that these parents matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.synthesizers.graphical.cells import HeldCells
from syncline.synthesizers.graphical.information import weighted
from syncline.synthesizers.nodes import Nodes

Ints = npt.NDArray[np.int64]

_NEVER = -1
"""What a cut tells that leaves too few rows on one side."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """How each of n contexts is cut: by which parent, behind which of its bins, and what that tells (n,)."""

    parent: Ints
    bin: Ints
    told: Ints

    def or_better(self, other: Cuts) -> Cuts:
        """Return of each context the cut that tells more, this one where both tell the same."""
        better = other.told > self.told
        pairs = ((other.parent, self.parent), (other.bin, self.bin), (other.told, self.told))
        return Cuts(*(np.where(better, theirs, own) for theirs, own in pairs))


def grown(cells: HeldCells, classes: Ints, places: Sequence[int], least: int) -> tuple[Nodes, Ints]:
    """Return the tree of a column's contexts, and of which leaf (c,) each cell is, in the order of leaves.

    Parameters
    ----------
    cells : the table whose first axis is the column's codes and whose others are bins of its parents
    classes : class of each code (codes,), by which contexts are told apart
    places : place of each parent in the visit order
    least : rows of a context at least
    """
    code, *bins = cells.levels()
    nodes, at, start = Nodes.root(), np.zeros(len(code), np.int64), 0
    while start < len(nodes):
        inside = np.flatnonzero(at >= start)
        context, n = at[inside] - start, len(nodes) - start
        found = Cuts(*(np.full(n, _NEVER) for _ in range(3)))
        for parent, own in enumerate(bins):
            shape = n, cells.shape[parent + 1], int(classes.max()) + 1
            cell = np.ravel_multi_index((context, own[inside], classes[code[inside]]), shape)
            table = np.bincount(cell, cells.rows[inside], shape[0] * shape[1] * shape[2])
            found = found.or_better(best_cuts(parent, table.astype(np.float64).reshape(shape), least))
        split = np.flatnonzero(found.told > _NEVER)
        child = np.full(n, _NEVER)
        child[split] = len(nodes) + 2 * np.arange(len(split))
        moved = child[context] > _NEVER
        inside, context = inside[moved], context[moved]
        right = np.stack(bins)[found.parent[context], inside] > found.bin[context] if bins else context
        at[inside] = child[context] + right
        left = (np.uint64(2) << found.bin[split].astype(np.uint64)) - np.uint64(1)
        start, by = len(nodes), np.array([*places, 0], np.int64)[found.parent[split]]
        nodes = nodes.split(start - n + split, by, left)
    return nodes, np.searchsorted(nodes.leaves, at)


def best_cuts(parent: int, table: npt.NDArray[np.float64], least: int) -> Cuts:
    """Return the best cut of each context by one parent, from its rows (n, bins, classes), whole numbers.

    A cut tells what the column's classes and the side have in common, the rows times their mutual information
    (Quinlan 1986, doi:10.1007/BF00116251, of counts instead of shares).
    """
    below = np.cumsum(table, axis=1)
    whole, below = below[:, -1], below[:, :-1]
    above = whole[:, None] - below
    left, right = below.sum(axis=2), above.sum(axis=2)
    context, bins = np.nonzero(np.minimum(left, right) >= max(least, 1))
    told = np.full((len(table), max(below.shape[1], 1)), _NEVER)
    sides = weighted(below[context, bins]).sum(axis=1) + weighted(above[context, bins]).sum(axis=1)
    sides -= weighted(left[context, bins]) + weighted(right[context, bins])
    before = weighted(whole).sum(axis=1) - weighted(whole.sum(axis=1))
    told[context, bins] = np.maximum(sides - before[context], 0)
    cut = np.argmax(told, axis=1)
    return Cuts(np.full(len(table), parent), cut, told[np.arange(len(table)), cut])
