"""A SQLite database that survives kill -9: one writer thread, group commit, snapshots for readers.

``write`` runs a function inside a transaction and returns once it is on the disk; ``read`` runs one on a
consistent snapshot and sees every write that returned before. Functions take the connection, use ordinary
statements, and must neither commit nor call ``executescript``, which commits by itself. A caller that is
cancelled while its function runs may still have been committed, as with a killed process: design writes to be
repeatable.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar, cast

from syncline.durable.migrations import migrate
from syncline.durable.storage_fault import (
    is_storage_fault,
    primary_code,
    storage_error_from_os,
    storage_error_from_sqlite,
)
from syncline.durable.writer import Writer, closed_error

T = TypeVar("T")

BUSY_TIMEOUT_MS = 10_000
OUTSIDE_POLL_SECONDS = 0.02


class Database:
    """One SQLite file with its writer thread and its reader.

    Parameters
    ----------
    path
        The file; it is created with mode 600 where it does not exist. Its directory must exist.
    migrations
        One SQL script a version, in order; see :func:`syncline.durable.migrations.migrate`.
    """

    def __init__(self, path: Path, migrations: Sequence[str]) -> None:
        self.path = path
        self._open = True
        _create_private(path)
        try:
            writing = _connect(path)
            migrate(writing, migrations, path)
            self._writer = Writer(writing, path)
            self._reading = _connect(path)
            self._reading.execute("PRAGMA query_only = ON")
        except sqlite3.Error as fault:
            raise storage_error_from_sqlite(path, fault) from fault
        self._read_lock = threading.Lock()
        self._read_thread = ThreadPoolExecutor(1, thread_name_prefix=f"reader of {path.name}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def write(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``function`` in a transaction; return its result once that is committed to the disk."""
        self._check_open()
        return cast(T, await asyncio.wrap_future(self._writer.submit(function)))

    def write_now(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Do the same as :meth:`write` for callers without an event loop, such as commands."""
        self._check_open()
        return cast(T, self._writer.submit(function).result())

    async def read(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``function`` on a snapshot that holds every write which has returned."""
        self._check_open()
        return await asyncio.get_running_loop().run_in_executor(self._read_thread, self.read_now, function)

    def read_now(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Do the same as :meth:`read` for callers without an event loop."""
        self._check_open()
        with self._read_lock:
            self._reading.execute("BEGIN")
            try:
                return function(self._reading)
            except sqlite3.Error as fault:
                if primary_code(fault) == sqlite3.SQLITE_READONLY:
                    raise RuntimeError("a read function must not write") from fault
                if is_storage_fault(fault):
                    raise storage_error_from_sqlite(self.path, fault) from fault
                raise
            finally:
                if self._reading.in_transaction:
                    self._reading.execute("ROLLBACK")

    def changed_outside(self) -> bool:
        """Tell whether another process wrote since the last call; cheap enough to ask every 25 ms."""
        self._check_open()
        return self._writer.changed_outside()

    async def wait_for_outside_change(self) -> None:
        """Return within 25 ms of another process, such as a command, committing to this file."""
        while not self.changed_outside():  # noqa: ASYNC110 - another process cannot set an event of ours
            await asyncio.sleep(OUTSIDE_POLL_SECONDS)

    def close(self) -> None:
        """Finish the queued writes and close the file; closing twice does no harm."""
        if self._open:
            self._open = False
            self._read_thread.shutdown()
            with self._read_lock:
                self._reading.close()
            self._writer.close()

    def _check_open(self) -> None:
        if not self._open:
            raise closed_error(self.path)


def _create_private(path: Path) -> None:
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


def _connect(path: Path) -> sqlite3.Connection:
    # isolation_level=None leaves transactions to us: the module's own would begin deferred and lose updates.
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
    connection.row_factory = sqlite3.Row
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection
