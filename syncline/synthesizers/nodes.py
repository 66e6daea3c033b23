"""The nodes of a tree by which rows find the state that a code is drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]
Bits: TypeAlias = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Nodes:
    """The nodes of a tree, numbered as they arose.

    Attributes
    ----------
    parent : parent of each node (n,), -1 for the root
    first_child : left child of each node (n,), the right one follows it; -1 for a leaf
    predictor : place of the predictor that splits the node (n,), -1 for a leaf
    left : bins that go left (n,)
    """

    parent: Ints
    first_child: Ints
    predictor: Ints
    left: Bits

    @classmethod
    def root(cls) -> Nodes:
        """Return a tree of one leaf."""
        minus = np.full(1, -1, np.int64)
        return cls(minus, minus, minus, np.zeros(1, np.uint64))

    def __len__(self) -> int:
        return len(self.parent)

    def split(self, node: Ints, predictor: Ints, left: Bits) -> Nodes:
        """Return the tree in which each of ``node`` (s,) has two children more, in this order."""
        first = len(self) + 2 * np.arange(len(node), dtype=np.int64)
        child, by, bits = self.first_child.copy(), self.predictor.copy(), self.left.copy()
        child[node], by[node], bits[node] = first, predictor, left
        none = np.full(2 * len(node), -1, np.int64)
        return Nodes(
            np.concatenate([self.parent, np.repeat(node, 2)]),
            np.concatenate([child, none]),
            np.concatenate([by, none]),
            np.concatenate([bits, np.zeros(2 * len(node), np.uint64)]),
        )

    @property
    def leaves(self) -> Ints:
        """The nodes without children, increasing."""
        return np.flatnonzero(self.first_child < 0)

    def route(self, bins: npt.NDArray[np.integer]) -> Ints:
        """Return the leaf (n,) of each row, from its predictors' bins (n, predictors)."""
        at = np.zeros(len(bins), np.int64)
        open_rows = np.flatnonzero(self.first_child[at] >= 0)
        while len(open_rows):
            here = at[open_rows]
            own = bins[open_rows, self.predictor[here]].astype(np.uint64)
            right = 1 - ((self.left[here] >> own) & np.uint64(1)).astype(np.int64)
            at[open_rows] = self.first_child[here] + right
            open_rows = open_rows[self.first_child[at[open_rows]] >= 0]
        return at
