"""Marginals: counts of the cells of column sets, each column at the granularity that the set names.

Size: the product of the levels of a set's columns, summed over the sets. Sensitivity: a person changes one
cell of a set for each of their rows. Disclosure: contingency tables of the order that the policy permits.
Permission: ``marginals``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np
import numpy.typing as npt

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
        coded = workspace.coded(codebook, holdout=self.holdout)
        sizes = [prod(shape_of(axes, codebook)) for axes in self.sets]
        parts = (
            workspace.count(_cells(axes, codebook, coded), size, size if self.persons else 0)
            for axes, size in zip(self.sets, sizes, strict=True)
        )
        return concatenate(parts, persons=workspace.has_persons)


def shape_of(axes: tuple[Axis, ...], codebook: Codebook) -> tuple[int, ...]:
    """Return the number of levels of each axis of a set."""
    return tuple(codebook.column(axis.column).levels(axis.coding) for axis in axes)


def _cells(
    axes: tuple[Axis, ...], codebook: Codebook, coded: Sequence[CodedBatch]
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8] | None]]:
    places = [codebook.place(axis.column) for axis in axes]
    lookups = [codebook.column(axis.column).lookup(axis.coding).astype(np.int64) for axis in axes]
    shape = shape_of(axes, codebook)
    for batch in coded:
        cells = lookups[0][batch.codes[:, places[0]]]
        for place, lookup, levels in zip(places[1:], lookups[1:], shape[1:], strict=True):
            cells = cells * levels + lookup[batch.codes[:, place]]
        yield cells, batch.person
