"""Learners that grow side by side over rows that lie anywhere, a level a round.

See :mod:`syncline.validation.boosting` for the loss, its derivatives and the splits. What a party sums for a
level is, for each learner, node, column and code, the chances of being labelled, the labelled rows and the
hessians; gradients are the difference of the first two. The hub adds the synthetic rows itself.

A row's chance is told in one of ``CHANCES`` even steps, the one above or the one below it by a lot of the row
and the tree, so that it is right on average: rounding of this kind ("dithering") is unbiased. An exact chance
would tell of all columns that the trees have looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from syncline.data.batch import Mask
from syncline.data.buckets import Owners
from syncline.questions.counts import Ints
from syncline.questions.growth import (
    CHANCES,
    DEPTH,
    LEAF_BITS,
    MOST_LEAF,
    TREES,
    ColumnBins,
    Forest,
    Learner,
    LearnerRole,
    Splits,
)
from syncline.validation.boosting import (
    SCALE_BITS,
    BinCodes,
    BoostSettings,
    Flags,
    derivatives,
    descend,
    leaf_margins,
    split,
)
from syncline.validation.comparison.rows import Sample
from syncline.validation.sampling import person_lots, row_lots

FOLDS = 3
MOST_ROWS = 30_000
"""Rows of either fold, and synthetic ones, that trees learn from; of more a hash samples about so many."""

SETTINGS = BoostSettings(trees=TREES, depth=DEPTH, rate=0.5)

_ONE = 1 << SCALE_BITS
_GOLDEN = 648_055
"""2^20 divided by the golden ratio, and odd: lots that move by it from tree to tree fill a circle evenly."""


@dataclass(slots=True, eq=False)
class TreeRows:
    """The rows that a party's trees grow from.

    Attributes
    ----------
    codes : uint8 (n_rows, n_columns)
    fold : int64 (n_rows,), the third that a row is in; all rows of a person are in one
    holdout : bool (n_rows,)
    target, has_target : int64 and bool (n_rows,), the target's key, and whether there is one
    lots : int64 (n_rows,), from 0 to 2^``SCALE_BITS`` - 1, by which chances are rounded
    synthetic : whether these are the candidate's own rows
    owner : int64 (n_rows,), the numbers of the rows' persons; None where every row is a person
    """

    codes: BinCodes
    fold: Ints
    holdout: Mask
    target: Ints
    has_target: Mask
    lots: Ints
    synthetic: bool = False
    owner: Owners | None = None
    _kept: dict[int, _Kept] = field(default_factory=dict)

    @classmethod
    def of(
        cls, bins: Sequence[ColumnBins], target: str, sample: Sample, *, synthetic: bool = False
    ) -> TreeRows:
        """Code rows by ``bins``; ``target`` is the column that is predicted, or ""."""
        cells = sample.cells
        codes = np.empty((cells.n_rows, len(bins)), np.uint8)
        for place, column in enumerate(bins):
            codes[:, place] = column.encode(cells.keys[place], cells.valid(place))
        fold = (person_lots(cells, b"fold") % np.uint64(FOLDS)).astype(np.int64)[cells.owner]
        lots = (row_lots(cells, b"chance") >> np.uint64(64 - SCALE_BITS)).astype(np.int64)
        place = cells.place(target) if target else 0
        valid = cells.valid(place)
        return cls(codes, fold, sample.holdout, cells.keys[place], valid, lots, synthetic, sample.owner)

    def kept(self, learners: Sequence[Learner], number: int, forest: Forest, has_holdout: bool) -> _Kept:
        """Return the rows that a learner is about, with the margins that its whole trees give them."""
        known, whole = self._kept.get(number), forest.trees
        now, before = forest.digest(whole), forest.digest(whole - 1) if whole else b""
        if known is None or known.told not in (now, before):
            known = self._begun(learners[number], has_holdout)
        if known.told != now:
            first = whole - 1 if known.told == before and whole else 0
            for tree in range(first, whole):
                known.margins += tree_margins(forest, number, tree, known.codes)
            known.told = now
        self._kept[number] = known
        return known

    def _begun(self, learner: Learner, has_holdout: bool) -> _Kept:
        about = self._concerned(learner, has_holdout)
        labels = self.labels(learner)[about]
        learns = (self.fold != learner.fold)[about]
        judges = ~learns
        if learner.role is LearnerRole.TARGET:
            learns, judges = ~self.holdout[about], self.tested(has_holdout)[about]
        margins = np.zeros(len(labels), np.int64)
        owner = None if self.owner is None else self.owner[about]
        return _Kept(self.codes[about], labels, learns, judges, self.lots[about], margins, owner)

    def tested(self, has_holdout: bool) -> Mask:
        """Tell on which rows a prediction of the target is tried: held-out ones where there are any."""
        if self.synthetic:
            return np.zeros(len(self.fold), np.bool_)
        tested: Mask = self.holdout == has_holdout
        return tested

    def labels(self, learner: Learner) -> Flags:
        """Tell which rows (n_rows,) a learner is to recognise."""
        if learner.role is LearnerRole.SYNTHETIC:
            return np.full(len(self.fold), self.synthetic)
        if learner.role is LearnerRole.TRAINING:
            return ~self.holdout
        return self.has_target & (self.target >= learner.low) & (self.target <= learner.high)

    def _concerned(self, learner: Learner, has_holdout: bool) -> Mask:
        """Tell which rows a learner learns from or is judged by."""
        if self.synthetic:
            return np.full(len(self.fold), learner.role is LearnerRole.SYNTHETIC)
        if learner.role is LearnerRole.SYNTHETIC:
            chosen: Mask = self.holdout == has_holdout
            return chosen
        return np.ones(len(self.fold), np.bool_)


@dataclass(slots=True, eq=False)
class _Kept:
    """The rows of one learner: which it learns from and which it is judged by, and their margins so far."""

    codes: BinCodes
    labels: Flags
    learns: Mask
    judges: Mask
    lots: Ints
    margins: Ints
    owner: Owners | None = None
    told: bytes = b""


def sums(
    bins: Sequence[ColumnBins],
    learners: Sequence[Learner],
    forest: Forest,
    rows: TreeRows,
    *,
    has_holdout: bool,
) -> Ints:
    """Return what a party sums for a level, (size,): learner, chance | labelled | hessian, node, code."""
    n_codes = [column.n_codes for column in bins]
    offsets = np.concatenate([[0], np.cumsum(n_codes)])
    tree, level = divmod(forest.levels, DEPTH)
    width, n_nodes = int(offsets[-1]), 2**level
    found = np.zeros((len(learners), 3, n_nodes, width), np.int64)
    for number in range(len(learners)):
        kept = rows.kept(learners, number, forest, has_holdout)
        codes, labels = kept.codes[kept.learns], kept.labels[kept.learns]
        node = _nodes(forest, number, tree, level, codes)
        chance, hessian = rounded_chances(kept.margins[kept.learns], kept.lots[kept.learns], number, tree)
        labelled = bool(labels.any())
        for place, low in enumerate(offsets[:-1].tolist()):
            levels = n_codes[place]
            cell = node * levels + codes[:, place]
            for kind, weights in enumerate((chance, labels, hessian)):
                if kind == 1 and not labelled:
                    continue
                # float64 holds these sums exactly: 2^53 is more than 2^20 times any number of rows in memory
                counted = np.bincount(cell, weights, n_nodes * levels)
                found[number, kind, :, low : low + levels] = counted.reshape(n_nodes, levels)
    return found.reshape(-1)


def rounded_chances(margins: Ints, lots: Ints, number: int, tree: int) -> tuple[Ints, Ints]:
    """Return the chance of being labelled, in ``CHANCES`` even steps, and its hessian (n,), in fixed point.

    ``lots`` (n,) decide which of the two steps next to the chance it is, anew for each learner and tree.
    """
    exact, _ = derivatives(margins, np.zeros(len(margins), np.bool_))
    moved = (lots + _GOLDEN * (TREES * number + tree)) & (_ONE - 1)
    step = (exact * (CHANCES - 1) + moved) >> SCALE_BITS
    chance: Ints = step * _ONE // (CHANCES - 1)
    return chance, np.maximum((chance * (_ONE - chance)) >> SCALE_BITS, 1)


def told_chances() -> list[tuple[int, int]]:
    """Return each chance that a row can have, in its order, and the hessian of it, in fixed point."""
    chances = [step * _ONE // (CHANCES - 1) for step in range(CHANCES)]
    return [(chance, max((chance * (_ONE - chance)) >> SCALE_BITS, 1)) for chance in chances]


def next_level(
    bins: Sequence[ColumnBins], learners: Sequence[Learner], target: str, forest: Forest, total: Ints
) -> Splits:
    """Return the next level of the trees, from the sums of all parties and the synthetic rows."""
    level = forest.levels % DEPTH
    n_codes = [column.n_codes for column in bins]
    shaped = total.reshape(len(learners), 3, 2**level, sum(n_codes))
    categorical = np.array([not column.ordered for column in bins])
    names = [one.name for one in bins]
    columns, right, leaves = [], [], []
    for number, learner in enumerate(learners):
        sums_of = _padded(shaped[number], n_codes)
        if learner.role is LearnerRole.TARGET:
            sums_of = _blinded(sums_of, names.index(target))
        chosen, sides = split(sums_of, categorical, SETTINGS)
        columns.append(chosen.astype(np.uint16))
        right.append(_packed(sides & (np.arange(64) < np.array(n_codes)[chosen][:, np.newaxis])))
        if level == DEPTH - 1:
            leaves.append(leaf_steps(leaf_margins(sums_of, chosen, sides, SETTINGS)))
    last = np.stack(leaves) if leaves else np.zeros((len(learners), 0), np.int8)
    return Splits(np.stack(columns), np.stack(right), last)


def leaf_steps(margins: Ints) -> npt.NDArray[np.int8]:
    """Return fixed-point margins (n,) in steps of a leaf."""
    shift = SCALE_BITS - LEAF_BITS
    steps = (margins + (1 << (shift - 1))) >> shift
    found: npt.NDArray[np.int8] = np.clip(steps, -MOST_LEAF, MOST_LEAF).astype(np.int8)
    return found


def tree_margins(forest: Forest, number: int, tree: int, codes: BinCodes) -> Ints:
    """Return the fixed-point margins (n,) that one tree of one learner gives to rows (n, n_columns)."""
    steps = forest.leaves[number, tree][_nodes(forest, number, tree, DEPTH, codes)]
    margins: Ints = steps.astype(np.int64) << (SCALE_BITS - LEAF_BITS)
    return margins


def forest_margins(forest: Forest, number: int, codes: BinCodes) -> Ints:
    """Return the fixed-point margins (n,) that all whole trees of one learner give to rows (n, n_columns)."""
    total = np.zeros(len(codes), np.int64)
    for tree in range(forest.trees):
        total += tree_margins(forest, number, tree, codes)
    return total


def without(codes: BinCodes, names: Sequence[str], target: str) -> BinCodes:
    """Return codes in which the target's column says nothing."""
    if not target:
        return codes
    found = codes.copy()
    found[:, list(names).index(target)] = 0
    return found


