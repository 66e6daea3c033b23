"""RowCount: how many rows, and at least how many persons, are there in each fold.

Size: two cells. Sensitivity: one person changes each cell by at most the rows that the person has.
Disclosure: sizes only. Permission: ``row_count``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from syncline.data.buckets import scope_of
from syncline.data.codebook import Codebook
from syncline.questions.counts import Counts
from syncline.questions.known import OPENED, Known, PartySizes, require
from syncline.questions.question import Context, TableQuestion
from syncline.questions.sensitivity import Sensitivity
from syncline.questions.workspace import Workspace

_SCOPE = scope_of("rows")


@dataclass(frozen=True, slots=True)
class RowCount(TableQuestion[Counts]):
    """Count the rows for training (cell 0) and the rows held out (cell 1)."""

    kind: ClassVar[str] = "row_count"

    def size(self, codebook: Codebook | None = None) -> int:
        """Return the number of cells of the answer."""
        return 2

    def masked(self, codebook: Codebook | None = None) -> int:
        """Return how many leading cells carry person buckets: all."""
        return self.size()

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns whose values the answer depends on: none."""
        return ()

    @property
    def marginal_order(self) -> int:
        """Largest number of columns that are counted together."""
        return 0

    def sensitivity(self, context: Context) -> Sensitivity:
        """Return by how much one person can move the answer: a row is in one fold."""
        return Sensitivity.of_cells(1)

    def answer(self, table: Workspace, context: Context) -> Counts:
        """Return the counts of this table."""
        parts = ((batch.holdout.astype(np.int64), batch.buckets(_SCOPE)) for batch in table.batches())
        return table.count(parts, self.size(), self.size())

    def reconcile(self, answer: Counts, known: Known, context: Context) -> Known:
        """Return what is known after ``answer``; raise InvariantBroken where it contradicts that."""
        train, holdout = answer.dense().tolist()
        masks = answer.dense_masks()
        sizes = PartySizes(train, holdout, None if masks is None else (int(masks[0]), int(masks[1])))
        require(known.sizes in (None, sizes), "the number of rows or persons changed")
        if known.opened is not None:
            least = sizes.total if sizes.buckets is None else sum(own.bit_count() for own in sizes.buckets)
            require(least <= known.opened <= sizes.total, OPENED)
        return replace(known, sizes=sizes)
