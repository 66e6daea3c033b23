"""A connection to PostgreSQL as the hub uses it: durable commits, no waiting for ever, SQLAlchemy on top."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeAlias

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import Connection, StaticPool, create_engine

from syncline.errors import StorageError
from trusted_party.datastore.database_address import DatabaseAddress
from trusted_party.datastore.postgres_fault import storage_error

Raw: TypeAlias = "psycopg.Connection[tuple[object, ...]]"

RECONNECT_SECONDS: Final = 60.0
"""How long a server may be away, as it is while it restarts, before a step fails."""

OLDEST_SERVER: Final = 130_000
"""pg_current_xact_id and pg_xact_status, by which a commit is looked up, came with PostgreSQL 13."""

_PAUSE_SECONDS: Final = 0.2
_DEFAULTS: Final = {
    "application_name": "trusted-party",
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
}
_SETTINGS: Final = (
    "SET synchronous_commit = on",  # whatever the server's or the user's default is
    "SET lock_timeout = '10s'",
    "SET idle_in_transaction_session_timeout = 0",
    "SET client_encoding = 'UTF8'",
    # A host that died frees the locks of its connections within half a minute, not within two hours.
    "SET tcp_keepalives_idle = 10",
    "SET tcp_keepalives_interval = 5",
    "SET tcp_keepalives_count = 3",
)


def connect(url: DatabaseAddress) -> Raw:
    """Open one connection, which commits each statement unless a transaction is begun by hand.

    Raises
    ------
    StorageError
        If the server cannot be reached, is too old, or the database's encoding is not UTF8.
    """
    try:
        written = url.connection_url()
        given = conninfo_to_dict(written)
        ours = {name: value for name, value in _DEFAULTS.items() if name not in given}
        connection = psycopg.connect(make_conninfo(written, **ours), autocommit=True)
        for setting in _SETTINGS:
            connection.execute(setting)
    except psycopg.ProgrammingError:
        raise StorageError(f"database {url.name}: the URL cannot be read; check how it is written") from None
    except psycopg.Error as fault:
        raise _unreachable(url, fault) from None
    _check_server(connection, url.name)
    return connection


def reconnect(open_one: Callable[[], Raw], stopped: Callable[[], bool] = lambda: False) -> Raw:
    """Call ``open_one`` until it succeeds, for as long as a server may be away."""
    ends = time.monotonic() + RECONNECT_SECONDS
    while True:
        try:
            return open_one()
        except StorageError:
            if time.monotonic() > ends or stopped():
                raise
        time.sleep(_PAUSE_SECONDS)


def layer(connection: Raw) -> Connection:
    """Put SQLAlchemy on top of a connection; transactions stay with the session, which begins them."""
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: connection,
        poolclass=StaticPool,
        pool_reset_on_return=None,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
    )
    return engine.connect()


def _check_server(connection: Raw, name: str) -> None:
    if connection.info.server_version < OLDEST_SERVER:
        connection.close()
        raise StorageError(f"database {name}: the server is older than PostgreSQL 13: use a newer one")
    if connection.info.parameter_status("server_encoding") != "UTF8":
        connection.close()
        raise StorageError(f"database {name}: its encoding is not UTF8: create it with ENCODING 'UTF8'")


def _unreachable(url: DatabaseAddress, fault: psycopg.Error) -> StorageError:
    """Say why no connection could be made; libpq gives no SQLSTATE for what a server refuses at login."""
    text = str(fault)
    if "password authentication failed" in text or "no password supplied" in text:
        return StorageError(f"database {url.name}: the server refused the login: check user and password")
    if fault.sqlstate is None and "does not exist" in text:
        return StorageError(f"database {url.name}: there is no such database or user: create it first")
    if fault.sqlstate is None:
        return StorageError(
            f"database {url.name}: the server cannot be reached: see that it runs, and its address"
        )
    return storage_error(url.name, fault)
