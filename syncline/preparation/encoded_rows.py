"""The rows of any source with their columns of text encoded, which is how readers of cells take them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import pyarrow as pa

from syncline.preparation.text_encoder import TextEncoder
from syncline.sources.source import Source


@runtime_checkable
class EncodesText(Protocol):
    """A source that holds columns encoded already and would have to decode them."""

    def encoded_batches(self, columns: Sequence[str] | None, batch_rows: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows of ``batches``, where columns of text may be dictionary arrays."""
        ...


def encoded_rows(source: Source, columns: Sequence[str], batch_rows: int) -> Iterator[pa.RecordBatch]:
    """Yield ``columns`` of all rows; text that repeats is encoded, columns of other types are as they are."""
    encoders = {name: TextEncoder() for name in columns}
    read = source.encoded_batches if isinstance(source, EncodesText) else source.batches
    for rows in read(columns, batch_rows):
        named = zip(rows.schema.names, rows.columns, strict=True)
        yield pa.record_batch({name: _encoded(column, encoders[name]) for name, column in named})


def _encoded(column: pa.Array, encoder: TextEncoder) -> pa.Array:
    return encoder.encode(column) if pa.types.is_string(column.type) else column
