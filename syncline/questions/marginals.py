"""Marginals: counts of the cells of column sets, each column at the granularity that the set names.

Size: the product of the levels of a set's columns, summed over the sets. Sensitivity: a person changes one
cell of a set for each of their rows. Disclosure: contingency tables of the order that the policy permits.
Permission: ``marginals``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from syncline.data.codebook import Codebook, CodedBatch, Coding
from syncline.questions.counts import Counts, concatenate
from syncline.questions.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Axis:
    """One column of a set and the coding in which it is counted."""

    column: str
    coding: Coding


@dataclass(frozen=True, slots=True)
class Marginals:
    """Count the cells of ``sets`` in one fold; the last axis of a set varies fastest."""

    sets: tuple[tuple[Axis, ...], ...]
    holdout: bool
    persons: bool = False
    """Whether cells carry person buckets: where a model is built from them."""
    kind: ClassVar[str] = "marginals"

    def __post_init__(self) -> None:
        for axes in self.sets:
            if not 1 <= len(axes) <= 3:
                raise ValueError("marginals: a set names one, two or three columns")

    def size(self, codebook: Codebook) -> int:
        """Return the number of cells of the answer."""
        return sum(prod(shape_of(axes, codebook)) for axes in self.sets)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns whose values the answer depends on."""
        return tuple(sorted({axis.column for axes in self.sets for axis in axes}))

    @property
    def marginal_order(self) -> int:
        """Largest number of columns that are counted together."""
        return max((len(axes) for axes in self.sets), default=0)

    def answer(self, workspace: Workspace, codebook: Codebook) -> Counts:
        """Return the counts of this table."""
        counters = [_SetCounter(axes, codebook, workspace, self.persons) for axes in self.sets]
        for batch in workspace.coded_stream(codebook, holdout=self.holdout):
            for counter in counters:
                counter.add(batch)
        return concatenate((counter.tally.total() for counter in counters), persons=workspace.has_persons)


def shape_of(axes: tuple[Axis, ...], codebook: Codebook) -> tuple[int, ...]:
    """Return the number of levels of each axis of a set."""
    return tuple(codebook.column(axis.column).levels(axis.coding) for axis in axes)


class _SetCounter:
    """Count the cells of one set, batch by batch."""

    def __init__(
        self, axes: tuple[Axis, ...], codebook: Codebook, workspace: Workspace, persons: bool
    ) -> None:
        self._places = [codebook.place(axis.column) for axis in axes]
        self._lookups = [codebook.column(axis.column).lookup(axis.coding).astype(np.int64) for axis in axes]
        self._shape = shape_of(axes, codebook)
        size = prod(self._shape)
        self.tally = workspace.tally(size, size if persons else 0)

    def add(self, batch: CodedBatch) -> None:
        """Count the rows of a batch."""
        cells = self._lookups[0][batch.codes[:, self._places[0]]]
        rest = zip(self._places[1:], self._lookups[1:], self._shape[1:], strict=True)
        for place, lookup, levels in rest:
            cells = cells * levels + lookup[batch.codes[:, place]]
        self.tally.add(cells, batch.person)
