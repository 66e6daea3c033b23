"""The one thread that writes: it drains a queue of functions into one transaction, a savepoint each.

Under synchronous=FULL a commit costs an fsync, so callers that arrive together share one (group commit). A
function that raises is rolled back to its own savepoint and alone gets its error; the others are committed. A
caller hears of its result only after the commit that holds it.
"""

from __future__ import annotations

import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syncline.durable.crash_points import crash_point
from syncline.durable.storage_fault import is_storage_fault, storage_error_from_sqlite
from syncline.errors import StorageError

MAX_GROUP = 256
"""Functions that one transaction takes at most, so that the first of them is not kept waiting."""


@dataclass(slots=True, eq=False)
class WriteJob:
    """One function to run inside a transaction and the future that tells its caller."""

    # Any: each job has its own result type, which Database.write gives back to its caller.
    function: Callable[[sqlite3.Connection], Any]
    future: Future[Any]
    result: Any = None
    error: Exception | None = None

    def run(self, connection: sqlite3.Connection) -> None:
        """Run the function in a savepoint of its own; keep its result or its error."""
        connection.execute("SAVEPOINT job")
        try:
            self.result = self.function(connection)
        except Exception as error:
            self.error = error
            if connection.in_transaction:
                connection.execute("ROLLBACK TO job")
        if connection.in_transaction:
            connection.execute("RELEASE job")

    def tell(self) -> None:
        """Hand the outcome to the caller."""
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Writer:
    """Own the writing connection and the thread that uses it."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._busy = threading.Lock()
        self._queue: queue.SimpleQueue[WriteJob | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"writer of {path.name}", daemon=True)
        self._data_version = self._read_data_version()
        self._thread.start()

    def submit(self, function: Callable[[sqlite3.Connection], Any]) -> Future[Any]:
        """Queue ``function``; the future is done once its transaction is committed or rolled back."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("a write function must use the connection that it is given, not the database")
        job = WriteJob(function, Future())
        self._queue.put(job)
        return job.future

    def changed_outside(self) -> bool:
        """Tell whether another connection committed since the last call; never wait or count own commits."""
        if not self._busy.acquire(blocking=False):
            return False  # a transaction is open: the next call sees what came before it
        try:
            before, self._data_version = self._data_version, self._read_data_version()
            return self._data_version != before
        finally:
            self._busy.release()

    def close(self) -> None:
        """Finish what is queued, then close the connection."""
        self._queue.put(None)
        self._thread.join()
        self._connection.close()

    def _read_data_version(self) -> int:
        # SQLite leaves this number alone when the commit came from the same connection.
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _run(self) -> None:
        running = True
        while running:
            jobs, running = self._next_group()
            jobs = [job for job in jobs if job.future.set_running_or_notify_cancel()]
            if jobs:
                with self._busy:
                    self._write(jobs)
                for job in jobs:
                    job.tell()

    def _next_group(self) -> tuple[list[WriteJob], bool]:
        """Wait for one job and take along all that queued up behind it; False once the database closes."""
        jobs: list[WriteJob] = []
        item = self._queue.get()
        while item is not None:
            jobs.append(item)
            if len(jobs) == MAX_GROUP or self._queue.empty():
                return jobs, True
            item = self._queue.get()
        return jobs, False

    def _write(self, jobs: list[WriteJob]) -> None:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            for job in jobs:
                job.run(connection)
                if not connection.in_transaction:
                    raise self._lost(job)
            crash_point("database:before-commit")
            connection.execute("COMMIT")
            crash_point("database:after-commit")
        except Exception as error:
            self._roll_back(jobs, error)
        for job in jobs:
            job.error = self._public(job.error)

    def _lost(self, job: WriteJob) -> Exception:
        """Explain why the transaction is gone: SQLite undid all of it, or the function ended it."""
        if job.error is not None:
            return job.error
        return RuntimeError("a write function must not begin, commit or roll back a transaction")

    def _roll_back(self, jobs: list[WriteJob], error: Exception) -> None:
        """Undo the whole group; a function's own error is kept, the rest hear why the group failed."""
        with contextlib.suppress(sqlite3.Error):  # the callers hear of the first error, which caused this one
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        for job in jobs:
            job.error = job.error or error

    def _public(self, error: Exception | None) -> Exception | None:
        if isinstance(error, sqlite3.Error) and is_storage_fault(error):
            return storage_error_from_sqlite(self._path, error)
        return error


def closed_error(path: Path) -> StorageError:
    """Say that the database was closed before the call."""
    return StorageError(f"database {path}: it is closed: open it again")
