"""The small-count rule in trees: hierarchical back-off from cells that too few persons share.

A node's distribution over a column's codes is described by a binary tree over the codes: numeric codes are
halved by mass again and again, categories are split into the most frequent and the rest. At each split of
that *code tree* a leaf keeps its own ratio where both sides hold nobody or at least ``min_cell`` persons.
Elsewhere it takes the ratio of the leaves nearest to it in the decision tree that hide the same, pooled
until both sides may be shown, and clipped to what the suppression leaves possible: between 1 and
``min_cell - 1`` persons on the small side.

Pooled leaves draw as many rows of each side as they hold together, so that no tail is drawn too rarely or
too often; zeroing or rounding small cells, or the ratio of the parent, distorts the tails of every leaf.
With ``min_cell`` 1 every ratio is the leaf's own.
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
    seen = None if masks is None else _range_masks(masks, codes)
    persons = rows if seen is None else _persons(seen)
    shown = _shown(rows, persons, min_cell)
    leaf = np.ones(len(parent), np.bool_)
    leaf[parent[1:]] = False
    own = _own_ratios(rows)
    low, high = _possible(rows, persons, min_cell)
    pooled = np.zeros(own.shape)
    for alike in _kinds(rows, persons, min_cell):
        waits = alike & leaf[:, None] & ~shown
        pooled = np.where(waits, _pooled_ratios(rows, seen, waits, parent, min_cell), pooled)
    ratios = np.where(shown, own, np.minimum(np.maximum(pooled, low), high))
    return codes.distribution(ratios)


def _shown(rows: tuple[Ints, Ints], persons: tuple[Ints, Ints], min_cell: int) -> Mask:
    left, right = ((r == 0) | (p >= min_cell) for r, p in zip(rows, persons, strict=True))
    return np.asarray(left & right & (rows[0] + rows[1] > 0), np.bool_)


def _kinds(rows: tuple[Ints, Ints], persons: tuple[Ints, Ints], min_cell: int) -> tuple[Mask, ...]:
    """Tell cells apart by what is small: both sides together, each of them, the left one, the right one."""
    unknown = persons[0] + persons[1] < min_cell
    left, right = ((r > 0) & (p < min_cell) & ~unknown for r, p in zip(rows, persons, strict=True))
    return unknown, left & right, left & ~right, right & ~left


def _pooled_ratios(
    rows: tuple[Ints, Ints], masks: tuple[Masks, Masks] | None, waits: Mask, parent: Ints, min_cell: int
) -> Floats:
    """Return for each node and split the ratio of the hidden leaves that are pooled nearest to it."""
    left, right = (np.where(waits, side, 0) for side in rows)
    seen = None if masks is None else [np.where(waits, side, np.uint64(0)) for side in masks]
    ratios = np.full(left.shape, np.nan)
    levels = _levels(parent)
    for nodes in reversed(levels):
        pool = left[nodes], right[nodes]
        people = pool if seen is None else _persons((seen[0][nodes], seen[1][nodes]))
        settled = _shown(pool, people, min_cell)
        ratios[nodes] = np.where(settled, _own_ratios(pool), np.nan)
        if nodes[0] == 0:
            break
        for side, part in zip((left, right), pool, strict=True):
            np.add.at(side, parent[nodes], np.where(settled, 0, part))
        for mask in seen or ():
            np.bitwise_or.at(mask, parent[nodes], np.where(settled, np.uint64(0), mask[nodes]))
    top = left[:1], right[:1]
    guess = _guessed(top, top if seen is None else _persons((seen[0][:1], seen[1][:1])), min_cell)
    ratios[0] = np.where(np.isnan(ratios[0]), guess[0], ratios[0])
    for nodes in levels[1:]:
        ratios[nodes] = np.where(np.isnan(ratios[nodes]), ratios[parent[nodes]], ratios[nodes])
    return ratios


def _guessed(rows: tuple[Ints, Ints], persons: tuple[Ints, Ints], min_cell: int) -> Floats:
    """Return ratios in which a side that is too small to be shown counts as half of ``min_cell`` persons."""
    each = (rows[0] + rows[1]) / np.maximum(persons[0] + persons[1], 1)
    left, right = (
        np.where((p > 0) & (p < min_cell), each * min_cell / 2, r) for r, p in zip(rows, persons, strict=True)
    )
    return np.asarray(left / np.maximum(left + right, 1.0), np.float64)


def _ranges(counts: Ints, codes: CodeTree) -> tuple[Ints, Ints]:
    above = np.concatenate(
        [np.zeros((len(counts), 1), np.int64), np.cumsum(counts[:, codes.order], axis=1)], axis=1
    )
    left = above[:, codes.middle] - above[:, codes.low]
    return left, above[:, codes.high] - above[:, codes.middle]


def _range_masks(masks: Masks, codes: CodeTree) -> tuple[Masks, Masks]:
    ordered = masks[:, codes.order]
    left = np.zeros((len(masks), len(codes.low)), np.uint64)
    right = np.zeros_like(left)
    for q, (low, middle, high) in enumerate(zip(codes.low, codes.middle, codes.high, strict=True)):
        left[:, q] = np.bitwise_or.reduce(ordered[:, low:middle], axis=1)
        right[:, q] = np.bitwise_or.reduce(ordered[:, middle:high], axis=1)
    return left, right


def _persons(masks: tuple[Masks, Masks]) -> tuple[Ints, Ints]:
    left, right = (np.bitwise_count(side).astype(np.int64) for side in masks)
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
    """Group the nodes by their depth."""
    depth = np.zeros(len(parent), np.int64)
    for node in range(1, len(parent)):
        depth[node] = depth[parent[node]] + 1
    return [np.flatnonzero(depth == d) for d in range(int(depth.max(initial=0)) + 1)]
