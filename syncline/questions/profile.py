"""Profile: does the data fit the schema? Counts for each column, never a value.

Size: four cells a column (valid, missing, out of range, unknown category or unreadable), with person buckets
where persons have several rows: whether a column is nearly empty is a question of people. Sensitivity: a
person changes the cells of a column by at most their rows. Disclosure: how well the data fits. Permission:
``profile``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from syncline.data.batch import Batch
from syncline.data.buckets import Buckets, joined_buckets, scope_of
from syncline.data.codebook import Codebook
from syncline.questions.counts import Counts, Ints
from syncline.questions.known import Known, require
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
        places = {variable.name: i for i, variable in enumerate(table.schema.modelled)}
        chosen = [places[name] for name in self.names]
        return table.count(
            (_cells(batch, self.names, chosen) for batch in table.batches()), self.size(), self.size()
        )

    def reconcile(self, answer: Counts, known: Known, context: Context) -> Known:
        """Return what is known after ``answer``; raise InvariantBroken where it contradicts that."""
        told, masks = answer.dense().reshape(-1, STATUSES), answer.dense_masks()
        if known.sizes is not None:
            require((told.sum(axis=1) == known.sizes.total).all(), "a column has not one cell for each row")
        buckets = dict(known.buckets)
        if masks is not None:
            seen = np.bitwise_or.reduce(masks.reshape(-1, STATUSES), axis=1).tolist()
            buckets |= zip(self.names, seen, strict=True)
            require(all(buckets[name] == own for name, own in known.buckets.items()), "a profile changed")
        statuses = {name: tuple(row) for name, row in zip(self.names, told.tolist(), strict=True)}
        require(
            all(known.statuses.get(name, own) == own for name, own in statuses.items()), "a profile changed"
        )
        return replace(known, statuses={**known.statuses, **statuses}, buckets=buckets)


def _cells(batch: Batch, names: Sequence[str], places: list[int]) -> tuple[Ints, Buckets | None]:
    """Return the cells of all columns of a batch, one column after another, and the bucket of each."""
    cells = [STATUSES * i + batch.status[place].astype(np.int64) for i, place in enumerate(places)]
    person = [batch.buckets(scope_of("columns", name)) for name in names]
    return np.concatenate([np.zeros(0, np.int64), *cells]), joined_buckets(person)
