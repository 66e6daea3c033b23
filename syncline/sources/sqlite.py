"""SQLite databases through ADBC, opened so that nothing can be written.

SQLite keeps a type with each value and none with a column, while the driver takes a column's type from its
first rows. So the types of all values are looked up first. Numbers and text stay what they are, a
column of several types becomes the narrowest type that holds them all, and the first row that the driver sees
is one of our own with a value of the right type in each column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pyarrow as pa

from syncline.errors import DataError
from syncline.sources.container import BYTES
from syncline.sources.database_url import DatabaseUrl
from syncline.sources.extras import load_extra
from syncline.sources.files import file_stamp, require_file
from syncline.sources.sql import all_rows, no_rows, quoted, relation, require_still

_REASONS = {
    "readonly": "the query would write; write one SELECT",
    "syntax error": "the query is not one SELECT; try it in the sqlite3 shell first",
    "no such table": "there is no such table; check its name",
    "no such column": "the query names a column that does not exist; check it",
    "not a database": "the file is no SQLite database; check the path",
    "malformed": "the file is damaged; restore it from a copy",
    "locked": "another program is writing; try again when it has ended",
}
"""What SQLite's own words, which may quote the query, mean for the person who wrote it."""


class SqliteDatabase:
    """A file of SQLite, as ``sqlite:///FILE`` names it."""

    kind = "SQLite"

    def __init__(self, url: DatabaseUrl) -> None:
        self._url = url
        self._path = Path(url.connection_url().removeprefix("sqlite:///"))
        if not self._path.exists() and (Path("/") / self._path).exists():
            raise DataError(f"{url.name}: no such file; an absolute path has four slashes, sqlite:////...")
        require_file(self._path)

    def names(self) -> list[str]:
        """Return the names of the columns as SQLite has them."""
        with self._cursor() as cursor:
            return self._names(cursor)

    def rows(self, names: Sequence[str], *, kept: bool = False) -> Iterator[pa.RecordBatch]:
        """Yield the columns ``names`` of all rows, sorted by all columns or, if ``kept``, by their place."""
        with self._cursor() as cursor:
            known = self._names(cursor)
            require_still(names, known, self._url)
            aliases = [f"c{place}" for place in range(len(known))]
            chosen = [aliases[known.index(name)] for name in names]
            order = ["k", "place"] if kept else ["k", *aliases]
            statement = all_rows(self._typed_rows(cursor, known, kept=kept), chosen, order)
            yield from _without_first(_streamed(cursor, statement))

    def unread(self, names: Sequence[str]) -> dict[str, str]:
        """Return which columns hold bytes, in whatever rows."""
        with self._cursor() as cursor:
            found = zip(names, self._types(cursor, names), strict=True)
            return {name: BYTES for name, types in found if "blob" in types}

    def stamp(self) -> object:
        """Return what the file system tells of the database and its write-ahead log."""
        return file_stamp(self._path), file_stamp(Path(f"{self._path}-wal"))

    def _names(self, cursor: Any) -> list[str]:  # Any: the driver's types are optional
        cursor.execute(no_rows(self._url))
        return list(cursor.fetch_record_batch().schema.names)

    def _typed_rows(self, cursor: Any, names: Sequence[str], *, kept: bool) -> str:  # Any: as above
        """Return all rows as an origin of columns k, place, c0, c1, ...; the one with k = 0 sets their types.

        The place is counted where they are to be ``kept`` in their order.
        """
        forms = [_form(found) for found in self._types(cursor, names)]
        first = ", ".join(f"{form.example} AS c{place}" for place, form in enumerate(forms))
        others = ", ".join(
            form.expression.format(quoted(name)) for name, form in zip(names, forms, strict=True)
        )
        place = "row_number() OVER ()" if kept else "0"
        all_others = f"SELECT 1, {place}, {others} FROM {relation(self._url)}"  # noqa: S608
        return f"(SELECT 0 AS k, 0 AS place, {first} UNION ALL {all_others})"

    def _types(self, cursor: Any, names: Sequence[str]) -> list[set[str]]:  # Any: as above
        """Return the types of the values of each column."""
        asked = ", ".join(f"group_concat(DISTINCT typeof({quoted(name)}))" for name in names)
        cursor.execute(f"SELECT {asked} FROM {relation(self._url)}")  # noqa: S608  (names are quoted)
        return [set((types or "null").split(",")) - {"null"} for types in cursor.fetchone()]

    @contextmanager
    def _cursor(self) -> Iterator[Any]:  # Any: as above
        dbapi = load_extra("adbc_driver_sqlite.dbapi", "databases", self._url.name)
        uri = f"file:{quote(str(self._path.absolute()))}?mode=ro"
        try:
            with dbapi.connect(uri) as connection, connection.cursor() as cursor:
                yield cursor
        except MemoryError:  # of which Arrow's own kind is an ArrowException as well
            raise
        except (dbapi.Error, pa.ArrowException, OSError, UnicodeDecodeError) as error:
            found = (reason for words, reason in _REASONS.items() if words in str(error))
            reason = next(found, "the database refused to be read; try the query in the sqlite3 shell")
            raise DataError(f"{self._url.name}: {reason}") from None


class _Form(NamedTuple):
    """How the values of a column are read, and an example that has their type."""

    expression: str
    example: str


def _form(types: set[str]) -> _Form:
    if types == {"integer"}:
        return _Form("{}", "0")
    if types and types <= {"integer", "real"}:
        return _Form("CAST({} AS REAL)", "0.0")
    if "blob" in types:  # which only sorts the rows
        return _Form("CAST({} AS BLOB)", "x'00'")
    return _Form("CAST({} AS TEXT)", "''")


def _streamed(
    cursor: Any, statement: str
) -> Iterator[pa.RecordBatch]:  # Any: the driver's types are optional
    cursor.execute(statement)
    for batch in cursor.fetch_record_batch():
        batch.validate(full=True)  # SQLite does not check that text is UTF-8
        yield batch


def _without_first(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for place, batch in enumerate(batches):
        yield batch.slice(1) if place == 0 else batch
