"""Learners that grow side by side over rows that lie anywhere, a level a round.

See :mod:`syncline.validation.boosting` for the loss, its derivatives and the splits. What a party sums for a
level is, for each learner, node, column and code, the chances of being labelled, the labelled rows and the
hessians; gradients are the difference of the first two. The hub adds the synthetic rows itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from syncline.data.batch import Mask
from syncline.questions.growth import (
    DEPTH,
    SCORE_BINS,
    TREES,
    Forest,
    GrowTrees,
    Learner,
    Role,
    ScoreTrees,
    grown_digest,
    slices,
)
from syncline.validation.boosting import (
    SCALE_BITS,
    Booster,
    BoostSettings,
    Codes,
    Flags,
    Ints,
    derivatives,
    descend,
    leaf_margins,
    split,
)
from syncline.validation.federated.rows import Sample
from syncline.validation.sampling import person_lots

FOLDS = 3
MOST_ROWS = 30_000
"""Rows of either fold, and synthetic ones, that trees learn from; of more a lottery takes about so many."""

SETTINGS = BoostSettings(trees=TREES, depth=DEPTH, rate=0.5)

_ONE = 1 << SCALE_BITS
_STEPS = 64


@dataclass(slots=True, eq=False)
class TreeRows:
    """The rows that a party's trees grow from.

    Attributes
    ----------
    codes : uint8 (n_rows, n_columns)
    fold : int64 (n_rows,), the third that a row is in; all rows of a person are in one
    holdout : bool (n_rows,)
    target, has_target : int64 and bool (n_rows,), the target's key, and whether there is one
    synthetic : whether these are the candidate's own rows
    """

    codes: Codes
    fold: Ints
    holdout: Mask
    target: Ints
    has_target: Mask
    synthetic: bool = False
    _kept: dict[int, _Kept] = field(default_factory=dict)

    @classmethod
    def of(cls, question: GrowTrees | ScoreTrees, sample: Sample, *, synthetic: bool = False) -> TreeRows:
        """Code rows by the question's bins."""
        cells = sample.cells
        codes = np.empty((cells.n_rows, len(question.bins)), np.uint8)
        for place, column in enumerate(question.bins):
            codes[:, place] = column.encode(cells.keys[place], cells.valid(place))
        fold = (person_lots(cells, b"fold") % np.uint64(FOLDS)).astype(np.int64)[cells.owner]
        place = cells.place(question.target) if question.target else 0
        valid = cells.valid(place)
        return cls(codes, fold, sample.holdout, cells.keys[place], valid, synthetic)

    def kept(self, question: GrowTrees | ScoreTrees, number: int, told: _Told) -> _Kept:
        """Return the rows that a learner is about, with the margins that its whole trees give them."""
        known, whole = self._kept.get(number), question.levels // DEPTH
        if known is None or known.told not in (told.now, told.before):
            known = self._begun(question.learners[number], question.rows[1] > 0)
        if known.told != told.now:
            first = whole - 1 if known.told == told.before and whole else 0
            for tree in range(first, whole):
                known.margins += tree_margins(question.forest, number, tree, known.codes)
            known.told = told.now
        self._kept[number] = known
        return known

    def _begun(self, learner: Learner, has_holdout: bool) -> _Kept:
        about = self._concerned(learner, has_holdout)
        labels = self.labels(learner)[about]
        learns = (self.fold != learner.fold)[about]
        judges = ~learns
        if learner.role is Role.TARGET:
            learns, judges = ~self.holdout[about], self.tested(has_holdout)[about]
        return _Kept(self.codes[about], labels, learns, judges, np.zeros(len(labels), np.int64))

    def tested(self, has_holdout: bool) -> Mask:
        """Tell on which rows a prediction of the target is tried: held-out ones where there are any."""
        if self.synthetic:
            return np.zeros(len(self.fold), np.bool_)
        tested: Mask = self.holdout == has_holdout
        return tested

    def labels(self, learner: Learner) -> Flags:
        """Tell which rows (n_rows,) a learner is to recognise."""
        if learner.role is Role.SYNTHETIC:
            return np.full(len(self.fold), self.synthetic)
        if learner.role is Role.TRAINING:
            return ~self.holdout
        return self.has_target & (self.target >= learner.low) & (self.target <= learner.high)

    def _concerned(self, learner: Learner, has_holdout: bool) -> Mask:
        """Tell which rows a learner learns from or is judged by."""
        if self.synthetic:
            return np.full(len(self.fold), learner.role is Role.SYNTHETIC)
        if learner.role is Role.SYNTHETIC:
            chosen: Mask = self.holdout == has_holdout
            return chosen
        return np.ones(len(self.fold), np.bool_)


