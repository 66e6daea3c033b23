"""PostgreSQL databases through ADBC, each pass in one read-only transaction over one snapshot.

Types that the core reads come as they are. Every other type (numeric, uuid, enumerations, JSON, intervals,
arrays) comes as the text that PostgreSQL writes, exactly, with intervals in ISO 8601.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from syncline.errors import DataError
from syncline.sources.container import BYTES
from syncline.sources.database_url import DatabaseUrl
from syncline.sources.extras import load_extra
from syncline.sources.sql import all_rows, no_rows, quoted, relation, require_still

_SESSION = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "SET LOCAL intervalstyle = 'iso_8601'",
    "SET LOCAL datestyle = 'ISO'",
    "SET LOCAL timezone = 'UTC'",
)
"""What makes a pass read-only, and its text the same whatever the server's settings are."""

_AS_KEPT = (
    "SET LOCAL synchronize_seqscans = off",
    "SET LOCAL max_parallel_workers_per_gather = 0",
)
"""What makes a scan begin with the first row that is kept, and end with the last."""

_TEXT_TYPES = frozenset({"text", "varchar", "bpchar", "name"})
_PLAIN_TYPES = frozenset(
    {"bool", "int2", "int4", "int8", "float4", "float8", "date", "time", "timestamp", "timestamptz"}
)
_TYPE = b"POSTGRESQL:type"
"""Where the driver leaves the name of a column's type."""

_REASONS = {
    "0A": "the query asks for what is not allowed here; write one SELECT that only reads",
    "08": "the connection was lost; try again",
    "22": "the query meets a value that it cannot compute with; try it in psql first",
    "25006": "the query would write; write one SELECT",
    "28": "the server refused the login; check the user and the password",
    "3D": "there is no such database; check its name",
    "42501": "the user may not read this; grant SELECT to it",
    "42601": "the query is not one SELECT; try it in psql first",
    "42703": "the query names a column that does not exist; check it",
    "42P01": "there is no such table; check its name and schema",
    "53": "the server is out of memory, disk or connections; try again later",
    "57": "the server ended the query; try again",
}
"""Remedies by the first characters of SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html."""

_READ_ONLY_WORDS = "read-only transaction"
"""What a server that speaks English says where the driver has no SQLSTATE: once rows are on their way."""


class PostgresqlDatabase:
    """A database of PostgreSQL, as ``postgresql://...`` names it."""

    kind = "PostgreSQL"

    def __init__(self, url: DatabaseUrl) -> None:
        self._url = url

    def names(self) -> list[str]:
        """Return the names of the columns as PostgreSQL has them."""
        with self._cursor() as cursor:
            return list(self._schema(cursor).names)

    def rows(self, names: Sequence[str], *, kept: bool = False) -> Iterator[pa.RecordBatch]:
        """Yield the columns ``names`` of all rows, sorted by all columns, or as they are ``kept``."""
        with self._cursor() as cursor:
            schema = self._schema(cursor)
            require_still(names, schema.names, self._url)
            chosen = [_expression(schema.field(name)) for name in names]
            order = [] if kept else [_sort_key(field) for field in schema]
            for statement in _AS_KEPT if kept else ():
                cursor.execute(statement)
            cursor.execute(all_rows(relation(self._url), chosen, order))
            yield from cursor.fetch_record_batch()

    def unread(self, names: Sequence[str]) -> dict[str, str]:
        """Return which columns hold bytes; lists and structures come as text, as PostgreSQL writes them."""
        with self._cursor() as cursor:
            schema = self._schema(cursor)
            return {name: BYTES for name in names if _type(schema.field(name)) == "bytea"}

    def stamp(self) -> object:
        """Return None: a server does not tell cheaply whether a table changed."""
        return None

    def _schema(self, cursor: Any) -> pa.Schema:  # Any: the driver's types are optional
        cursor.execute(no_rows(self._url))
        return cursor.fetch_record_batch().schema

    @contextmanager
    def _cursor(self) -> Iterator[Any]:  # Any: as above
        dbapi = load_extra("adbc_driver_postgresql.dbapi", "databases", self._url.name)
        try:
            with dbapi.connect(self._url.connection_url()) as connection, connection.cursor() as cursor:
                for statement in _SESSION:
                    cursor.execute(statement)
                yield cursor
        except MemoryError:  # of which Arrow's own kind is an ArrowException as well
            raise
        except (dbapi.Error, pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise DataError(f"{self._url.name}: {_reason(error)}") from None


def _expression(field: pa.Field) -> str:
    """Return a column in a form that the core reads."""
    match _type(field):
        case kind if kind in _PLAIN_TYPES or kind in _TEXT_TYPES:
            return quoted(field.name)
        case "money":
            return f"{quoted(field.name)}::numeric::text"
    return f"{quoted(field.name)}::text"


def _sort_key(field: pa.Field) -> str:
    """Return what a column is sorted by: text by its bytes, so that no language decides."""
    if _type(field) in _PLAIN_TYPES:
        return quoted(field.name)
    return f'{quoted(field.name)}::text COLLATE "C"'


def _type(field: pa.Field) -> str:
    name: bytes = (field.metadata or {}).get(_TYPE, b"")
    return name.decode()


def _reason(error: Exception) -> str:
    """Return what went wrong and the remedy, without the server's own words, which may quote values."""
    state = getattr(error, "sqlstate", None) or ""
    for length in (5, 2):
        if reason := _REASONS.get(state[:length]):
            return reason
    if _READ_ONLY_WORDS in str(error):
        return _REASONS["25006"]
    if "Failed to connect" in str(error):
        return (
            "the server cannot be reached or refused the login; check host, port, database, user and password"
        )
    return f"the server refused the query{f' (SQLSTATE {state})' if state else ''}; try it in psql first"
