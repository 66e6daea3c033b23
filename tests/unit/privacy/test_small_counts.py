"""The small-count rule in trees against a slow, literal reading of it, and against what it promises."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.privacy.small_counts import CodeTree, restore

MIN_CELL = 5


@dataclass(frozen=True)
class Counted:
    """A decision tree's counts: rows and person buckets of each node and code, parents before children."""

    rows: npt.NDArray[np.int64]
    masks: npt.NDArray[np.uint64] | None
    parent: npt.NDArray[np.int64]
    codes: CodeTree

    def persons(self, node: int, codes: list[int]) -> int:
        if self.masks is None:
            return int(self.rows[node, codes].sum())
        return int(np.bitwise_or.reduce(self.masks[node, codes])).bit_count()

    def restored(self, min_cell: int) -> npt.NDArray[np.float64]:
        return restore(self.rows, self.masks, self.parent, min_cell, self.codes)


def sides(codes: CodeTree) -> list[tuple[list[int], list[int]]]:
    """Return the codes left and right of each split of the code tree."""
    return [
        (codes.order[low:middle].tolist(), codes.order[middle:high].tolist())
        for low, middle, high in zip(codes.low, codes.middle, codes.high, strict=True)
    ]


@st.composite
def counted_trees(draw: st.DrawFn) -> Counted:
    k, n_leaves = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    nodes, parent = [0], [-1]  # grow by splitting a leaf again and again
    for _ in range(n_leaves - 1):
        leaf = nodes.pop(draw(st.integers(0, len(nodes) - 1)))
        nodes += [len(parent), len(parent) + 1]
        parent += [leaf, leaf]
    rows, masks = np.zeros((len(parent), k), np.int64), np.zeros((len(parent), k), np.uint64)
    for leaf in nodes:
        rows[leaf] = draw(st.lists(st.integers(0, 12), min_size=k, max_size=k))
        for code in np.flatnonzero(rows[leaf]):
            seen = draw(st.sets(st.integers(0, 20), min_size=1, max_size=int(rows[leaf, code])))
            masks[leaf, code] = sum(1 << bucket for bucket in seen)
    for node in range(len(parent) - 1, 0, -1):
        rows[parent[node]] += rows[node]
        masks[parent[node]] |= masks[node]
    tree = CodeTree.chain(rows[0]) if draw(st.booleans()) else CodeTree.halves(rows[0], draw(st.booleans()))
    return Counted(rows, masks if draw(st.booleans()) else None, np.array(parent, np.int64), tree)


@settings(max_examples=30)
@given(tree=counted_trees())
def test_a_code_tree_separates_every_code_and_meets_parents_first(tree: Counted) -> None:
    k = tree.rows.shape[1]
    assert sorted(tree.codes.order.tolist()) == list(range(k))
    assert len(tree.codes.low) == k - 1
    known = {tuple(range(k))}
    for low, middle, high in zip(tree.codes.low, tree.codes.middle, tree.codes.high, strict=True):
        assert low < middle < high
        known.remove(tuple(range(low, high)))
        known |= {tuple(range(low, middle)), tuple(range(middle, high))}
    assert known == {(place,) for place in range(k)}


@settings(max_examples=30)
@given(tree=counted_trees(), min_cell=st.integers(1, 9))
def test_every_distribution_adds_up_to_one(tree: Counted, min_cell: int) -> None:
    shares = tree.restored(min_cell)
    assert (shares >= 0).all()
    assert shares.sum(axis=1) == pytest.approx(1.0, abs=1e-12)


@settings(max_examples=30)
@given(tree=counted_trees())
def test_with_min_cell_one_every_node_keeps_its_own_ratios(tree: Counted) -> None:
    shares = tree.restored(1)
    for own, rows in zip(shares, tree.rows, strict=True):
        if rows.sum():
            assert own == pytest.approx(rows / rows.sum(), abs=1e-12)
            assert ((own == 0) == (rows == 0)).all()


@settings(max_examples=30)
@given(tree=counted_trees())
def test_a_split_with_enough_persons_on_both_sides_is_shown_as_it_is(tree: Counted) -> None:
    for node, q, share in ratios(tree, MIN_CELL):
        left, right = (int(tree.rows[node, side].sum()) for side in sides(tree.codes)[q])
        if shown(tree, node, q):
            assert share == pytest.approx(left / (left + right), abs=1e-9)


def shown(tree: Counted, node: int, q: int) -> bool:
    """Tell whether both sides hold nobody or enough persons, and one of them somebody."""
    held = [tree.persons(node, side) for side in sides(tree.codes)[q]]
    return any(held) and all(n == 0 or n >= MIN_CELL for n in held)


