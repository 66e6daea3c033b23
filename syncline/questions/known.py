"""What is known of a party's rows from its answers so far, and how an answer may contradict it.

Each question declares its invariants in a method ``reconcile(answer, known, ...)``: it returns what is known
after the answer, or raises :class:`InvariantBroken`, whose sentence names the rule and no value. None of them
asks whose rows these are: what holds for the rows of one supplier holds for the sum over many, so a sum of
masked answers is checked by the same functions as a supplier's own.

Only rows for training are known by column. All arrays are what the party itself counted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from syncline.data.codebook import Codebook, Coding
from syncline.data.equality import equal_fields
from syncline.questions.counts import Ints, Masks

Mask = npt.NDArray[np.bool_]

OPENED = "other persons are counted than were told when the salt was drawn"


class InvariantBroken(ValueError):
    """An answer contradicts itself or what was answered before; the sentence names the rule, and no value."""


def require(holds: bool | np.bool_, rule: str) -> None:
    """Raise InvariantBroken with ``rule`` as its sentence unless it ``holds``."""
    if not holds:
        _break(rule)


def _break(rule: str) -> NoReturn:
    raise InvariantBroken(rule)


@dataclass(frozen=True, slots=True)
class PartySizes:
    """Rows for training and held out, and the person buckets of each, None without persons."""

    train: int
    holdout: int
    buckets: tuple[int, int] | None = None

    @property
    def total(self) -> int:
        """All rows."""
        return self.train + self.holdout


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """What lies in the intervals of a column that are divided next.

    Attributes
    ----------
    shift : an interval holds the offsets with one ``offset >> shift``
    prefix : these (p,), increasing
    rows, masks : rows of each (p,), and their person buckets, None without persons
    """

    shift: int
    prefix: Masks
    rows: Ints
    masks: Masks | None

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    def only(self, prefixes: Collection[int]) -> Intervals:
        """Return some of the intervals, with those that hold nothing added as such."""
        wanted = np.array(sorted(prefixes), np.uint64)
        place = np.searchsorted(self.prefix, wanted)
        found = np.zeros(len(wanted), np.bool_)
        inside = place < len(self.prefix)
        found[inside] = self.prefix[place[inside]] == wanted[inside]
        rows, masks = np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.uint64)
        rows[found] = self.rows[place[found]]
        if self.masks is None:
            return Intervals(self.shift, wanted, rows, None)
        masks[found] = self.masks[place[found]]
        return Intervals(self.shift, wanted, rows, masks)


@dataclass(frozen=True, slots=True)
class Filled:
    """Rows with and without a value of a column, the person buckets of those without, and how many have one.

    ``people`` are the persons with a value, at least so many; where nobody tells persons apart, the rows.
    """

    valid: int
    missing: int
    missing_mask: int = 0
    people: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """Bounds of the sum of a column's fixed-point values and of their squares."""

    low: int
    high: int
    square_low: int
    square_high: int


@dataclass(frozen=True, slots=True, eq=False)
class Histograms:
    """The filled cells of some nodes of a tree.

    Attributes
    ----------
    node : the nodes (k,), increasing
    size : filled cells of each (k,)
    cell, rows : these cells, ``bin * n_classes + class``, and their rows (m,), node by node, increasing
    """

    node: Ints
    size: Ints
    cell: Ints
    rows: Ints

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    @classmethod
    def none(cls) -> Histograms:
        """Return those of no node."""
        zero = np.zeros(0, np.int64)
        return cls(zero, zero, zero, zero)

    @classmethod
    def of(cls, nodes: Ints, slot: Ints, cell: Ints, rows: Ints) -> Histograms:
        """Return the histograms of ``nodes`` (k,) from cells (m,) sorted by their node's ``slot``."""
        return cls(nodes, np.bincount(slot, minlength=len(nodes)).astype(np.int64), cell, rows)

    def of_nodes(self, nodes: Ints) -> tuple[Ints, Ints, Ints]:
        """Return the cells of ``nodes`` (s,), where they are here: place there, cell, and rows."""
        place = np.searchsorted(nodes, self.node)
        inside = place < len(nodes)
        inside[inside] = nodes[place[inside]] == self.node[inside]
        if inside.all():
            return np.repeat(place, self.size), self.cell, self.rows
        kept = np.repeat(inside, self.size)
        return np.repeat(place[inside], self.size[inside]), self.cell[kept], self.rows[kept]


