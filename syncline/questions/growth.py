"""Boosted trees that grow over rows of many suppliers: their bins, their learners, and what is asked of them.

Sensitivity and permission are those of a comparison; see :mod:`syncline.questions.comparison`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from syncline.data.batch import Keys, Mask
from syncline.data.equality import equal_fields

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

SCORE_BINS = 1025
"""Scores of learners are log-odds from -8 to 8 in steps of 1/64."""

MAX_LEARNERS = 64
MAX_GROUPINGS = 32

MOST_SUBGROUPS = 12
"""Categories of a column by which rows are looked at apart, at most."""

MOST_SCORE_CELLS = 2**22
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
class Compared:
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


def require_groups(groups: tuple[Grouping, ...], compared: Compared, size: int, most: int) -> None:
    """Raise ValueError unless groupings are different compared columns, and the answer's ``size`` fits."""
    columns = {group.column for group in groups}
    if len(columns) < len(groups) or not columns.issubset(compared.names):
        raise ValueError("comparison: subgroups are those of a column that is not compared, or twice of one")
    if groups and size > most:
        raise ValueError(f"comparison: by so many subgroups an answer has more than {most} cells")


class Role(Enum):
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

    role: Role
    fold: int = -1
    low: int = 0
    high: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """The trees of all learners, as far as they have grown.

    Attributes
    ----------
    column : uint16 (n_learners, n_trees, ``NODES``), the compared column that each node looks at
    right : uint64 (n_learners, n_trees, ``NODES``), the codes of it that go right, one bit each
    leaves : int64 (n_learners, n_trees, ``LEAVES``), fixed-point margins
    """

    column: npt.NDArray[np.uint16]
    right: npt.NDArray[np.uint64]
    leaves: Ints

    def __post_init__(self) -> None:
        learners, trees = self.column.shape[:2]
        shapes = (self.column.shape, self.right.shape, self.leaves.shape)
        if shapes != ((learners, trees, NODES), (learners, trees, NODES), (learners, trees, LEAVES)):
            raise ValueError("comparison: the trees' arrays differ in shape")

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    @classmethod
    def empty(cls, learners: int, trees: int) -> Forest:
        """Return trees without splits."""
        nodes = (learners, trees, NODES)
        leaves = np.zeros((learners, trees, LEAVES), np.int64)
        return cls(np.zeros(nodes, np.uint16), np.zeros(nodes, np.uint64), leaves)


@dataclass(frozen=True, slots=True)
class GrowTrees:
    """Sum what the next level of every learner's tree is split by, over a sample of the rows.

    For each learner, node, column and code: the chance of being labelled that the trees so far give, in fixed
    point, the rows that are labelled, and the hessian. ``levels`` tells how many levels have grown.
    """

    candidate: str
    compared: Compared
    bins: tuple[ColumnBins, ...]
    target: str
    learners: tuple[Learner, ...]
    rows: tuple[int, int]
    levels: int
    forest: Forest
    kind: ClassVar[str] = "grow_trees"
    marginal_order: ClassVar[int] = 1

    def __post_init__(self) -> None:
        require_grown(self)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns whose values the answer depends on."""
        return self.compared.names

    @property
    def n_nodes(self) -> int:
        """Nodes of the level that is asked about."""
        return 1 << (self.levels % DEPTH)

    def size(self) -> int:
        """Return the number of cells of the answer."""
        return 3 * len(self.learners) * self.n_nodes * sum(column.n_codes for column in self.bins)


@dataclass(frozen=True, slots=True)
class ScoreTrees:
    """Count rows by the scores of grown trees, each row by learners that did not learn from it.

    ``transferred`` are trees that learnt the target from the candidate, one sum for each learner of a target.
    """

    candidate: str
    compared: Compared
    bins: tuple[ColumnBins, ...]
    target: str
    learners: tuple[Learner, ...]
    rows: tuple[int, int]
    levels: int
    forest: Forest
    transferred: Forest
    questions: tuple[Learner, ...] = field(default=())
    """What the transferred trees tell apart."""
    groups: tuple[Grouping, ...] = ()
    """Columns by whose categories rows are counted apart as well."""
    kind: ClassVar[str] = "score_trees"
    marginal_order: ClassVar[int] = 1

    def __post_init__(self) -> None:
        require_grown(self)
        require_groups(self.groups, self.compared, self.size(), MOST_SCORE_CELLS)
        if self.levels % DEPTH or len(self.transferred.column) != len(self.questions):
            raise ValueError("comparison: only whole trees are scored")
        _require_within(self.transferred, len(self.bins))
        asked = [learner.role for learner in self.questions]
        if set(asked) - {Role.TARGET} or (asked and not self.target):
            raise ValueError("score_trees: the transferred trees tell apart what is not a target")
        if sum(learner.role is Role.TARGET for learner in self.learners) not in (0, len(asked)):
            raise ValueError("score_trees: not every learner of a target has its transferred trees")

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns whose values the answer depends on."""
        return self.compared.names

    def size(self) -> int:
        """Return the number of cells: two histograms for each of what is told apart, in each slice."""
        return 2 * SCORE_BINS * (2 + 2 * len(self.questions)) * slices(self.groups)


def require_grown(question: GrowTrees | ScoreTrees) -> None:
    """Raise ValueError unless bins, learners and trees of a question fit each other."""
    n_learners, n_columns = len(question.learners), len(question.bins)
    if tuple(column.name for column in question.bins) != question.compared.names:
        raise ValueError("comparison: the bins are of other columns than are compared")
    if question.target and question.target not in question.compared.names:
        raise ValueError("comparison: the target is not compared")
    if any(column.n_codes > MAX_BINS for column in question.bins):
        raise ValueError(f"comparison: a column of more than {MAX_BINS} codes")
    if n_learners > MAX_LEARNERS or not 0 <= question.levels <= LEVELS:
        raise ValueError("comparison: too many learners or levels")
    if question.forest.column.shape[:2] != (n_learners, -(-question.levels // DEPTH)):
        raise ValueError("comparison: the trees do not have as many levels as it says")
    _require_within(question.forest, n_columns)
    if not question.target and any(learner.role is Role.TARGET for learner in question.learners):
        raise ValueError("comparison: the target is not compared")


def _require_within(forest: Forest, n_columns: int) -> None:
    if int(forest.column.max(initial=0)) >= n_columns:
        raise ValueError("comparison: a tree looks at a column that is not compared")


def grown_digest(question: GrowTrees | ScoreTrees, levels: int) -> str:
    """Return a digest of all that a question says about the first ``levels`` levels of its trees.

    A supplier keeps it, and answers next only to a question that says the same of them: so no node is asked
    about but as the child of nodes that it counted.
    """
    told = hashlib.sha256()
    bins = [(c.name, c.ordered, c.n_codes, c.low.tolist(), c.code.tolist()) for c in question.bins]
    plan = [(one.role.value, one.fold, one.low, one.high) for one in question.learners]
    head = (question.candidate, question.compared.merged, bins, question.target, plan, question.rows, levels)
    told.update(repr(head).encode())
    whole, begun = divmod(levels, DEPTH)
    nodes = 2**begun - 1
    for array in (question.forest.column, question.forest.right):
        told.update(array[:, :whole].tobytes())
        told.update(np.ascontiguousarray(array[:, whole : whole + 1, :nodes]).tobytes())
    told.update(question.forest.leaves[:, :whole].tobytes())
    return told.hexdigest()
