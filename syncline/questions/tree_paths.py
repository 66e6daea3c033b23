"""The splits of all trees of a study: rows are routed by them, and they limit what may be asked next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.equality import equal_fields
from syncline.errors import ProtocolError

if TYPE_CHECKING:
    from syncline.questions.tree_level import TreeLevel, TreeStep

Ints: TypeAlias = npt.NDArray[np.int64]
Bits: TypeAlias = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class LevelSplits:
    """The splits of one tree at one level; child ids follow from ``first_child``."""

    node: Ints
    predictor: Ints
    left: Bits
    first_child: int

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    def route(
        self, nodes: npt.NDArray[np.int32], bins: npt.NDArray[np.int32], offsets: Ints
    ) -> npt.NDArray[np.int32]:
        """Return the node (n,) of each row after these splits; ``bins`` (n, places) lie side by side."""
        if not len(self.node):
            return nodes
        slot = np.full(self.first_child, -1, np.int64)
        slot[self.node] = np.arange(len(self.node))
        slots = slot[nodes]
        rows = np.flatnonzero(slots >= 0)
        slots = slots[rows]
        predictor = self.predictor[slots]
        own = bins[rows, predictor] - offsets[predictor]
        right = 1 - ((self.left[slots] >> own.astype(np.uint64)) & np.uint64(1)).astype(np.int64)
        out = nodes.copy()
        out[rows] = (self.first_child + 2 * slots + right).astype(np.int32)
        return out


@dataclass(frozen=True, slots=True)
class TreePath:
    """What is known of one tree: the splits of each level, and which of the newest nodes may be split.

    ``opened`` are the nodes that were counted last, and their siblings, whose counts follow.
    """

    levels: tuple[LevelSplits, ...] = ()
    n_nodes: int = 1
    opened: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TreePaths:
    """The supplier's memory of all trees of a study: it routes rows, and it limits what may be asked."""

    order: tuple[str, ...] = ()
    level: int = -1
    closed: bool = False
    trees: dict[int, TreePath] | None = None

    def accept(self, question: TreeLevel) -> TreePaths:
        """Return the paths after the splits of ``question``; raise ProtocolError where it aims too far."""
        if self.closed:
            raise ProtocolError("tree level: the trees of this study are closed")
        if question.level != self.level + 1:
            raise ProtocolError(f"tree level: level {self.level + 1} comes next, not {question.level}")
        if self.level >= 0 and question.order != self.order:
            raise ProtocolError("tree level: the visit order changed within a study")
        trees = dict(self.trees or {})
        targets = [step.target for step in question.steps]
        if len(set(targets)) != len(targets):
            raise ProtocolError("tree level: a tree stands in it twice")
        for step in question.steps:
            trees[step.target] = _extended(trees.get(step.target), step, question)
        return TreePaths(question.order, question.level, question.leaves, trees)


def _extended(path: TreePath | None, step: TreeStep, question: TreeLevel) -> TreePath:
    if path is None:
        if question.level != 0 and not question.leaves:
            raise ProtocolError("tree level: a tree begins at level 0")
        path = TreePath()
    if not set(path.opened).issuperset(step.split_node.tolist()):
        raise ProtocolError("tree level: only a node that was counted last can be split, and only once")
    splits = LevelSplits(step.split_node, step.split_predictor, step.split_left, path.n_nodes)
    levels = (*path.levels, splits) if len(step.split_node) else path.levels
    n_nodes = path.n_nodes + 2 * len(step.split_node)
    counted = set(step.counted.tolist())
    if not _countable(TreePath(levels, n_nodes), path.n_nodes, question).issuperset(counted):
        raise ProtocolError("tree level: only a new child can be counted, and leaves only at the end")
    opened = {node for node in range(path.n_nodes, n_nodes) if {node, _sibling(node)} & counted}
    return TreePath(levels, n_nodes, tuple(sorted(opened | (counted & {0}))))


def _countable(path: TreePath, first_child: int, question: TreeLevel) -> set[int]:
    if question.leaves:
        return set(range(path.n_nodes)).difference(*(level.node.tolist() for level in path.levels))
    root = {0} if question.level == 0 else set()
    return root.union(range(first_child, path.n_nodes))


def _sibling(node: int) -> int:
    """Return the other child of the same parent: children follow the root in pairs."""
    return ((node - 1) ^ 1) + 1
