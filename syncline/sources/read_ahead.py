"""A stream for readers that read ahead on threads of their own, as Arrow's reader of delimited text does.

Such a thread calls back into Python. Where it still waits for the interpreter when its reader is discarded,
both wait for ever; where the process ends meanwhile, it aborts. So the stream is left only when no thread
stands in it: from then on it is at its end, and a reader that learns of the end does not come back.
"""

from __future__ import annotations

import io
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import pyarrow as pa

QUIET_SECONDS = 0.5
"""A reader that does not ask for so long has read ahead as far as it wants, and waits to be asked itself."""

_LOOK_SECONDS = 0.001


@contextmanager
def read_ahead(stream: BinaryIO) -> Iterator[pa.PythonFile]:
    """Yield ``stream`` for a reader of Arrow, and return when none of its threads is in it any more."""
    gate = _Gate(stream)
    file = pa.PythonFile(gate, mode="r")
    try:
        yield file
    finally:
        gate.leave()


class _Gate(io.RawIOBase):
    """Pass reads on until the stream is left; know which threads are inside."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._turn = threading.Lock()
        self._left = False
        self._ended = threading.Event()
        self._readers: set[int] = set()
        self._own = threading.get_ident()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, none once the stream has ended or was left."""
        self._readers.add(threading.get_ident())
        with self._turn:
            content = b"" if self._left else self._stream.read(size)
        if not content:
            self._ended.set()
        return content

    def leave(self) -> None:
        """End the stream, and wait until no thread of a reader is in Python."""
        with self._turn:
            self._left = True
        if self._readers - {self._own}:
            self._ended.wait(QUIET_SECONDS)
        until = time.monotonic() + QUIET_SECONDS
        while self._inside() and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)

    def _inside(self) -> bool:
        """Tell whether a reader's thread is in Python, where alone it has a frame or the state for one."""
        return not sys._current_frames().keys().isdisjoint(self._readers - {self._own})
