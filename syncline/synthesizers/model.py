"""What a technique learns: rows are drawn from it, and it says of itself what a report and its owner read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from syncline.data.constraint import Constraint
from syncline.data.note import Note
from syncline.data.release_table import Columns
from syncline.data.schema import Schema
from syncline.questions.workspace import Workspace
from syncline.synthesizers.kept_constraints import require_kept
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
    siblings : the groups of such categories of which any one is drawn for all
    other_shares : the share of the rows that are "(other)" now, of columns that have such
    notes : what the technique left out of what it could have learnt
    """

    visit_order: tuple[str, ...] = ()
    recomputed: tuple[Constraint, ...] = ()
    bounds: tuple[Constraint, ...] = ()
    determined: Mapping[str, str] = field(default_factory=dict)
    merged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    siblings: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    other_shares: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


class Model(ABC):
    """What rows are drawn from: a frozen dataclass, kept by its annotations.

    Attributes
    ----------
    n_rows : how many rows it was learnt from
    keeps_constraints : whether its rows keep all declared constraints by the way in which they are drawn;
        where not, each partition is checked, and one that breaks one is not released
    """

    __slots__ = ()
    keeps_constraints: ClassVar[bool] = False
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

    def sample(self, rows: int, seed: Seed, schema: Schema | None = None) -> Iterator[Columns]:
        """Yield ``rows`` synthetic rows, partition by partition.

        With the ``schema`` of what is drawn its constraints are checked (:meth:`require_kept`).
        """
        for partition in range(-(-rows // PARTITION_ROWS)):
            n = min(PARTITION_ROWS, rows - partition * PARTITION_ROWS)
            drawn = self.partition(partition, n, seed)
            if schema is not None:
                self.require_kept(drawn, schema)
            yield drawn

    def require_kept(self, drawn: Columns, schema: Schema) -> None:
        """Raise DataError, naming the constraint, where drawn rows break one that the schema declares."""
        if not self.keeps_constraints and schema.constraints:
            require_kept(drawn, schema)
