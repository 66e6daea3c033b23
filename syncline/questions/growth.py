"""Boosted trees that grow over rows of many suppliers: their bins, their learners, and what is asked of them.

A question brings one level of splits; the supplier appends it to the trees that it remembers. Bins, learners
and whatever else a row is tallied by follow from the candidate, at every supplier anew.

How many columns an answer can count together: a row has one of a few places in each histogram, so an answer
holds the exact joint table of no more columns than so many places tell apart, a column having two values at
least. While trees grow these are the column that is looked at and one of ``CHANCES`` chances; of scores one
of :func:`score_places` places, beside the target and the subgroup's column: ``MOST_TOGETHER`` columns in all.
As in a fit, that is beyond the splits that lead to a node of the tree that grows; what earlier trees said of
a row is in its chance, so it counts.

Sensitivity and permission are those of a comparison; see :mod:`syncline.questions.comparison`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from syncline.data.batch import Keys, Mask
from syncline.data.equality import equal_fields
from syncline.questions.counts import Counts
from syncline.questions.question import CandidateQuestion

if TYPE_CHECKING:
    from syncline.questions.candidate_memory import CandidateMemory

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint16]

TREES = 12
"""Trees of a learner at most."""

DEPTH = 5
"""Levels of a tree."""

NODES = 2**DEPTH - 1
"""Inner nodes of a tree."""

LEAVES = 2**DEPTH

LEVELS = TREES * DEPTH
"""Rounds in which trees grow, at most: all learners' trees grow side by side."""

MAX_BINS = 64
"""Codes of a column at most, where trees grow."""

MOST_TOGETHER = 3
"""Columns whose exact joint table an answer about trees can hold, at most."""

CHANCES = 2**MOST_TOGETHER - 1
"""Chances of being labelled that a row can have while trees grow: 0 to 1 in even steps.

They are fewer than 8, so they tell apart no more than two columns of two values, beside the one looked at."""

SCORE_BINS = 2 ** (MOST_TOGETHER + 1) - 1
"""Places of a row's score at most."""

LEAF_BITS = 5
"""Binary places of a leaf."""

MOST_LEAF = 127
"""Steps of a leaf at most, either way: log-odds of 4."""

MAX_LEARNERS = 64
MAX_GROUPINGS = 32

MOST_SUBGROUPS = 12
"""Categories of a column by which rows are looked at apart, at most."""

MOST_SCORE_CELLS = 2**20
"""Cells of the scores' histograms in all slices together, at most, where rows are counted apart."""

MISSING = 0
"""The code of every cell without a value of its variable."""


@dataclass(frozen=True, slots=True, eq=False)
class ColumnBins:
    """The codes of one column.

    Attributes
    ----------
    name : the variable
    ordered : whether the order of the codes from 1 up is the order of the values
    low : int64 (s,), increasing: least key of each bin of a line of keys; keys below the first are code 1
    code : uint16 (k,): the code of each category; empty where keys lie on a line
    n_codes : number of codes, the one for missing included
    """

    name: str
    ordered: bool
    low: Ints
    code: Codes
    n_codes: int

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    def encode(self, keys: Keys, valid: Mask) -> Codes:
        """Return the codes (n,), from 0 to ``n_codes`` - 1, of keys (n,) of which some are ``valid``."""
        if len(self.code):
            codes = self.code[np.where(valid, keys, 0)]
        else:
            codes = (np.searchsorted(self.low, keys, side="right") + 1).astype(np.uint16)
        return np.where(valid, codes, np.uint16(MISSING))


@dataclass(frozen=True, slots=True)
class ComparedColumns:
    """The columns that are compared, in schema order, and which categories of each count as one.

    ``merged`` holds for each column the places of the categories that the candidate has as one more category,
    which stands behind the schema's own.
    """

    names: tuple[str, ...]
    merged: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        if not self.names or len(self.names) != len(self.merged):
            raise ValueError("comparison: each column needs its merged categories, which may be none")


@dataclass(frozen=True, slots=True)
class Grouping:
    """A column of categories by which rows are counted apart as well.

    Its ``n_codes`` codes are 0 where the value is missing, and one more than the category's place otherwise.
    """

    column: str
    n_codes: int

    def __post_init__(self) -> None:
        if not 1 <= self.n_codes - 1 <= MOST_SUBGROUPS:
            raise ValueError(f"comparison: a subgroup column has 1 to {MOST_SUBGROUPS} categories")


def slices(groups: tuple[Grouping, ...]) -> int:
    """Return how often all is counted: over all rows, then over those of each code of each grouping."""
    return 1 + sum(group.n_codes for group in groups)


def score_places(*, target: bool, apart: bool) -> int:
    """Return how many places a score has.

    Fewer where rows are also told apart by the ``target``, or by the column of a subgroup.
    """
    return (1 << (MOST_TOGETHER + 1 - target - apart)) - 1


class LearnerRole(Enum):
    """Say which rows a learner tells apart."""

    SYNTHETIC = 1
    """Synthetic rows, at the hub, from held-out ones; from training rows where nobody is held out."""

    TRAINING = 2
    """Training rows from held-out ones."""

    TARGET = 3
    """Training rows with some values of the target from the others."""


