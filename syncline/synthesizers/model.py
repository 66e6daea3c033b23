"""What a technique learns: rows are drawn from it, and it says of itself what a report and its owner read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from syncline.data.constraint import Constraint
from syncline.data.note import Note
from syncline.data.release_table import Columns
from syncline.data.schema import Schema
from syncline.questions.workspace import Workspace
from syncline.synthesizers.streams import PARTITION_ROWS, Seed

__all__ = ["Columns", "Description", "Model"]


@dataclass(frozen=True, slots=True)
class Description:
    """What a model is, for a report; whatever does not apply is empty.

    Attributes
    ----------
    visit_order : the columns that are drawn one after the other
    recomputed : the formulas by which columns are computed once the others are drawn
    bounds : the orders between columns that every row keeps
    determined : for each column that follows from one other alone, that other one
    merged : the categories of each column that are drawn as one, because few people have each
    notes : what the technique left out of what it could have learnt
    """

    visit_order: tuple[str, ...] = ()
    recomputed: tuple[Constraint, ...] = ()
    bounds: tuple[Constraint, ...] = ()
    determined: Mapping[str, str] = field(default_factory=dict)
    merged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


class Model(ABC):
    """What rows are drawn from: a frozen dataclass, kept by its annotations.

    ``n_rows`` is how many rows it was learnt from.
    """

    __slots__ = ()
    n_rows: int

    @abstractmethod
    def released(self, schema: Schema) -> Schema:
        """Return the schema of what is drawn, where ``schema`` is that of what was learnt."""

    @abstractmethod
    def partition(self, partition: int, n: int, seed: Seed) -> Columns:
        """Return the n rows of one partition, at most ``PARTITION_ROWS``; the same on every machine."""

    @abstractmethod
    def describe(self) -> Description:
        """Return what the model is."""

    @abstractmethod
    def check(self) -> None:
        """Raise an error, as a constructor may, where parts that were read do not belong together."""

    def notes(self, tables: Sequence[Workspace], min_cell: int, others: str = "") -> tuple[Note, ...]:
        """Return what rows do not show of the tables that were learnt, for whoever holds all of them.

        ``others`` says what became of merged categories, where it is not that they are drawn as one.
        """
        return self.describe().notes

    def sample(self, rows: int, seed: Seed) -> Iterator[Columns]:
        """Yield ``rows`` synthetic rows, partition by partition."""
        for partition in range(-(-rows // PARTITION_ROWS)):
            yield self.partition(partition, min(PARTITION_ROWS, rows - partition * PARTITION_ROWS), seed)
