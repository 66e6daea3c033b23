"""Other databases, by the URLs and drivers of SQLAlchemy; their values are read as text.

The transaction is declared read-only where the database knows such a thing, is asked for one SELECT only, and
is never committed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from syncline.errors import DataError
from syncline.sources.container import BYTES, NESTED_VALUES, require_read
from syncline.sources.database_url import DatabaseUrl
from syncline.sources.extras import load_extra
from syncline.sources.files import require_file
from syncline.sources.sql import all_rows, require_still
from syncline.sources.text_rows import TextRow, text_batches
from syncline.sources.value_text import value_text

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_FETCHED_ROWS = 4096
_READ_ONLY = {
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
    "postgresql": "SET TRANSACTION READ ONLY",
    "sqlite": "PRAGMA query_only = ON",
}
"""How a database is told that nothing may be written, by SQLAlchemy's name for it."""


class OtherDatabase:
    """A database that SQLAlchemy connects to."""

    def __init__(self, url: DatabaseUrl) -> None:
        self._url = url
        self.kind = url.scheme

    def names(self) -> list[str]:
        """Return the names of the columns as the database has them."""
        with self._connection() as connection:
            return self._names(connection)

    def rows(self, names: Sequence[str], *, kept: bool = False) -> Iterator[pa.RecordBatch]:
        """Yield the columns ``names`` of all rows as text, sorted by all columns unless ``kept``."""
        with self._connection() as connection:
            quote = connection.dialect.identifier_preparer.quote_identifier
            known = self._names(connection)
            require_still(names, known, self._url)
            order = [] if kept else [quote(name) for name in known]
            statement = all_rows(self._relation(connection), [quote(name) for name in names], order)
            result = connection.exec_driver_sql(statement)
            rows = (self._texts(row, names) for part in result.partitions(_FETCHED_ROWS) for row in part)
            yield from text_batches(names, rows)

    def unread(self, names: Sequence[str]) -> dict[str, str]:
        """Return which columns hold bytes, lists or structures, in whatever rows."""
        found: dict[str, str] = {}
        with self._connection() as connection:
            quote = connection.dialect.identifier_preparer.quote_identifier
            columns = ", ".join(map(quote, names))
            statement = f"SELECT {columns} FROM {self._relation(connection)}"  # noqa: S608  (read-only)
            for part in connection.exec_driver_sql(statement).partitions(_FETCHED_ROWS):
                for row in part:
                    held = zip(names, map(_no_value, row), strict=True)
                    found.update((name, why) for name, why in held if why)
        return found

    def stamp(self) -> object:
        """Return None: a server does not tell cheaply whether a table changed."""
        return None

    def _names(self, connection: Connection) -> list[str]:
        statement = f"SELECT * FROM {self._relation(connection)} WHERE 1 = 0"  # noqa: S608  (read-only)
        return list(connection.exec_driver_sql(statement).keys())

    def _relation(self, connection: Connection) -> str:
        if self._url.table is None:
            return f"(\n{self._url.query}\n) syncline_rows"
        quote = connection.dialect.identifier_preparer.quote_identifier
        return ".".join(quote(part) for part in self._url.table.split("."))

    def _texts(self, row: Sequence[object], names: Sequence[str]) -> TextRow:
        require_read(
            {name: why for name, value in zip(names, row, strict=True) if (why := _no_value(value))},
            names,
            self._url.name,
        )
        return [value_text(value) for value in row]

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        exc = load_extra("sqlalchemy.exc", "databases", self._url.name)
        engine = self._engine()
        if engine.dialect.name == "sqlite":
            require_file(Path(engine.url.database or ""))
        try:
            with engine.connect().execution_options(stream_results=True, no_parameters=True) as connection:
                if statement := _READ_ONLY.get(engine.dialect.name):
                    connection.exec_driver_sql(statement)
                yield connection
        except exc.SQLAlchemyError as error:
            kind = type(getattr(error, "orig", None) or error).__name__
            raise DataError(
                f"{self._url.name}: cannot be read ({kind}); check the URL, the login and the SELECT"
            ) from None
        finally:
            engine.dispose()

    def _engine(self) -> Engine:
        """Return SQLAlchemy's engine, or say which driver is missing."""
        sqlalchemy = load_extra("sqlalchemy", "databases", self._url.name)
        dialect, _, driver = self._url.scheme.partition("+")
        try:
            engine: Engine = sqlalchemy.create_engine(
                self._url.connection_url(), poolclass=sqlalchemy.NullPool
            )
        except sqlalchemy.exc.NoSuchModuleError:
            raise DataError(
                f"{self._url.name}: no database of the kind {self._url.scheme!r} is known; name a file,"
                " or install the package that adds it to SQLAlchemy"
            ) from None
        except ImportError:
            raise DataError(
                f"{self._url.name}: the driver {driver or f'of {dialect}'} is not installed;"
                " install it with pip"
            ) from None
        except (sqlalchemy.exc.SQLAlchemyError, ValueError):
            raise DataError(f"{self._url.name}: is no URL of a database; mend it") from None
        return engine


def _no_value(value: object) -> str:
    """Return what a cell holds that is no single value, "" where it is one."""
    match value:
        case bytes() | bytearray() | memoryview():
            return BYTES
        case list() | tuple() | dict() | set():
            return NESTED_VALUES
    return ""
