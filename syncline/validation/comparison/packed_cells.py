"""A table's cells as one Arrow stream: how a candidate travels, and what is checked before it is unpacked."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from syncline.compute.work_limits import DEFAULT_LIMITS, WorkLimits
from syncline.data.batch import Keys, Status, Statuses
from syncline.data.flat_stream import flat_rows
from syncline.data.schema import Schema
from syncline.data.stream_outline import stream_outline
from syncline.errors import WireError
from syncline.validation.cell_table import CellTable

MOST_KEY = 2**63 - 1
"""A number is not held to its declared range: one that is recomputed from others may lie outside it."""

_WRITING = pa.ipc.IpcWriteOptions(compression="zstd")
_BATCH_ROWS = 65_536


def pack_cells(cells: CellTable) -> bytes:
    """Return a table's cells as one Arrow stream, the same bytes for the same cells."""
    fields = _stream_schema(len(cells.keys))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, fields, options=_WRITING) as writer:
        for start in range(0, cells.n_rows, _BATCH_ROWS):
            rows = slice(start, start + _BATCH_ROWS)
            pairs = zip(cells.keys, cells.status, strict=True)
            arrays = [pa.array(part[rows]) for pair in pairs for part in pair]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=fields))
    return bytes(sink.getvalue())


def unpack_cells(content: bytes, schema: Schema, limits: WorkLimits = DEFAULT_LIMITS) -> CellTable:
    """Return the table of :func:`pack_cells`; raise WireError where the bytes are not one of ``schema``.

    Its layout is held against ``limits`` before anything is unpacked.
    """
    keys, status = _columns(content, len(schema.modelled), limits)
    for variable, own_keys, own_status in zip(schema.modelled, keys, status, strict=True):
        valid = own_status == Status.VALID
        if (own_status > Status.MISSING).any() or own_keys[~valid].any():
            raise WireError(f"candidate: column {variable.name!r} has a cell without a plain status")
        most = len(variable.categories) if variable.is_categorical else MOST_KEY
        least = 0 if variable.is_categorical else -MOST_KEY
        if valid.any() and (own_keys[valid].min() < least or own_keys[valid].max() >= most):
            raise WireError(f"candidate: column {variable.name!r} has a cell that the schema does not allow")
    return CellTable(schema, tuple(keys), tuple(status), np.arange(len(keys[0])))


def packed_rows(content: bytes) -> int:
    """Return how many rows the table of :func:`pack_cells` says it has, before any is unpacked."""
    try:
        return sum(batch.rows for batch in stream_outline(content))
    except ValueError:
        raise WireError("candidate: the bytes are not a table") from None


def _columns(content: bytes, width: int, limits: WorkLimits) -> tuple[list[Keys], list[Statuses]]:
    expected = _stream_schema(width)

    def check(schema: pa.Schema) -> None:
        if schema != expected:
            raise WireError("candidate: other columns than are compared")

    table = flat_rows(content, "candidate", limits, check)
    if any(column.null_count for column in table.columns):
        raise WireError("candidate: a cell without a status")
    arrays = [column.combine_chunks().to_numpy(zero_copy_only=False) for column in table.columns]
    return arrays[0::2], arrays[1::2]


def _stream_schema(width: int) -> pa.Schema:
    fields = []
    for place in range(width):
        fields += [pa.field(f"key.{place}", pa.int64()), pa.field(f"status.{place}", pa.uint8())]
    return pa.schema([field.with_nullable(False) for field in fields])
