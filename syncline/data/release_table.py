"""Write released rows as Parquet or CSV: equal rows give equal bytes, however they arrive.

A named state stands in the column itself, written as its code, as in the tables that it was learnt from:
where all codes are values of the kind (-8, 9999-12-31) the column keeps its type, else it is text.

Parquet is written by one version of Arrow from an explicit schema, with fixed row groups, codec and
encodings; its metadata says that the data is synthetic, and nothing of the study, its roster or the time.
Persons get fresh numbers from 1; identifiers and free text are left out.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from syncline.data.batch import Keys, Mask
from syncline.data.coded_cells import are_typed, values_with_states
from syncline.data.kinds import Kind
from syncline.data.record_batches import in_batches_of
from syncline.data.scalars import Scalar, write_scalar
from syncline.data.schema import Schema
from syncline.data.spreadsheet import SAYS_ESCAPED, escape_cell, side_file
from syncline.data.step import UNITS
from syncline.data.variable import Variable
from syncline.durable.storage_fault import storage_error_from_os

Columns: TypeAlias = Mapping[str, tuple[Keys, Mask]]
"""Some synthetic rows: keys (n,) and a mask of missing cells (n,) for each modelled variable."""

Write: TypeAlias = Callable[[pa.RecordBatch], None]
"""Add rows to a file."""

ROW_GROUP_ROWS = 65_536
"""Rows of a row group."""

LABEL = (
    "Synthetic data made by Syncline: no row is a record of a person. See the report for its intended use."
)
"""What the metadata of a released file says of its content."""

_SIDE_TEXT = f"{LABEL}\n\n{SAYS_ESCAPED}\n"
_METADATA = {"synthetic": "true", "label": LABEL}
_ARROW_TYPES = {
    Kind.BOOLEAN: pa.bool_(),
    Kind.CATEGORICAL: pa.string(),
    Kind.ORDINAL: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.CONTINUOUS: pa.float64(),
    Kind.DATE: pa.date32(),
    Kind.TIME: pa.time64("us"),
    Kind.DURATION: pa.duration("us"),
}


def release_schema(schema: Schema) -> pa.Schema:
    """Return the columns of a release and their Arrow types, in the order of ``schema``."""
    fields = [pa.field(variable.name, _arrow_type(variable)) for variable in _released(schema)]
    return pa.schema(fields, metadata=_METADATA)


def dropped_columns(schema: Schema) -> tuple[str, ...]:
    """Return the columns that no release holds: identifiers and free text."""
    released = {variable.name for variable in _released(schema)}
    return tuple(name for name in schema.names if name not in released)


def release_batches(
    schema: Schema, rows: Iterable[Columns], first_person: int = 1
) -> Iterator[pa.RecordBatch]:
    """Yield synthetic rows as typed values, ``ROW_GROUP_ROWS`` at a time."""
    return in_batches_of(ROW_GROUP_ROWS, _typed_batches(schema, rows, first_person))


def write_release_tables(
    paths: Sequence[Path], schema: Schema, rows: Iterable[Columns], first_person: int = 1
) -> None:
    """Write synthetic rows to some files at once, each Parquet or CSV by its name, in one pass over the rows.

    Persons are numbered from ``first_person``.
    """
    _write(
        [_FORMATS[path.suffix](path, schema) for path in paths], release_batches(schema, rows, first_person)
    )


def write_release_parquet(path: Path, schema: Schema, rows: Iterable[Columns], first_person: int = 1) -> None:
    """Write synthetic rows to a Parquet file at ``path``; persons are numbered from ``first_person``."""
    _write([_parquet(path, schema)], release_batches(schema, rows, first_person))


def write_release_csv(path: Path, schema: Schema, rows: Iterable[Columns], first_person: int = 1) -> None:
    """Write synthetic rows to a CSV file at ``path``: UTF-8, missing cells empty, quotes where needed.

    Texts that a spreadsheet would run are escaped; the side file says so, and that the data is synthetic.
    All times of a column have one form, which a reader may take from the first: see :func:`has_fraction`.
    """
    _write([_csv(path, schema)], release_batches(schema, rows, first_person))


def _write(files: Sequence[AbstractContextManager[Write]], batches: Iterable[pa.RecordBatch]) -> None:
    with ExitStack() as stack:
        writers = [stack.enter_context(file) for file in files]
        for batch in batches:
            for write in writers:
                write(batch)


@contextmanager
def _parquet(path: Path, schema: Schema) -> Iterator[Write]:
    with _written(path), path.open("wb") as file:
        writer = pq.ParquetWriter(
            file,
            release_schema(schema),
            version="2.6",
            data_page_version="1.0",
            data_page_size=1024 * 1024,
            dictionary_pagesize_limit=1024 * 1024,
            write_batch_size=1024,
            use_dictionary=True,
            compression="zstd",
            compression_level=3,
            write_statistics=True,
            write_page_index=False,
            write_page_checksum=False,
            store_schema=True,
        )

        def write(batch: pa.RecordBatch) -> None:
            with _written(path):
                writer.write_batch(batch, row_group_size=ROW_GROUP_ROWS)

        with writer:
            yield write


@contextmanager
def _csv(path: Path, schema: Schema) -> Iterator[Write]:
    with _written(side_file(path)):
        side_file(path).write_text(_SIDE_TEXT, encoding="utf-8", newline="")
    with _written(path), path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(map(escape_cell, release_schema(schema).names))

        def write(batch: pa.RecordBatch) -> None:
            columns = zip(_released(schema), batch.columns, strict=True)
            texts = [_texts(column, has_fraction(variable)) for variable, column in columns]
            with _written(path):
                writer.writerows(zip(*texts, strict=True))

        yield write


_FORMATS = {".parquet": _parquet, ".csv": _csv}


def _released(schema: Schema) -> list[Variable]:
    return [variable for variable in schema.variables if variable.is_modelled or variable is schema.person]


def _arrow_type(variable: Variable) -> pa.DataType:
    if not variable.is_modelled:
        return pa.int64()  # a person's fresh number
    if not are_typed(variable):
        return pa.string()
    return _value_type(variable)


def _value_type(variable: Variable) -> pa.DataType:
    match variable.kind:
        case Kind.DATETIME:
            return pa.timestamp("us", tz=variable.zone)
        case kind:
            return _ARROW_TYPES[kind]


def _typed_batches(schema: Schema, rows: Iterable[Columns], first_person: int) -> Iterator[pa.RecordBatch]:
    arrow_schema = release_schema(schema)
    for columns in rows:
        n_rows = _height(schema, columns)
        persons = pa.array(np.arange(first_person, first_person + n_rows))
        first_person += n_rows
        arrays = [
            _typed(variable, *columns[variable.name]) if variable.is_modelled else persons
            for variable in _released(schema)
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=arrow_schema)


def _height(schema: Schema, columns: Columns) -> int:
    expected = {variable.name for variable in schema.modelled}
    if columns.keys() != expected:
        raise ValueError(f"rows of {len(columns)} columns where the schema models {len(expected)} others")
    return len(columns[schema.modelled[0].name][0])


def _typed(variable: Variable, keys: Keys, missing: Mask) -> pa.Array:
    if variable.grid is not None:
        values = values_with_states(variable, keys)
        if variable.kind is Kind.TIME:
            values = values.astype(np.int64)
        column = pa.array(values, _value_type(variable), mask=missing)
        return column if are_typed(variable) else _with_code_texts(variable, column, keys)
    if variable.kind is Kind.BOOLEAN:
        return pa.array(keys == 1, mask=missing)
    code = missing_label(variable)
    labels = list(variable.categories) if code is None else [*variable.categories, code]
    positions = np.where(missing, len(variable.categories), keys) if code is not None else keys
    cells = pa.array(positions, mask=None if code is not None else missing)
    return pa.DictionaryArray.from_arrays(cells, labels).cast(pa.string())


def _with_code_texts(variable: Variable, column: pa.Array, keys: Keys) -> pa.Array:
    """Return a column as text: values as in a CSV file, and each state as its code."""
    texts = _plain_texts(column, has_fraction(variable))
    codes = {state.key: state.code for state in variable.states}
    return pa.array(
        [
            None if text is None else codes.get(key, text)
            for key, text in zip(keys.tolist(), texts, strict=True)
        ],
        pa.string(),
    )


def missing_label(variable: Variable) -> str | None:
    """Return the text that stands for missing in a released column of labels, or None for an empty cell.

    A release is coded as its sources are: where the schema declares a missing code, such as ``?``, it is
    released, so that the synthetic table reads like the real one. Numbers and dates have no such text.
    """
    if not variable.is_categorical or variable.kind is Kind.BOOLEAN:
        return None
    return next((code for code in variable.missing if code), None)


def has_fraction(variable: Variable) -> bool:
    """Tell whether the times of a column are written with microseconds, as all but whole seconds are."""
    if variable.kind not in (Kind.DATETIME, Kind.TIME):
        return False
    return variable.width is None or variable.width % UNITS["s"] != 0 or variable.past % UNITS["s"] != 0


def _texts(column: pa.Array, fraction: bool) -> list[str]:
    """Return the text of each cell as CSV holds it, empty where it is missing."""
    return ["" if text is None else text for text in _plain_texts(column, fraction, escape_cell)]


def _plain_texts(column: pa.Array, fraction: bool, written: Callable[[str], str] = str) -> list[str | None]:
    """Return the text of each cell, None where it is missing; times with a ``fraction`` or without."""
    if pa.types.is_timestamp(column.type) and column.type.tz is not None:
        column = column.cast(pa.timestamp("us", tz="UTC"))  # the first or last day has none in another zone
    encoded = column.dictionary_encode()
    distinct = [written(_text(value, fraction)) for value in encoded.dictionary.to_pylist()]
    return [None if place is None else distinct[place] for place in encoded.indices.to_pylist()]


def cell_texts(variable: Variable, keys: Keys) -> list[str]:
    """Return the texts of some keys (n,) in a released column."""
    column = _typed(variable, keys, np.zeros(len(keys), np.bool_))
    return [text or "" for text in _plain_texts(column, has_fraction(variable))]


def value_text(variable: Variable, value: Scalar) -> str:
    """Return the text of a value in a released column."""
    return _text(value, has_fraction(variable))


def _text(value: str | bool | Scalar, fraction: bool) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case dt.datetime() | dt.time() if fraction:
            zone = "Z" if isinstance(value, dt.datetime) and value.tzinfo is not None else ""
            return value.replace(tzinfo=None).isoformat(timespec="microseconds") + zone
        case dt.time():
            return value.isoformat(timespec="seconds")
        case _:
            return write_scalar(value)


@contextmanager
def _written(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise storage_error_from_os(path, error) from None
