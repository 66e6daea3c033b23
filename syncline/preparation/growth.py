"""How much a step of a preparation may make of the rows that it is given.

A document of a few lines can join a column with itself again and again, and so double its cells with each
step. The hub runs preparations that suppliers send, so what a step leaves is bounded after each of them.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from syncline.data.section import shown
from syncline.errors import DataError
from syncline.preparation.steps.layout import ColumnLayout
from syncline.sources.held import MAX_CELL_BYTES
from syncline.sources.source import MAX_COLUMNS

MAX_BATCH_BYTES = 2 << 30
"""The most that one batch of rows takes behind a step: 32 KiB for each of its 65,536 rows."""


def require_columns_bounded(layout: ColumnLayout, where: str) -> None:
    """Raise where a step would leave too many columns."""
    if len(layout.carried) > MAX_COLUMNS:
        raise _too_much(where, f"more than {MAX_COLUMNS} columns", "drop some")


def require_rows_bounded(rows: pa.RecordBatch, where: str) -> None:
    """Raise where a step left a cell, or rows together, that take too much."""
    for field, column in zip(rows.schema, rows.columns, strict=True):
        if column.nbytes > MAX_CELL_BYTES and (_longest(column) or 0) > MAX_CELL_BYTES:
            found = f"a cell of more than {MAX_CELL_BYTES >> 10} KiB"
            raise _too_much(where, f"{found} in column {shown(field.name)!r}", "shorten it", public=found)
    if rows.nbytes > MAX_BATCH_BYTES:
        raise _too_much(
            where, f"more than {MAX_BATCH_BYTES >> 30} GiB for {rows.num_rows} rows", "drop columns"
        )


def _longest(column: pa.Array) -> int | None:
    longest: int | None = pc.max(pc.binary_length(column)).as_py()
    return longest


def _too_much(where: str, found: str, remedy: str, public: str | None = None) -> DataError:
    step = where.rpartition(": ")[2]
    return DataError(
        f"{where}: leaves {found}; {remedy}",
        public=f"{step} of its preparation leaves {public or found}",
    )
