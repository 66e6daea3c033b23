"""Marginals: counts of the cells of column sets, each column at the granularity that the set names.

Size: the product of the levels of a set's columns, summed over the sets. Sensitivity: a person changes one
cell of a set for each of their rows. Disclosure: contingency tables of the order that the policy permits.
Permission: ``marginals``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from syncline.data.buckets import scope_of
from syncline.data.codebook import Codebook, CodedBatch, Coding
from syncline.data.schema import Schema
from syncline.errors import ProtocolError
from syncline.questions.counts import Counts, Ints, concatenate
from syncline.questions.known import Known, grouped, require, summed
from syncline.questions.question import Context, TableQuestion, agreed
from syncline.questions.sensitivity import Sensitivity
from syncline.questions.set_run import MOST_TOGETHER, Axis, SetRun, shape_of
from syncline.questions.workspace import Workspace

__all__ = ["Axis", "Marginals", "shape_of"]

if TYPE_CHECKING:
    from syncline.questions.asked import Asked


MOST_COLUMNS = 6
"""Columns of a set at most."""


@dataclass(frozen=True, slots=True)
class Marginals(TableQuestion[Counts]):
    """Count the cells of ``sets`` in one fold; the last axis of a set varies fastest."""

    sets: tuple[tuple[Axis, ...], ...]
    holdout: bool
    persons: bool = False
    """Whether cells carry person buckets: where a model is built from them."""
    kind: ClassVar[str] = "marginals"

    def __post_init__(self) -> None:
        for axes in self.sets:
            if not 1 <= len(axes) <= MOST_COLUMNS:
                raise ValueError(f"marginals: a set names one to {MOST_COLUMNS} columns")

    def size(self, codebook: Codebook | None = None) -> int:
        """Return the number of cells of the answer."""
        book = agreed(codebook)
        return sum(prod(shape_of(axes, book)) for axes in self.sets)

    def masked(self, codebook: Codebook | None = None) -> int:
        """Return how many leading cells carry person buckets: all or none."""
        return self.size(codebook) if self.persons else 0

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns whose values the answer depends on."""
        return tuple(sorted({axis.column for axes in self.sets for axis in axes}))

    @property
    def marginal_order(self) -> int:
        """Largest number of columns that are counted together."""
        return max((len(axes) for axes in self.sets), default=0)

    def order_in(self, codebook: Codebook | None) -> int:
        """Return how many columns are counted together at most, where a gap is both of its columns."""
        if codebook is None:
            return self.marginal_order
        sets = ([axis.column for axis in axes] for axes in self.sets)
        return max((len(codebook.sources(names)) for names in sets), default=0)

    def sensitivity(self, context: Context) -> Sensitivity:
        """Return by how much one person can move the answer: a row is in one cell of a set."""
        return Sensitivity.of_cells(len(self.sets))

    def require_fits(self, schema: Schema, codebook: Codebook | None) -> None:
        """Raise ProtocolError unless a codebook is agreed, and persons are told apart where they count."""
        if self.persons and schema.person is None:
            raise ProtocolError("marginals: the study's schema tells no persons apart")
        agreed(codebook)

    def after(self, asked: Asked) -> Asked:
        """Return what is remembered after it: each set, and that nothing follows after held-out rows."""
        names = {f"{_set_name(axes)}|{self.holdout}|{self.persons}" for axes in self.sets}
        if len(names) < len(self.sets) or names & asked.counted:
            raise ProtocolError("marginals: a column set was counted in this study already")
        closed = asked.closed or (self.holdout and bool(names))
        return replace(asked, counted=asked.counted | names, closed=closed)

    def answer(self, table: Workspace, context: Context) -> Counts:
        """Return the counts of this table."""
        codebook = context.codebook
        counters = [
            _SetCounter(run[0], codebook, table, self.persons)
            if self.persons or prod(shape_of(run[0], codebook)) > MOST_TOGETHER
            else SetRun(run, codebook)
            for run in self._runs(codebook)
        ]
        for batch in table.coded_stream(codebook, holdout=self.holdout):
            for counter in counters:
                counter.add(batch)
        return concatenate((counter.total() for counter in counters), persons=table.has_persons)

    def _runs(self, codebook: Codebook) -> Iterator[list[tuple[Axis, ...]]]:
        """Yield the sets in order, together as far as they are of few cells and without persons."""
        run, cells = list[tuple[Axis, ...]](), 0
        for axes in self.sets:
            size = prod(shape_of(axes, codebook))
            if run and (self.persons or cells + size > MOST_TOGETHER):
                yield run
                run, cells = [], 0
            run.append(axes)
            cells += size
        if run:
            yield run

    def reconcile(self, answer: Counts, known: Known, context: Context) -> Known:
        """Return what is known after ``answer``; raise InvariantBroken where it contradicts that.

        A column has the same rows at each level whichever set they are read from and in whichever round.
        """
        if self.holdout or not self.sets:
            return known
        codebook = context.codebook
        marginals = dict(known.marginals)
        for name, coding, rows in _SetMarginals(self, answer, codebook):
            key = name, coding
            before = marginals.get(key)
            if before is None:
                before = replace(known, marginals=marginals).marginal(name, coding, codebook)
            require(before is None or np.array_equal(before, rows), _CHANGED)
            marginals[key] = rows
            if coding is Coding.FINE and before is None:
                _require_nested(name, marginals, codebook)
            if known.sizes is not None:
                require(int(rows.sum()) == known.sizes.train, "a set of columns has not all rows")
        return replace(known, marginals=marginals)


