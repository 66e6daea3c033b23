"""TreeLevel: one level of all columns' trees, counted side by side.

A tree predicts one column (its *target*) from the columns before it in the visit order, or from some
of these. Nodes are numbered
as they arise: the root is 0, and the splits of a level, in the order in which they stand, make two children
each, left first. At the next level the hub names the splits of the nodes that it opened and which of the
children to count; the count of the other child follows by subtraction.

Answer, tree by tree: for each counted node, predictor bin and target class the number of training rows,
laid out ``[node, bin, class]``, the bins of the tree's predictors in visit order side by side. With
``leaves`` the nodes counted are leaves, laid out ``[leaf, code]`` with the target's own codes. Where
persons are declared, the leaves and, in a block before everything else, the children that are not leaves
yet carry person buckets.

Size: counted nodes times bins times classes. Sensitivity: a person changes one cell a predictor of one node
a tree for each of their rows. Disclosure: the contingency tables of the nodes. Permission: ``tree_level``.
Aim: :class:`~syncline.questions.tree_paths.TreePaths` accepts a node only as the child, by one split, of a
node that this study asked for, each node is split once and counted once, and levels come in order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.buckets import Buckets, buckets_of, scope_of
from syncline.data.codebook import Codebook, CodedBatch, Coding
from syncline.data.equality import equal_fields
from syncline.data.schema import Schema
from syncline.errors import ProtocolError
from syncline.questions.counts import Counts, concatenate
from syncline.questions.known import Known
from syncline.questions.question import Context, TableQuestion, agreed
from syncline.questions.sensitivity import Sensitivity
from syncline.questions.tree_facts import expected_level, reconcile_level
from syncline.questions.tree_paths import TreePaths
from syncline.questions.workspace import Workspace

if TYPE_CHECKING:
    from syncline.questions.asked import Asked

Ints: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]
Bits: TypeAlias = npt.NDArray[np.uint64]

MAX_BINS = 64
"""Bins of a predictor at most, so that the left side of a split is one 64-bit mask."""
MAX_LEVELS = 64


@dataclass(frozen=True, slots=True, eq=False)
class TreeStep:
    """What one tree does at this level.

    Attributes
    ----------
    target : place of the target in the visit order; its predictors are the places before it
    split_node, split_predictor, split_left : the splits (s,): node, place of the predictor, bins that go left
    counted : nodes to count (c,), increasing
    alive : which predictors are still counted in each node (c, p); all False where ``leaves``
    predictors : places of the tree's predictors (p,), increasing; None for all places before the target
    """

    target: int
    split_node: Ints
    split_predictor: Ints
    split_left: Bits
    counted: Ints
    alive: Mask
    predictors: Ints | None = None

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    def __post_init__(self) -> None:
        s, c, places = len(self.split_node), len(self.counted), self.places
        if (
            len(self.split_predictor) != s
            or len(self.split_left) != s
            or self.alive.shape != (c, len(places))
        ):
            raise ValueError("tree level: the parts of a step differ in length")
        if len(places) and not 0 <= int(places[0]) <= int(places[-1]) < self.target:
            raise ValueError("tree level: a predictor is not before its target")
        if (np.diff(places) <= 0).any():
            raise ValueError("tree level: predictors must increase")
        if not np.isin(self.split_predictor, places).all():
            raise ValueError("tree level: a split uses a column that is not before its target")
        if (np.diff(self.split_node) <= 0).any() or (np.diff(self.counted) <= 0).any():
            raise ValueError("tree level: nodes must increase")

    @property
    def places(self) -> Ints:
        """Places of the predictors in the visit order (p,), increasing."""
        return np.arange(self.target) if self.predictors is None else self.predictors

    def lanes(self, offsets: Ints) -> Ints:
        """Return the first bin of each predictor in a node's histogram, and the end of the last (p + 1,).

        ``offsets`` are the first bins of all places of the visit order and the end of the last.
        """
        return np.concatenate([[0], np.cumsum(np.diff(offsets)[self.places])]).astype(np.int64)


@dataclass(frozen=True, slots=True)
class TreeLevel(TableQuestion[Counts]):
    """Apply the splits of each tree and count the nodes that it names."""

    level: int
    order: tuple[str, ...]
    steps: tuple[TreeStep, ...]
    leaves: bool
    persons: bool = False
    kind: ClassVar[str] = "tree_level"

    def __post_init__(self) -> None:
        if not 0 <= self.level <= MAX_LEVELS:
            raise ValueError("tree level: the level is out of bounds")
        if any(not 0 <= step.target < len(self.order) for step in self.steps):
            raise ValueError("tree level: a target is not in the visit order")

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns whose values the answer depends on."""
        last = max((step.target for step in self.steps), default=-1)
        return tuple(sorted(self.order[: last + 1]))

    @property
    def marginal_order(self) -> int:
        """Largest number of columns that are counted together, beyond the splits that lead to a node."""
        return 2

    def order_in(self, codebook: Codebook | None) -> int:
        """Return how many columns are counted together at most, beyond the splits: a gap counts as one."""
        return self.marginal_order

    def new_nodes(self) -> int:
        """Return the number of children that the splits of this level make."""
        return 2 * sum(len(step.split_node) for step in self.steps)

    def front(self) -> int:
        """Cells in front of all others that count the new children's persons."""
        return self.new_nodes() if self.persons and not self.leaves else 0

    def masked(self, codebook: Codebook | None = None) -> int:
        """Return how many leading cells carry person buckets, where persons are told apart."""
        return (self.size(codebook) if self.leaves else self.front()) if self.persons else 0

    def size(self, codebook: Codebook | None = None) -> int:
        """Return the number of cells of the answer."""
        book = agreed(codebook)
        offsets = bin_offsets(self.order, book)
        return self.front() + sum(len(step.counted) * self.width(step, book, offsets) for step in self.steps)

    def width(self, step: TreeStep, codebook: Codebook, offsets: Ints) -> int:
        """Cells of one counted node of a tree."""
        target = codebook.column(self.order[step.target])
        return target.n_codes if self.leaves else int(step.lanes(offsets)[-1]) * target.levels(Coding.CLASSES)

    def sensitivity(self, context: Context) -> Sensitivity:
        """Return by how much one person can move the answer.

        A row is in one node of a tree at most, in one cell for each predictor that is alive there.
        """
        front = bool(self.front())
        cells = 0
        for step in self.steps:
            in_node = len(step.counted) > 0 if self.leaves else int(step.alive.sum(axis=1).max(initial=0))
            cells += in_node + (front and len(step.split_node) > 0)
        return Sensitivity.of_cells(cells)

    def require_fits(self, schema: Schema, codebook: Codebook | None) -> None:
        """Raise ProtocolError unless the visit order is of columns of the codebook that is agreed."""
        if self.persons and schema.person is None:
            raise ProtocolError("tree_level: the study's schema tells no persons apart")
        names = set(agreed(codebook).names)
        if len(set(self.order)) != len(self.order) or not names.issuperset(self.order):
            raise ProtocolError("tree_level: the visit order is not one of the schema's columns")

    def after(self, asked: Asked) -> Asked:
        """Return what is remembered after it; raise ProtocolError where a level does not follow."""
        return replace(asked, paths=asked.paths.accept(self))

    def answer(self, table: Workspace, context: Context) -> Counts:
        """Return the counts of this table."""
        counter = _LevelCounter(self, table, context.codebook, context.asked.paths)
        parts = [counter.children()] if self.front() else []
        parts += [counter.nodes_of(step) for step in self.steps]
        return concatenate(parts, persons=table.has_persons)

    def reconcile(self, answer: Counts, known: Known, context: Context) -> Known:
        """Return what is known after ``answer``; raise InvariantBroken where it contradicts that.

        Each node has its rows by class for every predictor; children are parts of their node, leaves add up.
        """
        book = context.codebook
        return reconcile_level(self, answer, known, book, bin_offsets(self.order, book))

    def expects(self, known: Known, context: Context) -> Known:
        """Return what is known, of the trees' histograms only what an answer may contradict."""
        book = context.codebook
        return expected_level(self, known, book, bin_offsets(self.order, book))


