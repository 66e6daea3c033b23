"""The one thread that writes: it drains a queue of functions into one transaction, a savepoint each.

Under synchronous=FULL a commit costs an fsync, so callers that arrive together share one (group commit). A
function that raises is rolled back to its own savepoint and alone gets its error; the others are committed. A
caller hears of its result only after the commit that holds it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Generic

from syncline.durable.crash_points import crash_point
from syncline.durable.session import Given, WriteSession

MAX_GROUP = 256
"""Functions that one transaction takes at most, so that the first of them is not kept waiting."""


@dataclass(slots=True, eq=False)
class WriteJob(Generic[Given]):
    """One function to run inside a transaction and the future that tells its caller."""

    # Any: each job has its own result type, which DurableStore.write gives back to its caller.
    function: Callable[[Given], Any]
    future: Future[Any]
    result: Any = None
    error: Exception | None = None

    def run(self, session: WriteSession[Given], given: Given) -> None:
        """Run the function in a savepoint of its own; keep its result or its error."""
        session.set_savepoint()
        try:
            self.result = self.function(given)
        except Exception as error:
            self.error = error
            if session.in_transaction():
                session.undo_to_savepoint()
        if session.in_transaction():
            session.drop_savepoint()

    def tell(self) -> None:
        """Hand the outcome to the caller."""
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Writer(Generic[Given]):
    """Own the writing session and the thread that uses it."""

    def __init__(self, session: WriteSession[Given], name: str) -> None:
        self._session = session
        self._busy = threading.Lock()
        self._queue: queue.SimpleQueue[WriteJob[Given] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"writer of {name}", daemon=True)
        self._thread.start()

    def submit(self, function: Callable[[Given], Any]) -> Future[Any]:
        """Queue ``function``; the future is done once its transaction is committed or rolled back."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("a write function must use what it is given, not the store")
        job: WriteJob[Given] = WriteJob(function, Future())
        self._queue.put(job)
        return job.future

    def changed_outside(self) -> bool:
        """Tell whether another connection committed since the last call; never wait or count own commits."""
        if not self._busy.acquire(blocking=False):
            return False  # a transaction is open: the next call sees what came before it
        try:
            return self._session.changed_outside()
        finally:
            self._busy.release()

    def close(self) -> None:
        """Finish what is queued, then close the session."""
        self._queue.put(None)
        self._thread.join()
        self._session.close()

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

    def _next_group(self) -> tuple[list[WriteJob[Given]], bool]:
        """Wait for one job and take along all that queued up behind it; False once the store closes."""
        jobs: list[WriteJob[Given]] = []
        item = self._queue.get()
        while item is not None:
            jobs.append(item)
            if len(jobs) == MAX_GROUP or self._queue.empty():
                return jobs, True
            item = self._queue.get()
        return jobs, False

    def _write(self, jobs: list[WriteJob[Given]]) -> None:
        session = self._session
        try:
            given = session.begin()
            for job in jobs:
                job.run(session, given)
                if not session.in_transaction():
                    raise _lost(job)
            crash_point("database:before-commit")
            session.commit()
            crash_point("database:after-commit")
        except Exception as error:
            session.roll_back()
            for job in jobs:  # a function's own error is kept, the rest hear why the group failed
                job.error = job.error or error
        for job in jobs:
            job.error = job.error and session.explain(job.error)


def _lost(job: WriteJob[Given]) -> Exception:
    """Explain why the transaction is gone: the database undid all of it, or the function ended it."""
    if job.error is not None:
        return job.error
    return RuntimeError("a write function must not begin, commit or roll back a transaction")
