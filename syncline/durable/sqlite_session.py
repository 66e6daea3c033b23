"""SQLite as a durable store uses it: WAL, an fsync a commit, transactions that begin as writers.

The functions of a caller get what the session is made with: the agent's the connection itself, the hub's a
``Transaction`` on top of the same connection.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from syncline.durable.session import Given
from syncline.durable.storage_fault import (
    is_storage_fault,
    primary_code,
    sqlite_fault,
    storage_error_from_os,
    storage_error_from_sqlite,
)

T = TypeVar("T")

BUSY_TIMEOUT_MS = 10_000


class SqliteWriteSession(Generic[Given]):
    """The one connection of this process that writes to a file."""

    def __init__(self, connection: sqlite3.Connection, path: Path, given: Given) -> None:
        self._connection = connection
        self._path = path
        self._given = given
        self._data_version = self._read_data_version()

    def begin(self) -> Given:
        """Take the file's write lock at once: a deferred transaction that writes later loses updates."""
        self._connection.execute("BEGIN IMMEDIATE")
        return self._given

    def in_transaction(self) -> bool:
        """Tell whether SQLite still holds the transaction: a full disk, say, undoes all of it."""
        return self._connection.in_transaction

    def set_savepoint(self) -> None:
        """Mark where one function begins."""
        self._connection.execute("SAVEPOINT job")

    def undo_to_savepoint(self) -> None:
        """Undo what the function did since."""
        self._connection.execute("ROLLBACK TO job")

    def drop_savepoint(self) -> None:
        """Forget the mark."""
        self._connection.execute("RELEASE job")

    def commit(self) -> None:
        """Wait for the disk."""
        self._connection.execute("COMMIT")

    def roll_back(self) -> None:
        """Undo the whole transaction, if there is one."""
        with contextlib.suppress(sqlite3.Error):  # callers hear of the first error, which caused this one
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def changed_outside(self) -> bool:
        """Tell whether another connection committed to the file since the last call."""
        before, self._data_version = self._data_version, self._read_data_version()
        return self._data_version != before

    def explain(self, error: Exception) -> Exception:
        """Return a fault of the file or the disk in one sentence, any other error as it is."""
        fault = sqlite_fault(error)
        if fault is not None and is_storage_fault(fault):
            return storage_error_from_sqlite(self._path, fault)
        return error

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _read_data_version(self) -> int:
        # SQLite leaves this number alone when the commit came from the same connection.
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])


class SqliteReadSession(Generic[Given]):
    """A connection that cannot write, for one function at a time."""

    def __init__(self, connection: sqlite3.Connection, path: Path, given: Given) -> None:
        self._connection = connection
        self._path = path
        self._given = given
        connection.execute("PRAGMA query_only = ON")

    def read(self, function: Callable[[Given], T]) -> T:
        """Run ``function`` on one snapshot."""
        self._connection.execute("BEGIN")
        try:
            return function(self._given)
        except Exception as error:
            fault = sqlite_fault(error)
            if fault is not None and primary_code(fault) == sqlite3.SQLITE_READONLY:
                raise RuntimeError("a read function must not write") from error
            if fault is not None and is_storage_fault(fault):
                raise storage_error_from_sqlite(self._path, fault) from error
            raise
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def create_private(path: Path) -> None:
    """Make the file with mode 600 before SQLite would make it with a looser one; side files follow suit.

    A file that is there is not touched: closing it would drop the locks that SQLite holds on it in this
    process, and another process could then take the write-ahead log for abandoned.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return
    except OSError as fault:
        raise storage_error_from_os(path, fault) from fault


def connect(path: Path) -> sqlite3.Connection:
    """Open the file with the settings that survive a power cut."""
    # isolation_level=None leaves transactions to us: the module's own would begin deferred and lose updates.
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection
