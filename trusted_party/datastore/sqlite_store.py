"""The hub's store in a SQLite file of its home."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path

from sqlalchemy import Connection, StaticPool, create_engine
from sqlalchemy.exc import DBAPIError

from syncline.durable.sqlite_session import SqliteReadSession, SqliteWriteSession, connect, create_private
from syncline.durable.storage_fault import sqlite_fault, storage_error_from_sqlite
from trusted_party.datastore.migration import migrate_sqlite
from trusted_party.datastore.store import Store, Transaction


def open_sqlite_store(path: Path) -> Store:
    """Open the file with its newest tables; one that does not exist is made, with mode 600."""
    create_private(path)
    try:
        with ExitStack() as opened:
            writing = opened.enter_context(closing(connect(path)))
            reading = opened.enter_context(closing(connect(path)))
            layer = _layer(writing)
            migrate_sqlite(writing, layer, path)
            store = Store(
                str(path),
                SqliteWriteSession(writing, path, Transaction(layer)),
                SqliteReadSession(reading, path, Transaction(_layer(reading))),
            )
            opened.pop_all()
            return store
    except (sqlite3.Error, DBAPIError) as error:
        fault = sqlite_fault(error)
        if fault is None:
            raise
        raise storage_error_from_sqlite(path, fault) from error


def _layer(connection: sqlite3.Connection) -> Connection:
    """Put SQLAlchemy on top of a connection; transactions stay with the session, which begins them."""
    engine = create_engine(
        "sqlite://",
        creator=lambda: connection,
        poolclass=StaticPool,
        pool_reset_on_return=None,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
    )
    return engine.connect()
