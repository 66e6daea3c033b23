"""A source as a prepared table: read against a schema, kept in memory where it fits, else read again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa

from syncline.data.batch import Batch, Mask, Status
from syncline.data.buckets import Owners
from syncline.data.schema import Schema
from syncline.data.section import nearest, shown
from syncline.data.values import Cells
from syncline.errors import DataError
from syncline.preparation.column_reader import reader_of
from syncline.preparation.encoded_rows import encoded_rows
from syncline.preparation.fold import Fold, canonical_rows
from syncline.preparation.persons import KeepsPersons, read_persons
from syncline.sources.container import require_read, unread_columns
from syncline.sources.source import Source

BATCH_ROWS = 65_536
"""Rows that are prepared at a time."""

CACHE_BYTES = 128 * 1024 * 1024
"""Prepared batches up to this size are kept in memory."""


def prepare(
    source: Source,
    schema: Schema,
    fold: Fold,
    *,
    batch_rows: int = BATCH_ROWS,
    cache_bytes: int = CACHE_BYTES,
    absent_as_missing: bool = False,
) -> PreparedSource:
    """Return the rows of ``source`` as ``schema`` and ``fold`` read them; nothing is read yet but the names.

    Every modelled variable and the person column must be in the source; identifiers and free text, which
    never enter a batch, may be absent. With ``absent_as_missing`` a modelled variable may be absent too, and
    has no value in any row then.
    """
    columns = match_columns(source, schema, absent_as_missing=absent_as_missing)
    return PreparedSource(source, schema, fold, columns, batch_rows=batch_rows, cache_bytes=cache_bytes)


class PreparedSource:
    """The prepared rows of a source: the same on every pass, or an error that says it changed."""

    def __init__(
        self,
        source: Source,
        schema: Schema,
        fold: Fold,
        columns: Mapping[str, str],
        *,
        batch_rows: int,
        cache_bytes: int,
    ) -> None:
        self._source = source
        self._schema = schema
        self._fold = fold
        self._batch_rows = batch_rows
        self._cache_bytes = cache_bytes
        self._columns = columns
        self._readers = [(variable, reader_of(variable)) for variable in schema.modelled]
        self._digest = source.digest()
        self._kept: list[Batch] | None = None

    @property
    def schema(self) -> Schema:
        """The schema that the rows are read by."""
        return self._schema

    @property
    def source_digest(self) -> str:
        """The SHA-256 of the source's content, by which a change between two rounds is noticed."""
        return self._digest

    @property
    def ignored_columns(self) -> tuple[str, ...]:
        """Columns of the source that the schema does not name, in their order."""
        return tuple(name for name in self._source.columns if name not in self._schema.names)

    def batches(self) -> Iterator[Batch]:
        """Yield all rows in the source's order."""
        return self._read() if self._kept is None else iter(self._kept)

    def _read(self) -> Iterator[Batch]:
        """Prepare the rows once more, and keep them if the pass ends and they fit."""
        self._require_unchanged()
        kept, size = [], 0
        for rows in encoded_rows(self._source, list(self._columns.values()), self._batch_rows):
            batch = self._prepare(rows)
            size += batch.nbytes
            if size <= self._cache_bytes:
                kept.append(batch)
            else:
                kept.clear()
            yield batch
        self._require_unchanged()
        if size <= self._cache_bytes:
            self._kept = kept

    def _prepare(self, rows: pa.RecordBatch) -> Batch:
        cells = [
            reader.read(rows.column(self._columns[variable.name]), self._where(variable.name))
            if variable.name in self._columns
            else _all_missing(rows.num_rows)
            for variable, reader in self._readers
        ]
        keys, status = tuple(cell.keys for cell in cells), tuple(cell.status for cell in cells)
        return Batch(keys, status, *self._folds(rows, cells))

    def _folds(self, rows: pa.RecordBatch, cells: list[Cells]) -> tuple[Mask, Owners | None]:
        variable = self._schema.person
        if variable is None:
            return self._row_folds(cells, rows.num_rows), None
        persons = read_persons(rows.column(self._columns[variable.name]), variable, self._source.name)
        holdout = self._fold.holds_out(persons.distinct)
        place = persons.positions
        return holdout[place], self._fold.numbers(persons.distinct)[place]

    def _row_folds(self, cells: list[Cells], n_rows: int) -> Mask:
        if self._fold.threshold == 0:
            return np.zeros(n_rows, np.bool_)
        names = [variable.name for variable in self._schema.modelled]
        rows = canonical_rows(names, [cell.keys for cell in cells], [cell.status for cell in cells])
        return self._fold.holds_out(rows)

    def _where(self, name: str) -> str:
        return f"{self._source.name}: column {shown(name)!r}"

    def _require_unchanged(self) -> None:
        if self._source.digest() != self._digest:
            raise DataError(
                f"{self._source.name}: changed while it was read; leave it as it is during a study",
                public="it changed while it was read",
            )


def _all_missing(n_rows: int) -> Cells:
    return Cells(np.zeros(n_rows, np.int64), np.full(n_rows, Status.MISSING, np.uint8))


def match_columns(source: Source, schema: Schema, *, absent_as_missing: bool = False) -> dict[str, str]:
    """Return the source's column for each variable that is read; persons as they were before pseudonyms.

    With ``absent_as_missing`` a variable without a column is left out, unless it is the person or all are.
    """
    variables = [*schema.modelled] + ([schema.person] if schema.person else [])
    require_read(unread_columns(source), [variable.name for variable in variables], source.name)
    if not schema.modelled:
        raise DataError(
            f"{source.name}: the schema has no column to model; add one of another kind or role",
            public="the schema has no column to model",
        )
    columns = {v.name: v.name for v in variables if v.name in source.columns}
    lenient = absent_as_missing and any(v.name in columns for v in schema.modelled)
    for variable in variables:
        if variable.name not in columns and (variable is schema.person or not lenient):
            hint = nearest(variable.name, source.columns)
            lacking = f"has no column {shown(variable.name)!r} as in the schema"
            remedy = "a study may say 'hazards: {absent: missing}', or exclude"
            raise DataError(f"{source.name}: {lacking}; {hint}", public=f"it {lacking}; {remedy}")
    if schema.person is not None and isinstance(source, KeepsPersons):
        columns[schema.person.name] = source.person_column(columns[schema.person.name])
    return columns
