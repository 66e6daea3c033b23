"""DigitCounts: on which digit the numbers of a column end, by which rounding and invention show.

Size: ten cells a column. Sensitivity: a row ends on one digit in each column. Disclosure: ten counts a
column. A question as docs/adding-a-question.md has it: this file, and one line of the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from syncline.data.codebook import Codebook
from syncline.data.schema import Schema
from syncline.errors import ProtocolError
from syncline.questions.counts import Counts
from syncline.questions.known import Known, require
from syncline.questions.question import Context, TableQuestion
from syncline.questions.sensitivity import Sensitivity
from syncline.questions.workspace import Workspace

DIGITS = 10


@dataclass(frozen=True, slots=True)
class DigitCounts(TableQuestion[Counts]):
    """Count the training rows whose key in column i ends on digit d in cell 10i + d."""

    names: tuple[str, ...]
    kind: ClassVar[str] = "digit_counts"

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns whose values the answer depends on."""
        return self.names

    @property
    def marginal_order(self) -> int:
        """Largest number of columns that are counted together."""
        return 1

    def size(self, codebook: Codebook | None = None) -> int:
        """Return the number of cells of the answer."""
        return DIGITS * len(self.names)

    def sensitivity(self, context: Context) -> Sensitivity:
        """Return by how much one person can move the answer."""
        return Sensitivity.of_cells(len(self.names))

    def require_fits(self, schema: Schema, codebook: Codebook | None) -> None:
        """Raise ProtocolError unless each column holds numbers."""
        if any(schema.variable(name).grid is None for name in self.names):
            raise ProtocolError("digit_counts: a column does not hold numbers")

    def answer(self, table: Workspace, context: Context) -> Counts:
        """Return the counts of this table."""
        dense = np.zeros((len(self.names), DIGITS), np.int64)
        places = [[variable.name for variable in table.schema.modelled].index(name) for name in self.names]
        for batch in table.training():
            for row, place in enumerate(places):
                keys = batch.keys[place][batch.status[place] == 0]
                dense[row] += np.bincount(np.abs(keys) % DIGITS, minlength=DIGITS)
        return table.bare(dense)

    def reconcile(self, answer: Counts, known: Known, context: Context) -> Known:
        """Return what is known after ``answer``; raise InvariantBroken where it contradicts that."""
        rows = answer.dense().reshape(-1, DIGITS).sum(axis=1)
        require(known.sizes is None or bool((rows <= known.sizes.train).all()), "more values than rows")
        return known
