"""What a supplier sends whose flow sends rows: one Arrow IPC stream, read strictly at the hub.

Under ``raw`` it holds the source's columns as they are; the hub prepares them by the code that the supplier
would have used. Under ``prepared`` and ``synthesized`` it holds prepared cells: a key and a status for each
modelled variable, the fold of each row and, where persons are declared, the number that tells its person
apart. So a fit over these rows asks the same integers of them, wherever they lie. The hub cannot number the
persons of raw rows by itself, so their numbers come with them (:mod:`syncline.study.person_numbers`).

The stream's metadata names the flow, so that rows of one kind are never taken for another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from syncline.compute.work_limits import DEFAULT_LIMITS, WorkLimits
from syncline.data.batch import Batch, MemoryTable, PreparedTable, Status
from syncline.data.flat_stream import flat_rows
from syncline.data.schema import Schema
from syncline.data.variable import Variable
from syncline.errors import DataError, WireError
from syncline.preparation.fold import Fold, ToldPersons
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_source import BATCH_ROWS
from syncline.preparation.prepared_view import prepared_view
from syncline.sources.memory import TableSource
from syncline.sources.source import Source
from syncline.study.fitting import prepared_rows
from syncline.study.flow import DataFlow
from syncline.study.person_numbers import read_numbers
from syncline.study.plain_columns import is_plain, with_plain_columns
from syncline.study.raw_rows import RawRows
from syncline.study.sent_folds import folds_agree
from syncline.study.spec import StudySpec

MAX_SHIPMENT_BYTES = 1 << 30
"""The largest shipment, as it travels."""

MAX_SHIPMENT_ROWS = 100_000_000
"""The most rows of a shipment."""

_FLOW = b"syncline.flow"
_STUDY = b"syncline.specification"
_PREPARATION = b"syncline.preparation"
_PERSONS = b"syncline.persons"
_HOLDOUT, _PERSON = "holdout", "person"
_WRITING = pa.ipc.IpcWriteOptions(compression="zstd")


@dataclass(frozen=True, slots=True)
class _Label:
    """What a shipment says of itself before any row."""

    flow: DataFlow
    specification: str
    preparation: bytes = b""
    persons: bytes = b""

    def metadata(self) -> dict[bytes, bytes]:
        known = {_FLOW: self.flow.value.encode(), _STUDY: self.specification.encode()}
        return known | {key: value for key, value in self._beside().items() if value}

    def _beside(self) -> dict[bytes, bytes]:
        return {_PREPARATION: self.preparation, _PERSONS: self.persons}


def ship_raw(spec: StudySpec, rows: RawRows, persons: bytes = b"") -> bytes:
    """Return ``rows`` as they are, with the preparation that the hub is to run on them, and their persons."""
    preparation = b"" if rows.preparation is None else rows.preparation.canonical()
    label = _Label(DataFlow.RAW, spec.digest, preparation, persons)
    batches = rows.source.batches(rows.columns, BATCH_ROWS)
    return _written(batches, label, _no_columns(rows.columns), rows.source.name)


def sent_columns(spec: StudySpec, flow: DataFlow, content: bytes) -> tuple[str, ...]:
    """Return the names of the columns in a shipment: of raw rows those of the stream itself."""
    if flow is not DataFlow.RAW:
        return tuple(variable.name for variable in spec.schema.modelled)
    with pa.ipc.open_stream(content) as reader:
        return tuple(reader.schema.names)


def ship_prepared(spec: StudySpec, table: PreparedTable, flow: DataFlow = DataFlow.PREPARED) -> bytes:
    """Return the prepared rows of ``table``; ``flow`` says whether they are real or synthetic."""
    schema = _prepared_schema(spec.schema)
    batches = (_to_arrow(batch, schema) for batch in table.batches())
    return _written(batches, _Label(flow, spec.digest), schema, "the prepared table")


def unpack_shipment(
    spec: StudySpec,
    fold: Fold,
    flow: DataFlow,
    content: bytes,
    supplier: str,
    limits: WorkLimits = DEFAULT_LIMITS,
) -> PreparedTable:
    """Return the prepared rows of a shipment; ``fold`` prepares raw ones, and is held against others.

    Raises
    ------
    WireError
        Where the bytes are not a shipment of this study and flow, a cell is not one of its variable's, or
        rows are held out against the salt.
    DataError
        Where raw rows cannot be prepared.
    WorkLimitReached
        Where there are more of them than may be unpacked.
    """
    where = f"the rows of supplier {supplier!r}"
    label = _Label(flow, spec.digest)
    expected = None if flow is DataFlow.RAW else _prepared_schema(spec.schema)
    table = _opened(content, label, expected, where, limits)
    if expected is None:
        beside = table.schema.metadata or {}
        rows = TableSource(table.replace_schema_metadata(None), where)
        if spec.schema.person is not None:
            numbers = read_numbers(beside.get(_PERSONS, b""), where, limits)
            fold = replace(fold, persons=ToldPersons(numbers))
        elif _PERSONS in beside:
            _refuse(where, "numbers of persons, whom the study does not tell apart")
        return prepared_rows(spec, fold, _seen(rows, beside.get(_PREPARATION, b"")))
    batches = [_from_arrow(part, spec.schema, where) for part in table.to_batches()]
    by_rows = spec.schema.person is None or flow is DataFlow.SYNTHESIZED
    if not folds_agree(batches, [one.name for one in spec.schema.modelled], fold, by_rows=by_rows):
        _refuse(where, "rows that are held out, or are not, against the salt of the study")
    return MemoryTable(spec.schema, batches)


def _written(batches: Iterable[pa.RecordBatch], label: _Label, empty: pa.Schema, name: str) -> bytes:
    sink, writer, schema, rows = pa.BufferOutputStream(), None, empty, 0
    for given in batches:
        batch = with_plain_columns(given, name) if label.flow is DataFlow.RAW else given
        rows += batch.num_rows
        if writer is None:
            schema = batch.schema.with_metadata(label.metadata())
            writer = pa.ipc.new_stream(sink, schema, options=_WRITING)
        writer.write_batch(batch.replace_schema_metadata(label.metadata()))
        if sink.tell() > MAX_SHIPMENT_BYTES:
            raise _too_large(name, f"its rows take more than {MAX_SHIPMENT_BYTES >> 20} MiB")
        if rows > MAX_SHIPMENT_ROWS:
            raise _too_large(name, f"it has more than {MAX_SHIPMENT_ROWS} rows")
    if writer is None:
        writer = pa.ipc.new_stream(sink, schema.with_metadata(label.metadata()), options=_WRITING)
    writer.close()
    return bytes(sink.getvalue())


def _too_large(name: str, problem: str) -> DataError:
    remedy = "let this supplier take part with the flow summaries"
    return DataError(f"{name}: {problem}; {remedy}", public=problem)


def _seen(source: Source, canonical: bytes) -> Source:
    """Return raw rows as the preparation that came with them makes them."""
    if not canonical:
        return source
    preparation = Preparation.from_canonical(canonical)
    preparation.require_portable()  # a file or key named by a supplier is never looked for here
    return prepared_view(source, preparation)


def _opened(
    content: bytes, label: _Label, expected: pa.Schema | None, where: str, limits: WorkLimits
) -> pa.Table:
    """Return the rows of a stream with its metadata; ``expected`` are its columns, None those of raw rows."""

    def check(schema: pa.Schema) -> None:
        found = dict(schema.metadata or {})
        if label.flow is DataFlow.RAW:
            found.pop(_PREPARATION, b"")
            found.pop(_PERSONS, b"")
        if found != label.metadata():
            raise WireError(f"{where}: were sent for another study or under another flow")
        if expected is None and not all(is_plain(field.type) for field in schema):
            _refuse(where, "a column of a type that no supplier sends")
        if expected is not None and schema.remove_metadata() != expected:
            _refuse(where, "other columns than the study models")

    if len(content) > MAX_SHIPMENT_BYTES:
        raise WireError(f"{where}: more than {MAX_SHIPMENT_BYTES >> 20} MiB")
    return flat_rows(content, where, limits, check)


def _no_columns(names: Sequence[str]) -> pa.Schema:
    return pa.schema([pa.field(name, pa.string()) for name in names])


def _prepared_schema(schema: Schema) -> pa.Schema:
    fields = []
    for place in range(len(schema.modelled)):
        fields += [pa.field(f"key.{place}", pa.int64()), pa.field(f"status.{place}", pa.uint8())]
    fields.append(pa.field(_HOLDOUT, pa.bool_()))
    if schema.person is not None:
        fields.append(pa.field(_PERSON, pa.int64()))
    return pa.schema([field.with_nullable(False) for field in fields])


def _to_arrow(batch: Batch, schema: pa.Schema) -> pa.RecordBatch:
    columns: list[npt.NDArray[np.generic]] = []
    for keys, status in zip(batch.keys, batch.status, strict=True):
        columns += [keys, status]
    columns.append(batch.holdout)
    if batch.owner is not None:
        columns.append(batch.owner)
    return pa.RecordBatch.from_arrays([pa.array(column) for column in columns], schema=schema)


def _from_arrow(batch: pa.RecordBatch, schema: Schema, where: str) -> Batch:
    if any(column.null_count for column in batch.columns):
        _refuse(where, "a cell without a status")
    arrays = [column.to_numpy(zero_copy_only=False) for column in batch.columns]
    width = 2 * len(schema.modelled)
    keys, status, holdout = arrays[0:width:2], arrays[1:width:2], arrays[width]
    for variable, own_keys, own_status in zip(schema.modelled, keys, status, strict=True):
        _check_cells(variable, own_keys, own_status, where)
    owner = None if schema.person is None else arrays[-1]
    return Batch(tuple(keys), tuple(status), holdout, owner)


def _check_cells(
    variable: Variable, keys: npt.NDArray[np.int64], status: npt.NDArray[np.uint8], where: str
) -> None:
    valid = status == Status.VALID
    if (status > max(Status)).any() or keys[~valid].any():
        _refuse(where, f"a cell of column {variable.name!r} whose status does not agree with it")
    if not variable.may_hold(keys[valid]).all():
        _refuse(where, f"a cell of column {variable.name!r} that the schema does not allow")


def _refuse(where: str, problem: str) -> NoReturn:
    raise WireError(f"{where}: hold {problem}")