@dataclass(frozen=True, slots=True)
class Learner:
    """One sum of boosted trees.

    It learns from all rows but those of ``fold`` (-1 for none), by which it is judged; for a target, rows are
    told apart whose key is from ``low`` to ``high``.
    """

    role: LearnerRole
    fold: int = -1
    low: int = 0
    high: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Splits:
    """The newest level of the trees of all learners, which grow side by side.

    Attributes
    ----------
    column : uint16 (n_learners, n_nodes), the compared column that each node looks at
    right : uint64 (n_learners, n_nodes), the codes of it that go right, one bit each
    leaves : int8 (n_learners, ``LEAVES``), margins in steps, where the level is a tree's last; else none
    """

    column: npt.NDArray[np.uint16]
    right: npt.NDArray[np.uint64]
    leaves: npt.NDArray[np.int8]

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """The trees of all learners, as far as they have grown.

    Attributes
    ----------
    levels : how many levels have grown; those of the last tree may lack some
    column : uint16 (n_learners, n_trees, ``NODES``), the compared column that each node looks at
    right : uint64 (n_learners, n_trees, ``NODES``), the codes of it that go right, one bit each
    leaves : int8 (n_learners, n_trees, ``LEAVES``), margins in steps of 2^-``LEAF_BITS``
    """

    levels: int
    column: npt.NDArray[np.uint16]
    right: npt.NDArray[np.uint64]
    leaves: npt.NDArray[np.int8]

    def __post_init__(self) -> None:
        learners, trees = self.column.shape[0], -(-self.levels // DEPTH)
        shapes = (self.column.shape, self.right.shape, self.leaves.shape)
        if shapes != ((learners, trees, NODES), (learners, trees, NODES), (learners, trees, LEAVES)):
            raise ValueError("comparison: the trees' arrays differ in shape")

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    @classmethod
    def empty(cls, learners: int) -> Forest:
        """Return learners without trees."""
        none = (learners, 0, NODES)
        leaves = np.zeros((learners, 0, LEAVES), np.int8)
        return cls(0, np.zeros(none, np.uint16), np.zeros(none, np.uint64), leaves)

    @property
    def trees(self) -> int:
        """Trees that are whole."""
        return self.levels // DEPTH

    def grown(self, splits: Splits) -> Forest:
        """Return the forest with one level more; raise ValueError where that is not of these learners."""
        learners, tree, level = len(self.column), *divmod(self.levels, DEPTH)
        nodes, last = 2**level, level == DEPTH - 1
        expected = ((learners, nodes), (learners, nodes), (learners, LEAVES if last else 0))
        if (splits.column.shape, splits.right.shape, splits.leaves.shape) != expected:
            raise ValueError("comparison: the splits are not those of the next level of all learners' trees")
        more = 0 if level else 1
        column = np.concatenate([self.column, np.zeros((learners, more, NODES), np.uint16)], axis=1)
        right = np.concatenate([self.right, np.zeros((learners, more, NODES), np.uint64)], axis=1)
        leaves = np.concatenate([self.leaves, np.zeros((learners, more, LEAVES), np.int8)], axis=1)
        column[:, tree, nodes - 1 : 2 * nodes - 1] = splits.column
        right[:, tree, nodes - 1 : 2 * nodes - 1] = splits.right
        if last:
            leaves[:, tree] = splits.leaves
        return Forest(self.levels + 1, column, right, leaves)

    def digest(self, trees: int) -> bytes:
        """Return a digest of the first ``trees`` trees of all learners."""
        told = hashlib.sha256()
        for array in (self.column, self.right, self.leaves):
            told.update(np.ascontiguousarray(array[:, :trees]).tobytes())
        return told.digest()


@dataclass(frozen=True, slots=True, eq=False)
class GrowTrees(CandidateQuestion[Counts]):
    """Sum what the next level of every learner's tree is split by, over a sample of the rows.

    For each learner, node, column and code: the chance of being labelled that the trees so far give, as one
    of ``CHANCES``, the rows that are labelled, and the hessian.

    Attributes
    ----------
    levels : how many levels have grown
    newest : the last of them; None for the first question
    rows, people : training and held-out ones of all suppliers, told with the first question and never again
    """

    candidate: str
    levels: int
    newest: Splits | None = None
    rows: tuple[int, int] | None = None
    people: tuple[int, int] | None = None
    kind: ClassVar[str] = "grow_trees"

    def __post_init__(self) -> None:
        if not 0 <= self.levels < LEVELS:
            raise ValueError(f"grow_trees: trees have at most {LEVELS} levels")
        if (self.newest is None) is (self.levels > 0) or (self.rows is None) is (self.levels == 0):
            raise ValueError("grow_trees: the first question tells the rows of all, each other one a level")
        if (self.people is None) is not (self.rows is None):
            raise ValueError("grow_trees: rows and people of all suppliers are told together")
        if self.rows and self.people and any(p > r for p, r in zip(self.people, self.rows, strict=True)):
            raise ValueError("grow_trees: there cannot be more people than rows")

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    def follow(self, memory: CandidateMemory) -> CandidateMemory:
        """Return the memory with the level that it brings, or with the rows of all."""
        grown = replace(memory.followed(self), asked=self.levels + 1)
        if self.rows is None or self.people is None:
            return grown
        return replace(grown, rows=self.rows, people=self.people)


@dataclass(frozen=True, slots=True, eq=False)
class ScoreTrees(CandidateQuestion[Counts]):
    """Count rows by the scores of the grown trees, each row by learners that did not learn from it.

    Beside them the target is predicted by trees that learn from the candidate, at every supplier alike.
    ``newest`` is the last of ``levels`` levels.
    """

    candidate: str
    levels: int
    newest: Splits
    kind: ClassVar[str] = "score_trees"

    def __post_init__(self) -> None:
        if self.levels % DEPTH or not DEPTH <= self.levels <= LEVELS:
            raise ValueError("score_trees: only whole trees are scored")

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    def follow(self, memory: CandidateMemory) -> CandidateMemory:
        """Return the memory with the last level of the trees, which do not grow any more."""
        return replace(memory.followed(self), asked=self.levels + 1, scored=True)
