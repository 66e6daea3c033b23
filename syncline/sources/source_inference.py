"""Infer a schema from a source: from the columns that can be read, with notes on all that cannot."""

from __future__ import annotations

import pyarrow as pa

from syncline.data.inference import Inference, infer
from syncline.data.inference.sdv_types import DeclaredColumns
from syncline.data.kinds import Kind
from syncline.data.schema import Schema
from syncline.data.variable import Variable
from syncline.errors import DataError
from syncline.sources.container import container_notes, readable_columns, unread_columns, unread_notes
from syncline.sources.source import Source, as_kept
from syncline.sources.zone_notes import zone_notes

_READ_ROWS = 65_536


def read_table(source: Source) -> pa.Table:
    """Return all columns of a source that can be read as an Arrow table."""
    batches = list(source.batches(readable_columns(source), _READ_ROWS))
    if not batches:
        raise DataError(f"{source.name}: has no rows; nothing can be learnt from it")
    return pa.Table.from_batches(batches)


def infer_source(source: Source, declared: DeclaredColumns | None = None) -> Inference:
    """Propose the schema of ``source``; a column that cannot be read becomes text, never modelled."""
    table = read_table(as_kept(source))
    found = infer(table, declared=declared)
    unread = [Variable(name=name, kind=Kind.TEXT) for name in unread_columns(source)]
    schema = Schema(variables=(*found.schema.variables, *unread)) if unread else found.schema
    unsaid = unread_notes(source, table.num_rows)
    notes = (*container_notes(source), *found.notes, *zone_notes(schema, source), *unsaid)
    return Inference(schema, notes)
