"""A table to be compared: keys and statuses by a schema, and which person each row is about.

Real and synthetic tables are read by the same code and the same schema, so equal cells are equal integers,
whatever file they came from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.data.batch import Keys, Mask, Status, Statuses
from syncline.data.schema import Schema
from syncline.errors import DataError
from syncline.preparation.fold import Fold
from syncline.preparation.prepared_source import prepare
from syncline.sources.source import Source


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CellTable:
    """Hold a table's rows, column by column.

    Attributes
    ----------
    schema
        The schema that the rows were read by.
    keys
        One int64 array (n_rows,) for each modelled variable, in schema order; 0 where the cell is not valid.
    status
        One uint8 array (n_rows,) of :class:`~syncline.data.batch.Status` for each modelled variable.
    owner
        Int64 (n_rows,): which of the ``n_persons`` persons the row is about, counted from 0 in the order of
        their first rows. Without a person column every row is a person.
    """

    schema: Schema
    keys: tuple[Keys, ...]
    status: tuple[Statuses, ...]
    owner: npt.NDArray[np.int64]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in the order of ``keys``."""
        return tuple(variable.name for variable in self.schema.modelled)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.owner)

    @property
    def n_persons(self) -> int:
        """Number of distinct persons."""
        return int(self.owner.max()) + 1 if len(self.owner) else 0

    def place(self, name: str) -> int:
        """Return the position of a column; raise ValueError where there is none."""
        return self.names.index(name)

    def valid(self, place: int) -> Mask:
        """Tell for each row (n_rows,) whether the column at ``place`` has a value or a named state."""
        valid: Mask = self.status[place] == Status.VALID
        return valid

    def has_number(self, place: int) -> Mask:
        """Tell for each row (n_rows,) whether the column at ``place`` has a value and no named state."""
        return self.valid(place) & self.schema.modelled[place].are_values(self.keys[place])

    def take(self, rows: npt.NDArray[np.intp] | Mask) -> CellTable:
        """Return the chosen rows, positions or a mask; their persons are numbered anew."""
        return CellTable(
            self.schema,
            tuple(keys[rows] for keys in self.keys),
            tuple(status[rows] for status in self.status),
            numbered(self.owner[rows]),
        )

    def __repr__(self) -> str:
        return f"CellTable({self.n_rows} rows x {len(self.keys)} variables)"


def read_cells(source: Source, schema: Schema) -> CellTable:
    """Read a whole source; a person column of ``schema`` that the source lacks makes every row a person.

    Raises
    ------
    DataError
        Where a modelled variable has no column, or the source no row.
    """
    has_persons = schema.person is not None and schema.person.name in source.columns
    known = schema if has_persons else without_person(schema)
    batches = list(prepare(source, known, Fold(b"", 0)).batches())
    if not sum(batch.n_rows for batch in batches):
        raise DataError(f"{source.name}: has no rows; nothing can be compared with it")
    width = len(schema.modelled)
    keys = tuple(np.concatenate([batch.keys[place] for batch in batches]) for place in range(width))
    status = tuple(np.concatenate([batch.status[place] for batch in batches]) for place in range(width))
    owners = [batch.owner for batch in batches if batch.owner is not None]
    if not owners:
        return CellTable(schema, keys, status, np.arange(sum(batch.n_rows for batch in batches)))
    return CellTable(schema, keys, status, numbered(np.concatenate(owners)))


def numbered(owner: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return numbers (n,) from 0 for the distinct values of ``owner`` (n,), by their first rows."""
    _, first, inverse = np.unique(owner, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return rank[inverse]


def without_person(schema: Schema) -> Schema:
    """Return the schema without the column that tells persons apart."""
    return schema if schema.person is None else schema.without((schema.person.name,))