def _nodes(forest: Forest, number: int, tree: int, levels: int, codes: BinCodes) -> Ints:
    """Return the node (n,), counted within its level, that each row is in below ``levels`` levels."""
    node = np.zeros(len(codes), np.int64)
    for level in range(levels):
        inner = slice(2**level - 1, 2 ** (level + 1) - 1)
        columns = forest.column[number, tree, inner].astype(np.int64)
        node = descend(node, codes, columns, _unpacked(forest.right[number, tree, inner]))
    return node


def _padded(sums_of: Ints, n_codes: Sequence[int]) -> Ints:
    """Return gradients and hessians (2, n_nodes, n_columns, 64) of sums (3, n_nodes, all codes)."""
    chance, labelled, hessian = sums_of
    parts = (chance - labelled * _ONE, hessian)
    found = np.zeros((2, chance.shape[0], len(n_codes), 64), np.int64)
    start = 0
    for place, width in enumerate(n_codes):
        for kind, part in enumerate(parts):
            found[kind, :, place, :width] = part[:, start : start + width]
        start += width
    return found


def _blinded(sums_of: Ints, place: int) -> Ints:
    """Return the sums as if a column had one code alone, so that nothing is gained by looking at it."""
    found = sums_of.copy()
    found[:, :, place, 0] = sums_of[:, :, place].sum(axis=-1)
    found[:, :, place, 1:] = 0
    return found


def _packed(sides: Flags) -> npt.NDArray[np.uint64]:
    """Return flags (n, 64) as bits, the lowest first."""
    packed: npt.NDArray[np.uint64] = np.packbits(sides, axis=1, bitorder="little").view("<u8")[:, 0]
    return packed.astype(np.uint64)


def _unpacked(bits: npt.NDArray[np.uint64]) -> Flags:
    """Return bits (n,) as flags (n, 64)."""
    octets = bits.astype("<u8")[:, np.newaxis].view(np.uint8)
    return np.unpackbits(octets, axis=1, bitorder="little").astype(np.bool_)