def bin_offsets(order: tuple[str, ...], codebook: Codebook) -> Ints:
    """Return the first bin of each place of the visit order, all columns' bins lying side by side."""
    bins = [codebook.column(name).levels(Coding.BINS) for name in order]
    return np.concatenate([[0], np.cumsum(bins)]).astype(np.int64)


class _LevelCounter:
    """Count one level over the coded batches of a workspace."""

    def __init__(
        self, question: TreeLevel, workspace: Workspace, codebook: Codebook, paths: TreePaths
    ) -> None:
        self._question, self._workspace, self._codebook = question, workspace, codebook
        self._trees = paths.trees or {}
        self._offsets = bin_offsets(question.order, codebook)
        self._coded = workspace.coded(codebook, holdout=False)
        if question.order not in workspace.bins:
            workspace.bins[question.order] = [self._all_bins(batch) for batch in self._coded]
        self._bins = workspace.bins[question.order]

    def nodes_of(self, step: TreeStep) -> Counts:
        """Count the nodes that one tree asks for."""
        size = len(step.counted) * self._question.width(step, self._codebook, self._offsets)
        masked = size if self._question.leaves and self._question.persons else 0
        cells = (self._cells(step, i) for i in range(len(self._coded)))
        return self._workspace.count(cells, size, masked)

    def children(self) -> Counts:
        """Count the rows and persons of every new child of every tree."""
        parts: list[tuple[Ints, Buckets | None]] = []
        offset = 0
        for step in self._question.steps:
            made = 2 * len(step.split_node)
            first = self._trees[step.target].n_nodes - made
            for i in range(len(self._coded)):
                nodes = self._route(step.target, i)
                rows = np.flatnonzero(nodes >= first) if made else np.zeros(0, np.int64)
                parts.append((nodes[rows].astype(np.int64) - first + offset, self._buckets(step, i, rows)))
            offset += made
        return self._workspace.count(iter(parts), offset, offset)

    def _all_bins(self, batch: CodedBatch) -> npt.NDArray[np.int32]:
        out = np.empty((len(batch.codes), len(self._question.order)), np.int32)
        for place, name in enumerate(self._question.order):
            lookup = self._codebook.column(name).bins.astype(np.int32) + np.int32(self._offsets[place])
            out[:, place] = lookup[batch.codes[:, self._codebook.place(name)]]
        return out

    def _route(self, target: int, i: int) -> npt.NDArray[np.int32]:
        bins, path = self._bins[i], self._trees[target]
        done, nodes = self._workspace.nodes.get((i, target), (0, np.zeros(len(bins), np.int32)))
        if done > len(path.levels):
            done, nodes = 0, np.zeros(len(bins), np.int32)
        for splits in path.levels[done:]:
            nodes = splits.route(nodes, bins, self._offsets)
        self._workspace.nodes[i, target] = (len(path.levels), nodes)
        return nodes

    def _cells(self, step: TreeStep, i: int) -> tuple[Ints, npt.NDArray[np.uint8] | None]:
        nodes, batch = self._route(step.target, i), self._coded[i]
        slot = np.full(self._trees[step.target].n_nodes, -1, np.int64)
        slot[step.counted] = np.arange(len(step.counted))
        slots = slot[nodes]
        rows = np.flatnonzero(slots >= 0)
        slots = slots[rows]
        name = self._question.order[step.target]
        target = self._codebook.column(name)
        codes = batch.codes[rows, self._codebook.place(name)]
        if self._question.leaves:
            return slots * target.n_codes + codes, self._buckets(step, i, rows)
        cells = self._joint(step, slots, self._own_bins(step, i, rows), target.classes[codes])
        return cells, None if batch.owner is None else np.zeros(len(cells), np.uint8)

    def _buckets(self, step: TreeStep, i: int, rows: Ints) -> Buckets | None:
        """Return the buckets (n,) of some rows' persons, of a hash of this tree alone."""
        owner = self._coded[i].owner
        scope = scope_of("tree", self._question.order[step.target])
        return None if owner is None else buckets_of(owner[rows], scope)

    def _own_bins(self, step: TreeStep, i: int, rows: Ints) -> npt.NDArray[np.int32]:
        """Return the bins of the tree's predictors (n, p), as its histograms hold them side by side."""
        if step.predictors is None:
            return self._bins[i][rows, : step.target]
        moved = step.lanes(self._offsets)[:-1] - self._offsets[step.predictors]
        return self._bins[i][rows[:, None], step.predictors] + moved.astype(np.int32)

    def _joint(
        self, step: TreeStep, slots: Ints, bins: npt.NDArray[np.int32], classes: npt.NDArray[np.uint16]
    ) -> Ints:
        target = self._codebook.column(self._question.order[step.target])
        levels = target.levels(Coding.CLASSES)
        cells = np.multiply(bins, levels, dtype=np.int64)
        cells += (slots * (int(step.lanes(self._offsets)[-1]) * levels) + classes)[:, None]
        return cells.ravel() if step.alive.all() else cells[step.alive[slots]]