@dataclass(frozen=True, slots=True, eq=False)
class KnownTree:
    """What is known of a tree's nodes.

    Attributes
    ----------
    classes : rows of each node by target class (n_nodes, n_classes)
    masks : person buckets of each node (n_nodes,), 0 where they were not told
    split : the nodes that were split last (s,), increasing, or are about to be
    parents, counted : histograms of these, and of those of their children that were counted
    """

    classes: Ints
    masks: Masks
    split: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    parents: Histograms = field(default_factory=Histograms.none)
    counted: Histograms = field(default_factory=Histograms.none)

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    def histograms(self, nodes: Ints) -> tuple[Ints, Ints, Ints]:
        """Return the cells of ``nodes`` (s,), increasing: each one's place there, itself, and its rows.

        What a child that was not counted holds is its parent's less its sibling's.
        """
        slot, cell, rows = self.counted.of_nodes(nodes)
        others = np.flatnonzero(~np.isin(nodes, self.counted.node))
        if not len(others) or not len(self.split):
            return slot, cell, rows
        child = nodes[others] - (len(self.classes) - 2 * len(self.split))
        place, held_cell, held = self.parents.of_nodes(self.split[child // 2])
        sibling, own_cell, own = self.counted.of_nodes(nodes[others] + 1 - 2 * (child % 2))
        wide = 1 + max(int(held_cell.max(initial=0)), int(cell.max(initial=0)))
        left = held.copy()
        left[np.searchsorted(place * wide + held_cell, sibling * wide + own_cell)] -= own
        kept = left > 0
        slot = np.concatenate([slot, others[place[kept]]])
        cell, rows = np.concatenate([cell, held_cell[kept]]), np.concatenate([rows, left[kept]])
        order = np.argsort(slot * wide + cell, kind="stable")  # two runs, each in order
        return slot[order], cell[order], rows[order]


@dataclass(frozen=True, slots=True, eq=False)
class Grown:
    """What is known of the rows from which the trees of a comparison grow.

    Attributes
    ----------
    rows, labelled : rows, and labelled ones, that each learner learns from, by code (n_learners, n_codes)
    tree : of the tree that grows, sums of chances, labelled rows and hessians (n_learners, 3, n_codes)
    """

    rows: Ints
    labelled: Ints
    tree: Ints

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)


@dataclass(frozen=True, slots=True)
class Known:
    """What a party's answers have said of its rows.

    Attributes
    ----------
    sizes : rows and persons, None before they were counted
    statuses : cells of each column by status, over both folds
    filled : of each column, rows for training with and without a value
    intervals : of each column that is searched, the intervals that are divided next
    marginals : rows of each level of a column, in each coding in which it was counted
    buckets : the person buckets of each column over both folds, in its own scope, where they were told
    moments : bounds of the sums of numeric columns
    logs : bounds of the sums of their logarithms
    trees : by place of the target in the visit order
    people : persons for training and held out, None before they were counted
    grown : rows from which trees grow, None before any was asked about
    fitted : rows, events and support of each declared model, in either fold, by its formula
    opened : persons that were told in the opening round, where their number decided who is held out
    """

    sizes: PartySizes | None = None
    statuses: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    filled: Mapping[str, Filled] = field(default_factory=dict)
    intervals: Mapping[str, Intervals] = field(default_factory=dict)
    marginals: Mapping[tuple[str, Coding], Ints] = field(default_factory=dict)
    buckets: Mapping[str, int] = field(default_factory=dict)
    moments: Mapping[str, Moment] = field(default_factory=dict)
    logs: Mapping[str, Moment] = field(default_factory=dict)
    trees: Mapping[int, KnownTree] = field(default_factory=dict)
    people: tuple[int, int] | None = None
    grown: Grown | None = None
    fitted: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    opened: int | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Known):
            return NotImplemented
        same = all(getattr(self, n) == getattr(other, n) for n in self.__slots__ if n != "marginals")
        return same and _equal_arrays(self.marginals, other.marginals)

    __hash__ = None  # type: ignore[assignment]  # arrays have no hash

    def marginal(self, name: str, coding: Coding, codebook: Codebook) -> Ints | None:
        """Return the rows of each level of a column, None where they do not follow from what is known."""
        if (name, coding) in self.marginals:
            return self.marginals[name, coding]
        fine = self.marginals.get((name, Coding.FINE))
        if fine is None:
            return None
        column = codebook.column(name)
        return grouped(fine, column.lookup(coding), column.levels(coding))


def _equal_arrays(one: Mapping[tuple[str, Coding], Ints], other: Mapping[tuple[str, Coding], Ints]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[key], other[key]) for key in one)


def grouped(fine: Ints, lookup: npt.NDArray[np.uint16], levels: int) -> Ints:
    """Return the rows of each of ``levels`` from those of each code."""
    out = np.zeros(levels, np.int64)
    np.add.at(out, lookup.astype(np.int64), fine)
    return out


def summed(places: Ints, rows: Ints, size: int) -> Ints:
    """Return the sum of ``rows`` (n,) at each of ``size`` places; exact below 2**53."""
    return np.bincount(places, rows.astype(np.float64), size).astype(np.int64)


def united(places: Ints, masks: Masks, size: int) -> Masks:
    """Return the person buckets at each of ``size`` places."""
    out = np.zeros(size, np.uint64)
    np.bitwise_or.at(out, places, masks)
    return out
