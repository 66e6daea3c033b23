"""Rows of Python text on their way to record batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeAlias

import pyarrow as pa

TextRow: TypeAlias = Sequence[str | None]
"""The cells of a row as text, None where there is none."""

_CHUNK_ROWS = 4096
_CHUNK_CHARACTERS = 64 << 20
"""The most text of one batch, so that one that stands in many cells is not written out as often."""


def text_schema(names: Sequence[str]) -> pa.Schema:
    """Return the schema of a table of text."""
    return pa.schema([(name, pa.string()) for name in names])


def text_batches(names: Sequence[str], rows: Iterable[TextRow]) -> Iterator[pa.RecordBatch]:
    """Yield ``rows``, whose cells are in the order of ``names``, as batches of text columns."""
    schema, iterator = text_schema(names), iter(rows)
    while chunk := _chunk(iterator):
        columns = [pa.array([row[place] for row in chunk], pa.string()) for place in range(len(names))]
        yield pa.RecordBatch.from_arrays(columns, schema=schema) if names else _without_columns(len(chunk))


def _chunk(rows: Iterator[TextRow]) -> list[TextRow]:
    """Return the next rows, so many that their text stays bounded."""
    chunk, characters = [], 0
    for row in islice(rows, _CHUNK_ROWS):
        chunk.append(row)
        characters += sum(len(cell) for cell in row if cell is not None)
        if characters > _CHUNK_CHARACTERS:
            break
    return chunk


def _without_columns(n_rows: int) -> pa.RecordBatch:
    return pa.RecordBatch.from_struct_array(pa.array([{}] * n_rows, pa.struct([])))
