"""A store that survives kill -9: one writer thread, group commit, snapshots for readers.

``write`` runs a function inside a transaction and returns once it is on the disk; ``read`` runs one on a
consistent snapshot and sees every write that returned before. Functions take what the sessions give them,
use ordinary statements, and must neither begin, commit nor roll back. A caller that is cancelled while its
function runs may still have been committed, as with a killed process: design writes to be repeatable.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Generic, Self, TypeVar, cast

from syncline.durable.session import Given, ReadSession, WriteSession
from syncline.durable.writer import Writer
from syncline.errors import StorageError

T = TypeVar("T")

OUTSIDE_POLL_SECONDS = 0.02


class DurableStore(Generic[Given]):
    """One database with its writer thread and its reader.

    Parameters
    ----------
    name
        What messages call the database: a path, or a URL without its password.
    writing, reading
        The sessions, on a database that has its tables; the store closes them.
    """

    def __init__(self, name: str, writing: WriteSession[Given], reading: ReadSession[Given]) -> None:
        self.name = name
        self._open = True
        self._writer = Writer(writing, name)
        self._reading = reading
        self._read_lock = threading.Lock()
        self._read_thread = ThreadPoolExecutor(1, thread_name_prefix=f"reader of {name}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def write(self, function: Callable[[Given], T]) -> T:
        """Run ``function`` in a transaction; return its result once that is committed to the disk."""
        self._check_open()
        return cast(T, await asyncio.wrap_future(self._writer.submit(function)))

    def write_now(self, function: Callable[[Given], T]) -> T:
        """Do the same as :meth:`write` for callers without an event loop, such as commands."""
        self._check_open()
        return cast(T, self._writer.submit(function).result())

    async def read(self, function: Callable[[Given], T]) -> T:
        """Run ``function`` on a snapshot that holds every write which has returned."""
        self._check_open()
        return await asyncio.get_running_loop().run_in_executor(self._read_thread, self.read_now, function)

    def read_now(self, function: Callable[[Given], T]) -> T:
        """Do the same as :meth:`read` for callers without an event loop."""
        self._check_open()
        with self._read_lock:
            return self._reading.read(function)

    def changed_outside(self) -> bool:
        """Tell whether another process wrote since the last call; cheap enough to ask every 25 ms."""
        self._check_open()
        return self._writer.changed_outside()

    async def wait_for_outside_change(self) -> None:
        """Return within 25 ms of another process, such as a command, committing to this database."""
        while not self.changed_outside():  # noqa: ASYNC110 - another process cannot set an event of ours
            await asyncio.sleep(OUTSIDE_POLL_SECONDS)

    def close(self) -> None:
        """Finish the queued writes and close the sessions; closing twice does no harm."""
        if self._open:
            self._open = False
            self._read_thread.shutdown()
            with self._read_lock:
                self._reading.close()
            self._writer.close()

    def _check_open(self) -> None:
        if not self._open:
            raise StorageError(f"database {self.name}: it is closed: open it again")