@dataclass(slots=True, eq=False)
class _Kept:
    """The rows of one learner: which it learns from and which it is judged by, and their margins so far."""

    codes: Codes
    labels: Flags
    learns: Mask
    judges: Mask
    margins: Ints
    told: str = ""


@dataclass(frozen=True, slots=True)
class _Told:
    """What a question says of its whole trees, and of all but the last of them, as digests."""

    now: str
    before: str

    @classmethod
    def by(cls, question: GrowTrees | ScoreTrees) -> _Told:
        whole = question.levels // DEPTH
        before = grown_digest(question, (whole - 1) * DEPTH) if whole else ""
        return cls(grown_digest(question, whole * DEPTH), before)


def sums(question: GrowTrees, rows: TreeRows) -> Ints:
    """Return what a party sums for a level, (size,): learner, chance | labelled | hessian, node, code."""
    offsets = np.concatenate([[0], np.cumsum([column.n_codes for column in question.bins])])
    width, n_nodes, tree = int(offsets[-1]), question.n_nodes, question.levels // DEPTH
    n_codes = [column.n_codes for column in question.bins]
    found = np.zeros((len(question.learners), 3, n_nodes, width), np.int64)
    told = _Told.by(question)
    for number in range(len(question.learners)):
        kept = rows.kept(question, number, told)
        codes, labels = kept.codes[kept.learns], kept.labels[kept.learns]
        node = _nodes(question.forest, number, tree, question.levels % DEPTH, codes)
        gradient, hessian = derivatives(kept.margins[kept.learns], labels)
        chance, labelled = gradient + np.where(labels, _ONE, 0), bool(labels.any())
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


def grown(question: GrowTrees, total: Ints) -> Forest:
    """Return the trees with one level more, from the sums of all parties and the synthetic rows."""
    tree, level = divmod(question.levels, DEPTH)
    old = question.forest
    forest = old if level else _one_more(old)
    n_codes = [column.n_codes for column in question.bins]
    shaped = total.reshape(len(question.learners), 3, question.n_nodes, sum(n_codes))
    categorical = np.array([not column.ordered for column in question.bins])
    column, right, leaves = forest.column.copy(), forest.right.copy(), forest.leaves.copy()
    names = [one.name for one in question.bins]
    first = question.n_nodes - 1
    for number, learner in enumerate(question.learners):
        sums_of = _padded(shaped[number], n_codes)
        if learner.role is Role.TARGET:
            sums_of = _blinded(sums_of, names.index(question.target))
        chosen, sides = split(sums_of, categorical, SETTINGS)
        column[number, tree, first : first + question.n_nodes] = chosen
        right[number, tree, first : first + question.n_nodes] = _packed(sides)
        if level == DEPTH - 1:
            leaves[number, tree] = leaf_margins(sums_of, chosen, sides, SETTINGS)
    return Forest(column, right, leaves)


def tree_margins(forest: Forest, number: int, tree: int, codes: Codes) -> Ints:
    """Return the margins (n,) that one tree of one learner gives to rows (n, n_columns)."""
    margins: Ints = forest.leaves[number, tree][_nodes(forest, number, tree, DEPTH, codes)]
    return margins