def _set_name(axes: tuple[Axis, ...]) -> str:
    """Name a column set, the same for every order of its columns."""
    if len({axis.column for axis in axes}) < len(axes):
        raise ProtocolError("marginals: a column stands twice in one set")
    return "|".join(sorted(f"{axis.column}\x00{axis.coding}" for axis in axes))


_CHANGED = "a column has other rows in one set than in another"


def _require_nested(name: str, marginals: dict[tuple[str, Coding], Ints], codebook: Codebook) -> None:
    """Raise unless the coarser codings of a column that are known follow from its codes."""
    column, fine = codebook.column(name), marginals[name, Coding.FINE]
    for coding in Coding:
        if coding is not Coding.FINE and (name, coding) in marginals:
            coarse = grouped(fine, column.lookup(coding), column.levels(coding))
            require(np.array_equal(coarse, marginals[name, coding]), _CHANGED)


class _SetMarginals:
    """The rows of each column of each set of an answer, all sets at once."""

    def __init__(self, question: Marginals, answer: Counts, codebook: Codebook) -> None:
        self._sets, self._answer, self._codebook = question.sets, answer, codebook

    def __iter__(self) -> Iterator[tuple[str, Coding, Ints]]:
        """Yield column, coding and rows (levels,) for each axis of each set."""
        shapes = [shape_of(axes, self._codebook) for axes in self._sets]
        starts = np.concatenate([[0], np.cumsum([prod(shape) for shape in shapes])])
        own = np.searchsorted(starts, self._answer.index, side="right") - 1
        rest = self._answer.index - starts[own]
        for axis in range(max(len(axes) for axes in self._sets)):
            level, levels = self._levels(shapes, axis, own, rest)
            ends = np.cumsum(levels)
            place, inside = (ends - levels)[own] + level, levels[own] > 0
            rows = summed(place[inside], self._answer.value[inside], int(ends[-1]))
            for axes, end, count in zip(self._sets, ends.tolist(), levels.tolist(), strict=True):
                if count:
                    yield axes[axis].column, axes[axis].coding, rows[end - count : end]

    def _levels(self, shapes: list[tuple[int, ...]], axis: int, own: Ints, rest: Ints) -> tuple[Ints, Ints]:
        """Return each cell's level on one axis, and the levels of that axis in each set, 0 without it."""
        levels = np.array([shape[axis] if axis < len(shape) else 0 for shape in shapes], np.int64)
        inner = np.array([prod(shape[axis + 1 :]) for shape in shapes], np.int64)
        return rest // inner[own] % np.maximum(levels, 1)[own], levels


class _SetCounter:
    """Count the cells of one set, batch by batch."""

    def __init__(
        self, axes: tuple[Axis, ...], codebook: Codebook, workspace: Workspace, persons: bool
    ) -> None:
        self._places = [codebook.place(axis.column) for axis in axes]
        self._lookups = [codebook.column(axis.column).lookup(axis.coding).astype(np.int64) for axis in axes]
        self._shape = shape_of(axes, codebook)
        size = prod(self._shape)
        self._scope = scope_of("columns", *sorted(axis.column for axis in axes))
        self._tally = workspace.tally(size, size if persons else 0)

    def add(self, batch: CodedBatch) -> None:
        """Count the rows of a batch."""
        cells = self._lookups[0][batch.codes[:, self._places[0]]]
        rest = zip(self._places[1:], self._lookups[1:], self._shape[1:], strict=True)
        for place, lookup, levels in rest:
            cells = cells * levels + lookup[batch.codes[:, place]]
        self._tally.add(cells, batch.buckets(self._scope))

    def total(self) -> Counts:
        """Return the counts of all batches."""
        return self._tally.total()
