"""Tables and queries of databases: one source over the connections to each kind of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Protocol

import pyarrow as pa

from syncline.data.record_batches import in_batches_of
from syncline.sources.content_digest import DIGEST_ROWS, content_digest
from syncline.sources.database_url import DatabaseUrl
from syncline.sources.source import column_names, require_columns


class Database(Protocol):
    """What a kind of database does for the source: each call is a transaction that only reads."""

    kind: str
    """What the database is called in a description."""

    def names(self) -> list[str]:
        """Return the names of the columns as the database has them."""
        ...

    def rows(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield the columns ``names`` of all rows, sorted by all columns, in bounded memory.

        Columns that are no longer there are refused.
        """
        ...

    def stamp(self) -> object:
        """Return what changes whenever the content may have changed, or None where nothing tells."""
        ...


class DatabaseSource:
    """Read a table or query of a database; each pass sees one snapshot of it."""

    def __init__(self, url: DatabaseUrl, database: Database) -> None:
        self._name = url.name
        self._what = "table" if url.table is not None else "query"
        self._database = database
        self._raw = database.names()
        self._columns = column_names(self._raw, url.name)
        self._stamp: object = None
        self._sha256 = ""

    @property
    def name(self) -> str:
        """What the source is called in messages."""
        return self._name

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns in their order."""
        return self._columns

    def batches(self, columns: Sequence[str] | None, batch_rows: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows sorted by all columns, at most ``batch_rows`` at a time."""
        wanted = require_columns(columns, self._columns, self._name)
        return in_batches_of(batch_rows, self._renamed(wanted))

    def digest(self) -> str:
        """Return the SHA-256 of the columns' names and the rows, for which all rows are read."""
        stamp = self._database.stamp()
        if stamp is None or stamp != self._stamp:
            self._sha256 = self._read_digest()
            self._stamp = stamp
        return self._sha256

    def describe(self) -> str:
        """Return the URL without secrets, the kind of database and the number of columns."""
        return f"{self._name}, {self._what} of {self._database.kind}, {len(self._columns)} columns"

    def _renamed(self, wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
        raw = [self._raw[self._columns.index(name)] for name in wanted]
        for batch in self._database.rows(raw):
            if batch.num_rows:
                yield pa.RecordBatch.from_arrays(batch.columns, names=list(wanted))

    def _read_digest(self) -> str:
        batches = in_batches_of(DIGEST_ROWS, self._renamed(self._columns))
        first = next(batches, None)
        if first is None:
            return content_digest(pa.schema([(name, pa.null()) for name in self._columns]), ())
        return content_digest(first.schema, chain([first], batches))
