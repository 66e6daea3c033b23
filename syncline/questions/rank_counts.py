"""RankCounts: rows in intervals between keys, the step of a federated search for quantiles and shared values.

A column's keys are offsets from ``base``. At ``shift`` an interval holds the offsets with one prefix
``offset >> (shift + bits)``; each interval asked for is divided into ``2**bits`` equal parts. Cell 0 of a
column counts its missing values, then come the parts of each interval in turn. Categorical columns are
asked in the same way: their keys are the positions of the schema's categories.

Size: one cell a column and ``2**bits`` for each interval. Sensitivity: a person changes one cell of a
column for each of their rows. Disclosure: the hub may refine where enough rows lie; see
docs/threat-model.md. Permission: ``rank_counts``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from syncline.data.batch import Batch
from syncline.data.codebook import Codebook
from syncline.questions.counts import Counts
from syncline.questions.workspace import Workspace

MAX_PARTS = 1 << 17
"""Most parts that one column may be divided into in one round."""


@dataclass(frozen=True, slots=True)
class RankColumn:
    """Intervals of one column: each of ``prefixes`` cut into ``2**bits`` parts of ``2**shift`` keys."""

    name: str
    base: int
    shift: int
    bits: int
    prefixes: tuple[int, ...]

    def __post_init__(self) -> None:
        where = f"rank counts, column {self.name!r}"
        if not (0 <= self.shift <= 63 and 0 <= self.bits <= 17 and self.shift + self.bits <= 64):
            raise ValueError(f"{where}: shift and bits are out of bounds")
        if not self.prefixes or len(self.prefixes) << self.bits > MAX_PARTS:
            raise ValueError(f"{where}: between 1 and {MAX_PARTS} parts can be asked at a time")
        if (
            any(a >= b for a, b in zip(self.prefixes, self.prefixes[1:], strict=False))
            or self.prefixes[0] < 0
        ):
            raise ValueError(f"{where}: prefixes must increase")
        if self.prefixes[-1] >> max(64 - self.shift - self.bits, 0):
            raise ValueError(f"{where}: a prefix is beyond the 64 bits of a key")

    @property
    def size(self) -> int:
        """Cells of this column: missing, then the parts of each interval."""
        return 1 + (len(self.prefixes) << self.bits)

    def cells(self, keys: npt.NDArray[np.int64], status: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Return the cell of each row that lies in an interval or is missing, and -1 for the others."""
        with np.errstate(over="ignore"):
            offsets = keys.view(np.uint64) - np.uint64(self.base % 2**64)
        parts = offsets >> np.uint64(self.shift)
        mask = np.uint64((1 << self.bits) - 1)
        prefixes = np.array(self.prefixes, np.uint64)
        wanted = parts >> np.uint64(self.bits)
        place = np.minimum(np.searchsorted(prefixes, wanted), len(prefixes) - 1)
        cells = 1 + (place.astype(np.int64) << self.bits) + (parts & mask).astype(np.int64)
        cells[(prefixes[place] != wanted) | (status != 0)] = -1
        cells[status == 1] = 0
        return cells


@dataclass(frozen=True, slots=True)
class RankCounts:
    """Count the training rows of each column's intervals; the columns' cells lie one after another."""

    ranked: tuple[RankColumn, ...]
    kind: ClassVar[str] = "rank_counts"

    def size(self, codebook: Codebook | None = None) -> int:
        """Return the number of cells of the answer."""
        return sum(column.size for column in self.ranked)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns whose values the answer depends on."""
        return tuple(column.name for column in self.ranked)

    @property
    def marginal_order(self) -> int:
        """Largest number of columns that are counted together."""
        return 1

    def answer(self, workspace: Workspace) -> Counts:
        """Return the counts of this table."""
        places = {variable.name: i for i, variable in enumerate(workspace.schema.modelled)}
        return workspace.count(self._cells(workspace.training(), places), self.size(), self.size())

    def _cells(
        self, batches: Iterator[Batch], places: dict[str, int]
    ) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8] | None]]:
        for batch in batches:
            found, people, offset = [], [], 0
            for column in self.ranked:
                place = places[column.name]
                cells = column.cells(batch.keys[place], batch.status[place])
                inside = cells >= 0
                found.append(cells[inside] + offset)
                if batch.person is not None:
                    people.append(batch.person[inside])
                offset += column.size
            yield np.concatenate(found), np.concatenate(people) if people else None