def ratios(tree: Counted, min_cell: int) -> list[tuple[int, int, float]]:
    """Return (node, split, share on its left) wherever a node's distribution reaches that split."""
    found = []
    for node, shares in enumerate(tree.restored(min_cell)):
        for q, (left, right) in enumerate(sides(tree.codes)):
            mass = shares[left].sum() + shares[right].sum()
            if mass > 1e-9:
                found.append((node, q, float(shares[left].sum() / mass)))
    return found


def possible(tree: Counted, node: int, q: int) -> tuple[float, float]:
    """Return the least and greatest share on the left that somebody could infer from what is shown.

    A side that is suppressed holds at least one row, and at most ``MIN_CELL - 1`` persons with the mean
    number of rows a person, rounded up. Nothing is inferred where the whole split holds too few persons.
    """
    sides_ = sides(tree.codes)[q]
    rows = [int(tree.rows[node, side].sum()) for side in sides_]
    held = [tree.persons(node, side) for side in sides_]
    total = sum(rows)
    if sum(held) < MIN_CELL:
        return 0.0, 1.0
    most = min((MIN_CELL - 1) * -(-total // sum(held)), total - 1)
    small = [0 < n < MIN_CELL for n in held]
    low = total - most if small[1] else (1 if small[0] else 0)
    high = most if small[0] else (total - 1 if small[1] else total)
    return min(low, high) / total, max(low, high) / total


@settings(max_examples=30)
@given(tree=counted_trees())
def test_a_suppressed_split_stays_within_what_the_suppression_leaves_possible(tree: Counted) -> None:
    for node, q, share in ratios(tree, MIN_CELL):
        if not shown(tree, node, q):
            low, high = possible(tree, node, q)
            assert low - 1e-9 <= share <= high + 1e-9


def hidden_kind(tree: Counted, leaf: int, q: int) -> str | None:
    """Say what a leaf hides at a split: nothing (None), even the sum, its left side, its right one, both."""
    if shown(tree, leaf, q):
        return None
    held = [tree.persons(leaf, side) for side in sides(tree.codes)[q]]
    if sum(held) < MIN_CELL:
        return "sum"
    return " ".join(name for name, n in zip(("left", "right"), held, strict=True) if 0 < n < MIN_CELL)


def pooled(tree: Counted, q: int, kind: str) -> dict[int, float]:
    """Return the ratio of each leaf that hides ``kind``: that of the nearest such leaves that suffice."""
    n_nodes, (left, right) = len(tree.parent), sides(tree.codes)[q]
    children = {node: [c for c in range(n_nodes) if tree.parent[c] == node] for node in range(n_nodes)}
    settled: dict[int, float] = {}

    def waiting(node: int) -> list[int]:
        below = [leaf for child in children[node] for leaf in waiting(child)]
        if not children[node] and hidden_kind(tree, node, q) == kind:
            below = [node]
        pool = Counted(tree.rows[below].sum(axis=0)[None], None, tree.parent[:1], tree.codes)
        if tree.masks is not None and below:
            pool = replace(pool, masks=np.bitwise_or.reduce(tree.masks[below], axis=0)[None])
        if below and shown(pool, 0, q):
            a, b = int(pool.rows[0, left].sum()), int(pool.rows[0, right].sum())
            settled[node] = a / (a + b)
            return []
        return below

    waiting(0)
    found = {}
    for leaf in (node for node in range(n_nodes) if not children[node]):
        node = leaf
        while node >= 0 and node not in settled:
            node = int(tree.parent[node])
        if node >= 0 and hidden_kind(tree, leaf, q) == kind:
            found[leaf] = settled[node]
    return found


@given(tree=counted_trees())
def test_hidden_leaves_take_the_ratio_that_they_have_together(tree: Counted) -> None:
    """The rule read literally, a leaf at a time; leaves that never suffice are only held to their bounds."""
    found = {(node, q): share for node, q, share in ratios(tree, MIN_CELL)}
    for q in range(len(tree.codes.low)):
        for kind in ("sum", "left", "right", "left right"):
            for leaf, ratio in pooled(tree, q, kind).items():
                low, high = possible(tree, leaf, q)
                if (leaf, q) in found:
                    assert found[leaf, q] == pytest.approx(min(max(ratio, low), high), abs=1e-9)


@pytest.mark.parametrize("min_cell", [5, 11])
def test_one_hidden_person_looks_like_the_most_that_are_hidden(min_cell: int) -> None:
    parent = np.array([-1, 0, 0], np.int64)
    shown_ = []
    for hidden in (1, min_cell - 1):
        rows = np.array([[60, 60], [60 - hidden, hidden], [hidden, 60 - hidden]], np.int64)
        shown_.append(restore(rows, None, parent, min_cell, CodeTree.chain(rows[0])))
    assert np.array_equal(*shown_)
