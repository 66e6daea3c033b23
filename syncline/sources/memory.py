"""Tables that stand in memory: Arrow tables, data frames and whatever else offers an Arrow stream."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, runtime_checkable

import pyarrow as pa

from syncline.data.record_batches import in_batches_of
from syncline.data.section import shown
from syncline.errors import DataError
from syncline.sources.container import unread_of
from syncline.sources.content_digest import DIGEST_ROWS, content_digest
from syncline.sources.pandas_index import without_index
from syncline.sources.stored_table import StoredTable


@runtime_checkable
class ArrowStream(Protocol):
    """What pandas, polars, DuckDB and Arrow tables have in common."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return a capsule with a stream of Arrow arrays."""
        ...


@runtime_checkable
class _Labelled(Protocol):
    """A data frame, whose columns are told by their labels."""

    def items(self) -> Iterable[tuple[object, object]]:
        """Return each label and its column."""
        ...


class TableSource(StoredTable):
    """Read a table in memory; ``name`` stands for it in messages."""

    def __init__(self, table: ArrowStream, name: str = "the table") -> None:
        arrow = _to_arrow(table, name)
        kept = set(without_index(arrow.column_names))
        arrow = arrow.select([place for place, column in enumerate(arrow.column_names) if column in kept])
        super().__init__(name, arrow.column_names, unread=unread_of(arrow.schema))
        self._table = arrow.rename_columns(list(self._columns))

    def digest(self) -> str:
        """Return the SHA-256 of the columns' names, types and values."""
        table = self._table.drop_columns([*self._unread])
        return content_digest(table.schema, in_batches_of(DIGEST_ROWS, iter(table.to_batches())))

    def describe(self) -> str:
        """Return the size of the table."""
        return f"{self._name} in memory, {self._table.num_rows} rows x {len(self._columns)} columns"

    def _read(self, places: Sequence[int], wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
        return iter(self._table.select(wanted).to_batches())


def _to_arrow(table: ArrowStream, name: str) -> pa.Table:
    _refuse_named_index(table, name)
    try:
        return pa.table(table)
    except MemoryError:  # of which Arrow's own kind is an ArrowException as well
        raise
    except OverflowError:
        raise DataError(
            f"{name}: {_too_long(table)} holds a whole number of more than 64 bits; make it text"
        ) from None
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataError(f"{name}: {_conversion_sentence(error)}") from None


def _refuse_named_index(table: ArrowStream, name: str) -> None:
    """Refuse a data frame of which a named index would be dropped without a word."""
    named = [str(level) for level in getattr(getattr(table, "index", None), "names", ()) if level is not None]
    if named:
        raise DataError(
            f"{name}: {named[0]!r} is its index and no column; make it one with reset_index(), or drop it"
            " with reset_index(drop=True)"
        )


def _too_long(table: ArrowStream) -> str:
    """Say which column of Python's own whole numbers holds one that no Arrow type holds."""
    if isinstance(table, _Labelled):
        for label, column in table.items():
            try:
                pa.array(column)
            except OverflowError:
                return f"column {shown(str(label))!r}"
            except (pa.ArrowException, TypeError, ValueError):
                continue
    return "one of its columns"


def _conversion_sentence(error: Exception) -> str:
    """Say which column has no single type, without Arrow's own words, which quote a value."""
    column = re.match(r"Conversion failed for column (.*) with type object$", str(error.args[-1]))
    if column:
        return f"column {column[1]!r} mixes types of values; make it one type, for example text"
    if str(error).startswith("Duplicate column names"):
        return "two columns have the same name; rename or remove one"
    return "it has no form as an Arrow table; give each column one plain type"