def forest_of(boosters: Sequence[Booster]) -> Forest:
    """Return learners that learnt in one place, equally many trees each, as a forest."""
    forest = Forest.empty(len(boosters), len(boosters[0].trees) if boosters else 0)
    for number, booster in enumerate(boosters):
        for place, tree in enumerate(booster.trees):
            forest.column[number, place] = np.concatenate(tree.columns)
            forest.right[number, place] = _packed(np.concatenate(tree.right))
            forest.leaves[number, place] = tree.leaves
    return forest


def score_histograms(question: ScoreTrees, rows: TreeRows) -> Ints:
    """Return two histograms of rows by score for each of what is told apart, in each slice, (size,).

    First synthetic rows from real ones, then training rows from held-out ones, then for each part of the
    target the learners of real rows and those of synthetic ones; labelled rows stand before the others.
    """
    found = np.zeros((slices(question.groups), 2 + 2 * len(question.questions), 2, SCORE_BINS), np.int64)
    targets, told = 0, _Told.by(question)
    for number, learner in enumerate(question.learners):
        kept = rows.kept(question, number, told)
        place = 0 if learner.role is Role.SYNTHETIC else 1
        if learner.role is Role.TARGET:
            place = 2 + 2 * targets
            targets += 1
        apart = _groups(question, kept.codes[kept.judges])
        _count(found[:, place], kept.labels[kept.judges], score_bins(kept.margins[kept.judges]), apart)
    tested = rows.tested(question.rows[1] > 0)
    codes = rows.codes[tested]
    apart = _groups(question, codes)
    for number, learner in enumerate(question.questions):
        margins = np.zeros(len(codes), np.int64)
        for tree in range(question.transferred.column.shape[1]):
            margins = margins + tree_margins(question.transferred, number, tree, codes)
        _count(found[:, 3 + 2 * number], rows.labels(learner)[tested], score_bins(margins), apart)
    return found.reshape(-1)


def score_bins(margins: Ints) -> Ints:
    """Return the bin (n,) of each fixed-point margin (n,)."""
    bins: Ints = np.clip((margins * _STEPS >> SCALE_BITS) + SCORE_BINS // 2, 0, SCORE_BINS - 1)
    return bins


def _groups(question: ScoreTrees, codes: Codes) -> list[tuple[Ints, int]]:
    """Return the codes (n,) of rows in each grouping, and how many there are.

    Columns of so few categories have the same codes where trees grow.
    """
    names = question.compared.names
    return [
        (codes[:, names.index(group.column)].astype(np.int64), group.n_codes) for group in question.groups
    ]


def _count(found: Ints, labels: Flags, bins: Ints, apart: Sequence[tuple[Ints, int]]) -> None:
    """Add rows (n,) to histograms (slices, 2, n_bins): those of all rows, then those of each grouping."""
    cell = np.where(labels, 0, SCORE_BINS) + bins
    place, size = 1, 2 * SCORE_BINS
    found[0] += np.bincount(cell, minlength=size).reshape(2, SCORE_BINS)
    for codes, n_codes in apart:
        counted = np.bincount(codes * size + cell, minlength=n_codes * size)
        found[place : place + n_codes] += counted.reshape(n_codes, 2, SCORE_BINS)
        place += n_codes


def _nodes(forest: Forest, number: int, tree: int, levels: int, codes: Codes) -> Ints:
    """Return the node (n,), counted within its level, that each row is in below ``levels`` levels."""
    node = np.zeros(len(codes), np.int64)
    for level in range(levels):
        inner = slice(2**level - 1, 2 ** (level + 1) - 1)
        columns = forest.column[number, tree, inner].astype(np.int64)
        node = descend(node, codes, columns, _unpacked(forest.right[number, tree, inner]))
    return node


def _one_more(forest: Forest) -> Forest:
    """Return the forest with one more tree for each learner, without splits yet."""
    more = Forest.empty(len(forest.column), 1)
    return Forest(
        np.concatenate([forest.column, more.column], axis=1),
        np.concatenate([forest.right, more.right], axis=1),
        np.concatenate([forest.leaves, more.leaves], axis=1),
    )


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
