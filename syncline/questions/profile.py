"""Profile: does the data fit the schema? Counts for each column, never a value.

Size: four cells a column (valid, missing, out of range, unknown category or unreadable), all with person
buckets where persons have rows: a column that few persons have is none that many rows make. Sensitivity: a
person changes the cells of a column by at most their rows. Disclosure: how well the data fits. Permission:
``profile``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from syncline.data.codebook import Codebook
from syncline.questions.counts import Counts
from syncline.questions.known import Known, require, united
from syncline.questions.question import Context, TableQuestion
from syncline.questions.sensitivity import Sensitivity
from syncline.questions.workspace import Workspace

STATUSES = 4


@dataclass(frozen=True, slots=True)
class Profile(TableQuestion[Counts]):
    """Count the statuses of every modelled column over all rows; column i owns cells 4i to 4i + 3."""

    names: tuple[str, ...]
    kind: ClassVar[str] = "profile"

    def size(self, codebook: Codebook | None = None) -> int:
        """Return the number of cells of the answer."""
        return STATUSES * len(self.names)

    def masked(self, codebook: Codebook | None = None) -> int:
        """Return how many leading cells carry person buckets: all."""
        return self.size()

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns whose values the answer depends on."""
        return self.names

    @property
    def marginal_order(self) -> int:
        """Largest number of columns that are counted together."""
        return 1

    def sensitivity(self, context: Context) -> Sensitivity:
        """Return by how much one person can move the answer: a row has one status in each column."""
        return Sensitivity.of_cells(len(self.names))

    def answer(self, table: Workspace, context: Context) -> Counts:
        """Return the counts of this table."""
        return table.count(self._cells(table), self.size(), self.masked())

    def _cells(
        self, table: Workspace
    ) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8] | None]]:
        places = {variable.name: i for i, variable in enumerate(table.schema.modelled)}
        for batch in table.batches():
            for row, name in enumerate(self.names):
                yield STATUSES * row + batch.status[places[name]].astype(np.int64), batch.person

    def reconcile(self, answer: Counts, known: Known, context: Context) -> Known:
        """Return what is known after ``answer``; raise InvariantBroken where it contradicts that."""
        told = answer.dense().reshape(-1, STATUSES)
        if known.sizes is not None:
            require((told.sum(axis=1) == known.sizes.total).all(), "a column has not one cell for each row")
        masks = answer.dense_masks()
        if masks is not None and known.sizes is not None and known.sizes.buckets is not None:
            column = np.arange(len(masks)) // STATUSES
            everybody = known.sizes.buckets[0] | known.sizes.buckets[1]
            require(
                (united(column, masks, len(self.names)) == everybody).all(), "a column is about other persons"
            )
        statuses = {name: tuple(row) for name, row in zip(self.names, told.tolist(), strict=True)}
        require(
            all(known.statuses.get(name, own) == own for name, own in statuses.items()), "a profile changed"
        )
        return replace(known, statuses={**known.statuses, **statuses})
