"""Where the conformance suite runs: a new SQLite file, or a new database of a server of PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import Engine, create_engine

from trusted_party.datastore.database_address import DatabaseAddress
from trusted_party.datastore.postgres_store import open_postgres_store
from trusted_party.datastore.sqlite_store import open_sqlite_store
from trusted_party.datastore.store import Store


@dataclass(frozen=True)
class Place:
    """A database without tables, and how a hub opens it."""

    kind: str
    open: Callable[[], Store]
    engine: Callable[[], Engine]


def sqlite_place(folder: Path) -> Place:
    path = folder / "hub.sqlite"
    return Place("sqlite", lambda: open_sqlite_store(path), lambda: create_engine(f"sqlite:///{path}"))


def postgresql_place(server: str) -> Place:
    """A database that sorts as English does, where the server can: the hub must not follow it."""
    ((version,),) = run(server, "SELECT current_setting('server_version_num')::int >= 150000")
    english = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
    url = new_database(server, english) if version else new_database(server)
    address = url.written.replace("postgresql://", "postgresql+psycopg://")
    return Place("postgresql", lambda: open_postgres_store(url), lambda: create_engine(address))


def new_database(server: str, *options: str) -> DatabaseAddress:
    """Make a database on a server; return its URL."""
    name = f"hub_{uuid.uuid4().hex[:12]}"
    run(server, f"CREATE DATABASE {name} {' '.join(options)}")
    return DatabaseAddress(server.replace("/postgres?", f"/{name}?"))


def run(server: str, statement: str) -> list[tuple[object, ...]]:
    """Run one statement as the server's owner, on a connection of its own."""
    with psycopg.connect(server, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []
