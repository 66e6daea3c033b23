"""Column sets of few cells, counted all at once: a wide table asks for tens of thousands of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from syncline.data.codebook import Codebook, CodedBatch, Coding
from syncline.questions.counts import Counts

MOST_TOGETHER = 1 << 16
"""Cells of the sets that are counted at once."""
_ROWS_AT_ONCE = 1 << 17
"""Rows of all sets that are counted at once."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One column of a set and the coding in which it is counted."""

    column: str
    coding: Coding


def shape_of(axes: tuple[Axis, ...], codebook: Codebook) -> tuple[int, ...]:
    """Return the number of levels of each axis of a set."""
    return tuple(codebook.column(axis.column).levels(axis.coding) for axis in axes)


class SetRun:
    """Count the cells of some column sets that lie side by side, batch by batch."""

    def __init__(self, sets: Sequence[tuple[Axis, ...]], codebook: Codebook) -> None:
        shapes = [shape_of(axes, codebook) for axes in sets]
        self._start = np.cumsum([0, *(prod(shape) for shape in shapes)])
        self._axes = list(dict.fromkeys(axis for axes in sets for axis in axes))
        place = {axis: i for i, axis in enumerate(self._axes)}
        most = max(len(axes) for axes in sets)
        none = len(self._axes)
        self._place = np.array(
            [[*map(place.__getitem__, axes), *[none] * (most - len(axes))] for axes in sets]
        )
        self._levels = np.array([[*shape, *[1] * (most - len(shape))] for shape in shapes])
        self._columns = [codebook.place(axis.column) for axis in self._axes]
        self._lookups = [codebook.column(axis.column).lookup(axis.coding) for axis in self._axes]
        self._counted = np.zeros(int(self._start[-1]), np.int64)

    def add(self, batch: CodedBatch) -> None:
        """Count the rows of a batch."""
        rows = len(batch.codes)
        level = np.zeros((len(self._axes) + 1, rows), np.int64)  # the last one, of no axis, stays 0
        for own, column, lookup in zip(level, self._columns, self._lookups, strict=False):
            own[:] = lookup[batch.codes[:, column]]
        at_once = max(_ROWS_AT_ONCE // max(rows, 1), 1)
        for first in range(0, len(self._place), at_once):
            self._count(level, slice(first, min(first + at_once, len(self._place))))

    def _count(self, level: npt.NDArray[np.int64], sets: slice) -> None:
        """Count the cells of some of the sets; ``level`` (axes + 1, n) are the rows' levels on each axis."""
        first, last = int(self._start[sets.start]), int(self._start[sets.stop])
        cells = np.zeros((sets.stop - sets.start, level.shape[1]), np.int64)
        for place, levels in zip(self._place[sets].T, self._levels[sets].T, strict=True):
            cells *= levels[:, None]
            cells += level[place]
        cells += (self._start[sets] - first)[:, None]
        self._counted[first:last] += np.bincount(cells.ravel(), minlength=last - first)

    def total(self) -> Counts:
        """Return the counts of all batches."""
        return Counts.of_dense(self._counted)
