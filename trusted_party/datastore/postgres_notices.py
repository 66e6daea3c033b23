"""Hearing of the commits of other processes: each writer sends a notice, and a thread waits for them."""

from __future__ import annotations

import contextlib
import threading
from typing import Final

import psycopg

from syncline.errors import StorageError
from trusted_party.datastore.database_address import DatabaseAddress
from trusted_party.datastore.postgres_connection import Raw, connect, reconnect

CHANNEL: Final = "trusted_party"
_LOOK_SECONDS: Final = 0.2


class Notices:
    """What was committed by others since one last asked; asking never waits.

    A lost connection is made anew, however long that takes, and counts as a change: a notice may have been
    missed.
    """

    def __init__(self, url: DatabaseAddress) -> None:
        self._url = url
        self._own: set[int] = set()
        self._changed = threading.Event()
        self._closed = threading.Event()
        self._failure: StorageError | None = None
        self._connection = self._open()
        self._thread = threading.Thread(target=self._run, name=f"notices of {url.name}", daemon=True)
        self._thread.start()

    def ignore(self, process: int) -> None:
        """Count the commits of this process of the server as our own."""
        self._own.add(process)

    def fail(self, failure: StorageError) -> None:
        """Let whoever asks from now on hear that the database is not ours any more, which ends a hub."""
        self._failure = failure

    def take(self) -> bool:
        """Tell whether another process committed since the last call."""
        if self._failure is not None:
            raise self._failure
        if not self._changed.is_set():
            return False
        self._changed.clear()
        return True

    def close(self) -> None:
        """End the thread and its connection."""
        self._closed.set()
        self._thread.join()

    def _open(self) -> Raw:
        connection = connect(self._url)
        connection.execute(f"LISTEN {CHANNEL}")
        return connection

    def _run(self) -> None:
        while not self._closed.is_set():
            self._wait()
        self._connection.close()

    def _wait(self) -> None:
        try:
            for notice in self._connection.notifies(timeout=_LOOK_SECONDS, stop_after=1):
                if notice.pid not in self._own:
                    self._changed.set()
        except psycopg.Error:
            self._connection.close()
            with contextlib.suppress(StorageError):  # the next look tries again
                self._connection = reconnect(self._open, self._closed.is_set)
                self._changed.set()
