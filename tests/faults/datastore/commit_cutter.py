"""A wire between a client and a server of PostgreSQL on which something happens at a COMMIT."""

from __future__ import annotations

import contextlib
import selectors
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from trusted_party.datastore.database_address import DatabaseAddress

Cut = Literal["before", "after", "never"]
PORT = 5432


class CommitCutter:
    """Pass bytes; once armed, do something at the next COMMIT, then cut before or after the server has it."""

    def __init__(self, server: str, folder: Path) -> None:
        self._server = server
        self._armed: Cut | None = None
        self._act: Callable[[], None] = lambda: None
        self.cuts = 0
        self._path = folder / f".s.PGSQL.{PORT}"
        self.listen()

    def listen(self) -> None:
        """Take connections, from now on or again."""
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._path))
        self._listener.listen()
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def arm(self, cut: Cut, act: Callable[[], None] = lambda: None) -> None:
        """Cut at the next COMMIT; ``act`` is done when it comes, while the server has not heard it."""
        self._armed, self._act = cut, act

    def close(self) -> None:
        """Take no more connections; those that there are go on."""
        self._path.unlink(missing_ok=True)
        self._listener.close()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        server.connect(self._server)
        with client, server, selectors.DefaultSelector() as ready, contextlib.suppress(OSError):
            other = {client: server, server: client}
            for end in other:
                ready.register(end, selectors.EVENT_READ)
            while self._pass(ready, other, client):
                pass

    def _pass(
        self,
        ready: selectors.BaseSelector,
        other: dict[socket.socket, socket.socket],
        client: socket.socket,
    ) -> bool:
        for key, _ in ready.select():
            end = key.fileobj
            assert isinstance(end, socket.socket)
            data = end.recv(1 << 16)
            if not data:
                return False
            if end is client and b"COMMIT\0" in data and (cut := self._armed):
                self._armed = None
                self.cuts += 1
                self._act()
                if cut == "after":
                    other[end].sendall(data)
                    other[end].recv(1 << 16)  # the server's answer, which nobody gets
                if cut != "never":
                    return False
            other[end].sendall(data)
        return True


@contextmanager
def commit_cutter(url: DatabaseAddress, server_folder: str) -> Iterator[tuple[CommitCutter, DatabaseAddress]]:
    """Yield a wire to the server whose socket is in a folder, and the URL of a database through that wire."""
    with tempfile.TemporaryDirectory(prefix="cut-", dir="/tmp") as folder:
        cutter = CommitCutter(f"{server_folder}/.s.PGSQL.{PORT}", Path(folder))
        try:
            yield cutter, DatabaseAddress(url.written.replace(server_folder, folder))
        finally:
            cutter.close()
