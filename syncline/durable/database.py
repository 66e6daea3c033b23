"""The agent's store: a SQLite file whose functions get the connection of sqlite3 itself.

Functions must not call ``executescript``, which commits by itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from syncline.durable.migrations import migrate
from syncline.durable.sqlite_session import SqliteReadSession, SqliteWriteSession, connect, create_private
from syncline.durable.storage_fault import storage_error_from_sqlite
from syncline.durable.store import DurableStore


class Database(DurableStore[sqlite3.Connection]):
    """One SQLite file with its writer thread and its reader; rows are read by name.

    Parameters
    ----------
    path
        The file; it is created with mode 600 where it does not exist. Its directory must exist.
    migrations
        One SQL script a version, in order; see :func:`syncline.durable.migrations.migrate`.
    """

    def __init__(self, path: Path, migrations: Sequence[str]) -> None:
        self.path = path
        create_private(path)
        try:
            with ExitStack() as opened:
                writing = opened.enter_context(closing(_connect(path)))
                migrate(writing, migrations, path)
                reading = opened.enter_context(closing(_connect(path)))
                super().__init__(
                    str(path),
                    SqliteWriteSession(writing, path, writing),
                    SqliteReadSession(reading, path, reading),
                )
                opened.pop_all()
        except sqlite3.Error as fault:
            raise storage_error_from_sqlite(path, fault) from fault


def _connect(path: Path) -> sqlite3.Connection:
    connection = connect(path)
    connection.row_factory = sqlite3.Row
    return connection
