"""The hub's store in a PostgreSQL database."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Final, TypeVar

import psycopg
from sqlalchemy.exc import DBAPIError

from trusted_party.datastore.database_address import DatabaseAddress
from trusted_party.datastore.postgres_connection import connect, layer, reconnect
from trusted_party.datastore.postgres_fault import (
    is_storage_fault,
    postgres_fault,
    storage_error,
    without_values,
    would_write,
)
from trusted_party.datastore.postgres_notices import Notices
from trusted_party.datastore.postgres_writing import PostgresWriteSession
from trusted_party.datastore.store import Store, Transaction

T = TypeVar("T")

_FAULTS: Final = (psycopg.Error, DBAPIError)
_SNAPSHOT: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class PostgresReadSession:
    """A connection that reads, each function on one snapshot; a lost one is made anew and asked again."""

    def __init__(self, url: DatabaseAddress) -> None:
        self._url = url
        self._connection = connect(url)
        self._transaction = Transaction(layer(self._connection))

    def read(self, function: Callable[[Transaction], T]) -> T:
        """Run ``function`` on one snapshot."""
        try:
            return self._read(function)
        except _FAULTS as error:
            if not self._connection.closed:
                raise self._told(error) from None
        self._connection = reconnect(lambda: connect(self._url))
        self._transaction = Transaction(layer(self._connection))
        try:
            return self._read(function)
        except _FAULTS as error:
            raise self._told(error) from None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _read(self, function: Callable[[Transaction], T]) -> T:
        self._connection.execute(_SNAPSHOT, prepare=False)
        try:
            return function(self._transaction)
        finally:
            with contextlib.suppress(psycopg.Error):
                self._connection.execute("COMMIT", prepare=False)

    def _told(self, error: Exception) -> Exception:
        """Return what a caller hears: its own mistake, or a fault of the server, in words."""
        fault = postgres_fault(error)
        if fault is not None and would_write(fault):
            return RuntimeError("a read function must not write")
        if fault is not None and is_storage_fault(fault):
            return storage_error(self._url.name, fault)
        return without_values(error)


def open_postgres_store(url: DatabaseAddress, *, sole: bool = False) -> Store:
    """Open the database with its newest tables.

    Parameters
    ----------
    url
        The database; it exists, its encoding is UTF8, and the user may make tables in it.
    sole
        Whether a hub serves from it, which refuses every other one until the store is closed.
    """
    notices = Notices(url)
    try:
        writing = PostgresWriteSession(url, sole=sole, notices=notices)
    except BaseException:
        notices.close()
        raise
    try:
        writing.migrate()
        reading = PostgresReadSession(url)
    except Exception as error:
        writing.close()
        fault = postgres_fault(error)
        if fault is None:
            raise
        raise storage_error(url.name, fault) from error
    return Store(url.name, writing, reading)
