"""The kinds of columns in which raw rows travel: flat ones, whose cells take about what their texts take.

A dictionary, a run or a view stands once for any number of cells, and a column of type null takes no bytes at
all, so that a few of them on the way can be any amount of text at the hub. A supplier writes these out.
"""

from __future__ import annotations

import pyarrow as pa

from syncline.errors import DataError

_FLAT = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_boolean,
    pa.types.is_decimal,
    pa.types.is_date,
    pa.types.is_timestamp,
    pa.types.is_time,
    pa.types.is_duration,
)


def is_plain(kind: pa.DataType) -> bool:
    """Tell whether cells of this type may travel as they are."""
    return any(test(kind) for test in _FLAT)


def with_plain_columns(batch: pa.RecordBatch, name: str) -> pa.RecordBatch:
    """Return ``batch`` with each column in a plain type; ``name`` names the source in messages."""
    columns = [_plain(column, field.name, name) for field, column in zip(batch.schema, batch, strict=True)]
    return pa.RecordBatch.from_arrays(columns, batch.schema.names)


def _plain(column: pa.Array, column_name: str, name: str) -> pa.Array:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_null(kind) or pa.types.is_string_view(kind):
        kind = pa.string()
    if not is_plain(kind):
        raise DataError(
            f"{name}: column {column_name!r}: values of type {kind} cannot be sent; drop the column at the"
            " head of the preparation, or store text or numbers",
            public=f"column {column_name!r} holds values of type {kind}, which cannot be sent",
        )
    return column if column.type == kind else column.cast(kind)
