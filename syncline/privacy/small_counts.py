"""The small-count rule in trees: hierarchical back-off from cells that too few persons share.

A node's distribution over a column's codes is described by a binary tree over the codes: numeric codes are
halved by mass again and again, categories are split into the most frequent and the rest. At each split of
that *code tree* a node keeps its own ratio where both sides hold nobody or at least ``min_cell`` persons.
Otherwise it takes the ratio of its parent in the decision tree, clipped to what the suppression leaves
possible: between 1 and ``min_cell - 1`` persons on the small side.

Zeroing or rounding small cells instead distorts the tails of every leaf. With ``min_cell`` 1 every ratio is
the node's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Masks: TypeAlias = npt.NDArray[np.uint64]
Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CodeTree:
    """A binary tree over k codes: split q divides ``order[low:high]`` at ``middle``; parents come first."""

    order: Ints
    low: Ints
    middle: Ints
    high: Ints

    @classmethod
    def chain(cls, counts: Ints) -> CodeTree:
        """Split off the most frequent code (k,), then the next, and so on; ties go by code."""
        k = len(counts)
        order = np.argsort(-counts, kind="stable").astype(np.int64)
        low = np.arange(k - 1, dtype=np.int64)
        return cls(order, low, low + 1, np.full(max(k - 1, 0), k, np.int64))

    @classmethod
    def halves(cls, counts: Ints, keeps_missing: bool) -> CodeTree:
        """Split off missing (the last code) where it is kept, then halve the others by mass."""
        k = len(counts)
        order = np.arange(k, dtype=np.int64)
        above = np.concatenate([[0], np.cumsum(counts)])
        splits: list[tuple[int, int, int]] = []
        waiting = [(0, k)]
        if keeps_missing and k > 1:
            splits.append((0, k - 1, k))
            waiting = [(0, k - 1)]
        while waiting:
            low, high = waiting.pop()
            if high - low < 2:
                continue
            half = (above[low] + above[high]) // 2
            middle = int(np.clip(np.searchsorted(above, half, side="left"), low + 1, high - 1))
            splits.append((low, middle, high))
            waiting += [(middle, high), (low, middle)]
        low_, middle_, high_ = (np.array([s[i] for s in splits], np.int64) for i in range(3))
        return cls(order, low_, middle_, high_)

    def distribution(self, ratios: Floats) -> Floats:
        """Return the distributions (n, k) whose share on the left of each split is given (n, k - 1)."""
        n = len(ratios)
        out = np.ones((n, len(self.order)))
        mass = {(0, len(self.order)): np.ones(n)}
        for q, (low, middle, high) in enumerate(zip(self.low, self.middle, self.high, strict=True)):
            whole = mass.pop((int(low), int(high)))
            for a, b, share in ((low, middle, ratios[:, q]), (middle, high, 1.0 - ratios[:, q])):
                part = whole * share
                if b - a == 1:
                    out[:, self.order[a]] = part
                else:
                    mass[int(a), int(b)] = part
        return out


def restore(counts: Ints, masks: Masks | None, parent: Ints, min_cell: int, codes: CodeTree) -> Floats:
    """Return each node's distribution over the codes (n_nodes, k) after the small-count rule.

    Parameters
    ----------
    counts : rows of each node and code (n_nodes, k); a node's counts are the sum of its children's
    masks : person buckets of the same cells, or None where every row is a person of its own
    parent : place of each node's parent (n_nodes,), -1 for the root; parents come before their children
    min_cell : persons that a cell must hold, or nobody, to be shown
    codes : the binary tree over the codes
    """
    rows = _ranges(counts, codes)
    persons = rows if masks is None else _range_persons(masks, codes)
    own = _own_ratios(rows)
    fine = ((rows[0] == 0) | (persons[0] >= min_cell)) & ((rows[1] == 0) | (persons[1] >= min_cell))
    fine &= rows[0] + rows[1] > 0
    ratios = np.where(fine, own, np.where(persons[0] > persons[1], 1.0, 0.0))
    for nodes in _levels(parent):
        above = ratios[parent[nodes]]
        low, high = _possible(
            (rows[0][nodes], rows[1][nodes]), (persons[0][nodes], persons[1][nodes]), min_cell
        )
        clipped = np.minimum(np.maximum(above, low), high)
        ratios[nodes] = np.where(fine[nodes], own[nodes], clipped)
    return codes.distribution(ratios)


def _ranges(counts: Ints, codes: CodeTree) -> tuple[Ints, Ints]:
    above = np.concatenate(
        [np.zeros((len(counts), 1), np.int64), np.cumsum(counts[:, codes.order], axis=1)], axis=1
    )
    left = above[:, codes.middle] - above[:, codes.low]
    return left, above[:, codes.high] - above[:, codes.middle]


def _range_persons(masks: Masks, codes: CodeTree) -> tuple[Ints, Ints]:
    ordered = masks[:, codes.order]
    left = np.zeros((len(masks), len(codes.low)), np.int64)
    right = np.zeros_like(left)
    for q, (low, middle, high) in enumerate(zip(codes.low, codes.middle, codes.high, strict=True)):
        left[:, q] = np.bitwise_count(np.bitwise_or.reduce(ordered[:, low:middle], axis=1))
        right[:, q] = np.bitwise_count(np.bitwise_or.reduce(ordered[:, middle:high], axis=1))
    return left, right


def _own_ratios(rows: tuple[Ints, Ints]) -> Floats:
    total = rows[0] + rows[1]
    return np.asarray(rows[0] / np.maximum(total, 1), np.float64)


def _possible(rows: tuple[Ints, Ints], persons: tuple[Ints, Ints], min_cell: int) -> tuple[Floats, Floats]:
    """Return the least and greatest share of the left side that the shown totals leave possible."""
    total = rows[0] + rows[1]
    known = np.maximum(total, 1)
    crowd = persons[0] + persons[1]
    each = -(-total // np.maximum(crowd, 1))  # rows a person, rounded up
    most = np.minimum((min_cell - 1) * each, total - 1)
    small_left = (rows[0] > 0) & (persons[0] < min_cell)
    small_right = (rows[1] > 0) & (persons[1] < min_cell)
    low = np.where(small_right, (total - most) / known, np.where(small_left, 1 / known, 0.0))
    high = np.where(small_left, most / known, np.where(small_right, (total - 1) / known, 1.0))
    hidden = crowd < min_cell  # the total itself is not shown
    low, high = np.where(hidden, 0.0, low), np.where(hidden, 1.0, high)
    return np.minimum(low, high), np.maximum(low, high)


def _levels(parent: Ints) -> list[Ints]:
    """Group the nodes below the root by their depth."""
    depth = np.zeros(len(parent), np.int64)
    for node in range(1, len(parent)):
        depth[node] = depth[parent[node]] + 1
    return [np.flatnonzero(depth == d) for d in range(1, int(depth.max(initial=0)) + 1)]
