"""Tables and queries of databases: one source over the connections to each kind of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Protocol

import pyarrow as pa

from syncline.sources.content_digest import DIGEST_ROWS, content_digest
from syncline.sources.database_url import DatabaseUrl
from syncline.sources.stored_table import StoredTable


class DatabaseKind(Protocol):
    """What a kind of database does for the source: each call is a transaction that only reads."""

    kind: str
    """What the database is called in a description."""

    def names(self) -> list[str]:
        """Return the names of the columns as the database has them."""
        ...

    def rows(self, names: Sequence[str], *, kept: bool = False) -> Iterator[pa.RecordBatch]:
        """Yield the columns ``names`` of all rows in bounded memory.

        They are sorted by all columns, or, where ``kept``, as the database keeps them. Columns that
        are no longer there are refused.
        """
        ...

    def unread(self, names: Sequence[str]) -> dict[str, str]:
        """Return what those of ``names`` hold whose cells are no single values; all rows may be looked at."""
        ...

    def stamp(self) -> object:
        """Return what changes whenever the content may have changed, or None where nothing tells."""
        ...


class DatabaseSource(StoredTable):
    """Read a table or query of a database; each pass sees one snapshot of it.

    Rows are sorted by all columns unless ``kept``.
    """

    def __init__(self, url: DatabaseUrl, database: DatabaseKind, *, kept: bool = False) -> None:
        super().__init__(url.name, database.names())
        self._what = "table" if url.table is not None else "query"
        self._url, self._database, self._kept = url, database, kept
        self._stamp: object = None
        self._sha256 = ""

    @cached_property
    def unread(self) -> Mapping[str, str]:
        """What columns hold whose cells are no single values, by their names; looked up once."""
        found = self._database.unread(self._raw)
        return {self._columns[self._raw.index(name)]: why for name, why in found.items()}

    def as_kept(self) -> DatabaseSource:
        """Return the same rows as the database keeps them."""
        return DatabaseSource(self._url, self._database, kept=True)

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

    def _read(self, places: Sequence[int], wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
        names = [self._raw[place] for place in places]
        for batch in self._database.rows(names, kept=self._kept):
            if batch.num_rows:
                yield pa.RecordBatch.from_arrays(batch.columns, names=list(wanted))

    def _read_digest(self) -> str:
        batches = self.batches(None, DIGEST_ROWS)
        first = next(batches, None)
        if first is None:
            return content_digest(pa.schema([(name, pa.null()) for name in self._columns]), ())
        return content_digest(first.schema, chain([first], batches))
